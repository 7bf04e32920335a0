// Package policy is the node's own word about seccomp: /etc/runseal/policy.json, which
// an administrator writes and which no config.json can overrule.
//
// Admission control decides about the names in a pod. This package decides about the
// profile that has arrived in config.json, by what it means, right before the container
// is made:
//
//	{
//	  "default": "runtime/default",
//	  "floor": "localhost/floor.json",
//	  "exempt": [{"namespace": "kube-system", "pod": "cni-*"}]
//	}
//
// The members, all optional; profiles are named as in package profiles:
//
//	default               the profile of a container whose config.json has no linux.seccomp
//	floor                 intersected with every container's own profile: what it denies
//	                      stays denied, privileged containers included
//	require               every container's profile must be at least as strict as this one
//	allowed               every container's profile must decide as one of these; "*" is any,
//	                      "unconfined" none at all. The first that is not "*" is the default
//	exempt                containers to which nothing of the above applies, see [Selector]
//	unlistedArchitecture  SCMP_ACT_KILL_THREAD or SCMP_ACT_KILL_PROCESS (the default) for
//	                      calls of architectures that a profile does not list; for all
//	                      containers, exempt ones too
//	profileRoot           the directory of localhost/NAME, an absolute path
//
// [Load] reads the file, [Policy.Decide] gives what is enforced on one container, a
// [Seal]. Whatever cannot be read, understood or resolved is an error, and no container
// is made. The seal is decided once, at create; [Seal.Record] keeps it for those who come
// later (start, exec, sealctl verify), so that a changed file changes new containers only.
package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp/profiles"
)

// DefaultPath is where the policy of a node is, if it has one.
const DefaultPath = "/etc/runseal/policy.json"

// Annotation is the key under which the state of a container has the decision. It is
// the runtime's alone: one in config.json is not passed on.
const Annotation = "io.github.runseal.seccomp.policy"

// Policy is the content of the file. A nil *Policy is a node without one.
type Policy struct {
	Path        string // of the file
	Default     string // name of a profile; these three: empty if absent
	Floor       string
	Require     string
	Allowed     []string
	Exempt      []Selector
	KillThread  bool   // unlistedArchitecture is SCMP_ACT_KILL_THREAD
	ProfileRoot string // absolute
}

// wildcard is the entry of allowed that any profile matches.
const wildcard = "*"

const unconfined = "unconfined"

// Load reads the policy at path. Only for DefaultPath a file that does not exist is no
// error but a nil Policy; a symbolic link that leads nowhere is one all the same.
//
// Whoever can write the file decides what containers may do, so it must belong to
// root or the caller's effective user, and nobody else may have the permission to
// write to it. Errors begin with "node policy" and have the path.
func Load(path string) (*Policy, error) {
	if path == DefaultPath {
		// Asked first, and without an error to be taken apart: most nodes have none.
		var st unix.Stat_t
		if unix.Lstat(path, &st) == unix.ENOENT {
			return nil, nil
		}
	}
	data, err := spec.ReadFile(path, checkOwner)
	if err != nil {
		return nil, fmt.Errorf("node policy: %w", err)
	}
	p, err := parse(data)
	if err == nil {
		p.Path = path
		err = p.check()
	}
	if err != nil {
		return nil, fmt.Errorf("node policy %s: %w", path, err)
	}
	return p, nil
}

func checkOwner(st *syscall.Stat_t) error {
	if st.Uid != 0 && int(st.Uid) != os.Geteuid() && !outsider(st.Uid) || st.Mode&0o022 != 0 {
		return fmt.Errorf("owner %d and mode %04o, expected owner root and nobody else allowed to write", st.Uid, st.Mode&0o7777)
	}
	return nil
}

// outsider says whether a file's owner is somebody outside of the user namespace that this
// process is in, as the host's root is for an engine without privileges: nobody in here
// has that id (user_namespaces(7), "Unmapped user and group IDs").
func outsider(uid uint32) bool {
	if uid != overflowUID {
		return false
	}
	var st syscall.Stat_t
	return syscall.Stat("/proc/self/ns/user", &st) == nil && st.Ino != initialUserNS
}

const (
	overflowUID   = 65534      // /proc/sys/kernel/overflowuid, unless somebody has changed it
	initialUserNS = 0xEFFFFFFD // PROC_USER_INIT_INO
)

// check says what in the policy contradicts itself.
func (p *Policy) check() error {
	for _, x := range []struct{ member, name string }{{"floor", p.Floor}, {"require", p.Require}} {
		if x.name == unconfined {
			return fmt.Errorf("%s: \"unconfined\" demands nothing, expected the name of a profile or no %s", x.member, x.member)
		}
	}
	if p.Allowed != nil && p.Default != "" && !slices.Contains(p.Allowed, p.Default) && !slices.Contains(p.Allowed, wildcard) {
		return fmt.Errorf("default: %q is not one of allowed", p.Default)
	}
	if !filepath.IsAbs(p.ProfileRoot) {
		return fmt.Errorf("profileRoot: %q: expected an absolute path", p.ProfileRoot)
	}
	for i := range p.Exempt {
		for key, value := range p.Exempt[i].Annotations {
			if strings.Contains(key, "*") {
				return fmt.Errorf("exempt[%d].annotations: %q: only values are patterns, expected a key without \"*\"", i, key)
			}
			if value == "" {
				return fmt.Errorf("exempt[%d].annotations: %q: an empty string, expected a value or a pattern", i, key)
			}
		}
		if p.Exempt[i].empty() {
			return fmt.Errorf("exempt[%d]: matches every container, expected at least one of namespace, pod, container, annotations", i)
		}
	}
	return nil
}

// implied is the name of the profile for containers without one, and the member that
// says so; both empty if none does.
func (p *Policy) implied() (name, member string) {
	if p.Default != "" {
		return p.Default, "default"
	}
	if i := slices.IndexFunc(p.Allowed, func(s string) bool { return s != wildcard }); i >= 0 {
		return p.Allowed[i], fmt.Sprintf("allowed[%d]", i)
	}
	return "", ""
}

// options are where and for whom profiles are loaded: conditions in Docker's format
// are about the container's bounding set. Whoever can write a profile of the policy could
// as well write the policy, and a member that is not known was written to be enforced.
func (p *Policy) options(s *specs.Spec) profiles.Options {
	o := profiles.Options{Root: p.ProfileRoot, Check: checkOwner, Closed: true}
	if s.Process != nil && s.Process.Capabilities != nil {
		o.Host.Caps = s.Process.Capabilities.Bounding
	}
	return o
}
