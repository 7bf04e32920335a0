// Package profiles knows seccomp profiles by the names that container engines,
// Kubernetes and OpenShift give them, and reads profile files of either format.
//
//	profile, err := profiles.Load("localhost/audit.json", profiles.Options{
//		Host: docker.Host{Caps: caps}, // for what depends on capabilities
//	})
//	if err == nil && profile != nil { // nil: no filter
//		filter, err = seccomp.Compile(profile, seccomp.Options{})
//	}
//
// The names are those of Kubernetes' deprecated seccomp annotations, and two more:
//
//	runtime/default, docker/default   Docker's default profile
//	crio/default                      the file that CRI-O and podman take
//	localhost/NAME                    the file NAME below the profile root
//	unconfined, and the empty name    no profile at all
//
// A file's format is told by its content ([FormatOf]): linux.seccomp of the OCI
// specification, or Docker's, whose conditions package docker evaluates. What a
// profile means is not decided here, nor whether it compiles; that is package
// seccomp.
package profiles

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// DefaultRoot is where the kubelet keeps the profiles of localhost/NAME.
const DefaultRoot = "/var/lib/kubelet/seccomp"

// localhost is the prefix of the names of files below the profile root.
const localhost = "localhost/"

// Options say for whom and from where a profile is loaded. The zero value is a
// container without capabilities on this machine.
type Options struct {
	// Host is what conditions in Docker's format are evaluated for.
	Host docker.Host
	// Root is the directory of localhost/NAME, DefaultRoot if it is empty. Whoever
	// can write to it decides what the profiles say.
	Root string
	// Check, if it is not nil, has a word about each file that is read, such as about
	// who can write to it.
	Check func(*syscall.Stat_t) error
	// Closed refuses members that the format does not know, but for comment, in
	// linux.seccomp objects as well. The specification wants them to be skipped, and
	// a profile with "syscals" is then one without rules.
	Closed bool
	// Text, if it is not nil, is given each file that is read: its path, and what it says,
	// which must not be changed.
	Text func(path string, text []byte)
	// Extra are names that the caller adds, such as containerd/default, whose code is
	// too large to be part of this package. [IsName] must hold for each. They cannot
	// replace the names that are here already.
	Extra map[string]Loader
}

// Loader makes a profile for a host. The result is never nil without an error, and the
// caller's own.
type Loader func(docker.Host) (*specs.LinuxSeccomp, error)

// Load returns the profile with this name, or nil without an error for unconfined
// and for the empty name, which both mean that there shall be no filter. Whoever
// must not run anything without one has to look at the result. The result is the
// caller's own.
//
// An error begins with the name, and with the path where there is a file. A name
// that is not known is an error that lists those that are.
func Load(name string, o Options) (*specs.LinuxSeccomp, error) {
	p, err := load(name, o)
	if err != nil {
		return nil, fmt.Errorf("seccomp profile %q: %w", name, err)
	}
	return p, nil
}

func load(name string, o Options) (*specs.LinuxSeccomp, error) {
	switch name {
	case "", "unconfined":
		return nil, nil
	case "runtime/default", "docker/default":
		return docker.Default(o.Host)
	case "crio/default":
		return first(crioFiles(), o)
	}
	if file, ok := strings.CutPrefix(name, localhost); ok {
		return below(o, file)
	}
	if load := o.Extra[name]; load != nil {
		return load(o.Host)
	}
	if name == "containerd/default" {
		file := filepath.Join(cmp.Or(o.Root, DefaultRoot), "containerd.json")
		return nil, fmt.Errorf("only sealctl has it; \"sealctl resolve %s > %s\" writes it to a file, whose name is %scontainerd.json; expected %s",
			name, file, localhost, known(o))
	}
	return nil, errors.New("unknown, expected " + known(o))
}

// known lists the names for an error.
func known(o Options) string {
	names := append([]string{"runtime/default", "docker/default", "crio/default"}, slices.Sorted(maps.Keys(o.Extra))...)
	return strings.Join(append(names, "localhost/NAME"), ", ") + " or unconfined"
}

// IsName says whether s is meant as a name and not as a file: it is empty, or
// unconfined, or begins with runtime/, docker/, crio/, containerd/ or localhost/,
// whether the rest is known or not. What the file system has does not matter. A file
// whose path looks like a name can be given as ./docker/default.
func IsName(s string) bool {
	prefix, _, ok := strings.Cut(s, "/")
	if !ok {
		return s == "" || s == "unconfined"
	}
	switch prefix {
	case "runtime", "docker", "crio", "containerd", "localhost":
		return true
	}
	return false
}

// crioFiles are the files of crio/default. The first that exists counts, even if it
// cannot be read: an administrator's own profile must not be replaced by another in
// silence.
func crioFiles() []string {
	return []string{"/etc/crio/seccomp.json", "/etc/containers/seccomp.json", "/usr/share/containers/seccomp.json"}
}

// first reads the first of the files that exists.
func first(files []string, o Options) (*specs.LinuxSeccomp, error) {
	for _, path := range files {
		f, err := openFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		return read(f, o)
	}
	return nil, fmt.Errorf("none of %s: %w", strings.Join(files, ", "), fs.ErrNotExist)
}
