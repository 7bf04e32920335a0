package runtime

import (
	"errors"
	"fmt"
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/spec"
)

// A caller is who runs runseal, by what that means for a container.
type caller struct {
	uid, gid int  // effective
	host     bool // in the initial user namespace, where root is root of the machine
	rootless bool // without cgroups if they cannot be written: Runtime.Rootless
}

// initialUserNS is the inode number of the initial user namespace: PROC_USER_INIT_INO,
// fixed since Linux 3.8.
const initialUserNS = 0xEFFFFFFD

// onHost asks the kernel whether this process is in the initial user namespace.
func onHost() (bool, error) {
	const own = "/proc/self/ns/user"
	var st unix.Stat_t
	if err := unix.Stat(own, &st); err != nil {
		return false, &os.PathError{Op: "stat", Path: own, Err: err}
	}
	return st.Ino == initialUserNS, nil
}

// OnHost says whether this process is in the initial user namespace, where root is root of
// the machine. Where the kernel cannot be asked, without /proc, it is taken to be there.
func OnHost() bool {
	host, err := onHost()
	return host || err != nil
}

// whoCalls asks the kernel.
func whoCalls() (caller, error) {
	host, err := onHost()
	if err != nil {
		return caller{}, err
	}
	c := caller{uid: os.Geteuid(), gid: os.Getegid(), host: host}
	c.rootless = c.uid != 0 || !c.host
	return c, nil
}

// caller is whoCalls with what --rootless says.
func (r *Runtime) caller() (caller, error) {
	c, err := whoCalls()
	if r.Rootless != "" {
		c.rootless = r.Rootless == "true"
	}
	return c, err
}

// check refuses what only root could do, before anything is made.
func (c caller) check(s *specs.Spec) error {
	if c.uid == 0 {
		return nil
	}
	if plan.Flags(s.Linux)&unix.CLONE_NEWUSER == 0 {
		return fmt.Errorf(`linux.namespaces: no user namespace: expected an entry of type "user", without which user %d can make no container`, c.uid)
	}
	_, err := c.mappers(s.Linux)
	return err
}

// cgroup chooses the container's cgroup.
func (c caller) cgroup(l cgroup.Layout, s *specs.Spec, id string, systemd bool) (*cgroup.Cgroup, error) {
	if s.Linux != nil {
		spec.UnsetPids(s.Version, s.Linux.Resources)
	}
	switch {
	case systemd && c.uid != 0:
		return nil, fmt.Errorf("--systemd-cgroup: systemd makes scopes for root only; user %d can be given a cgroup of version 2 (Delegate=yes)", c.uid)
	case systemd:
		return cgroup.NewScope(l, s, id)
	case c.rootless:
		return cgroup.NewRootless(l, s, id, c.uid != 0 || !c.host)
	}
	return cgroup.New(l, s, id)
}

// input tells the plan what the child will not be allowed to do.
func (c caller) input(in *plan.Input) {
	in.Unprivileged = c.uid != 0
	in.InUserNS = !c.host
}

// noCgroup is the answer of what needs one to a container that has none.
func noCgroup(paths map[string]string) error {
	if len(paths) > 0 {
		return nil
	}
	return errors.New("it has no cgroup, because whoever created it may not make any")
}
