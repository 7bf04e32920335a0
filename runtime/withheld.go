package runtime

import (
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/kernel"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/spec"
)

// withheld is [lacking], of which it warns. The specification (config.md,
// process.capabilities) wants a warning and a container that starts.
func (r *Runtime) withheld(s *specs.Spec, pr *specs.Process) uint64 {
	set, names := lacking(s, pr)
	if set != 0 {
		r.warn("process.capabilities: %s: cannot be granted, because this process does not have it; the container gets the others", strings.Join(names, ", "))
	}
	if names := notInherited(pr); names != nil {
		r.warn("process.capabilities.ambient: %s: cannot be granted, because it is not in permitted and inheritable too; the container gets the others", strings.Join(names, ", "))
	}
	return set
}

// notInherited returns the ambient capabilities that are not in the two sets from which the
// kernel takes them. Generators of configurations leave out inheritable alone.
func notInherited(pr *specs.Process) (names []string) {
	c := pr.Capabilities
	if c == nil {
		return nil
	}
	for _, name := range c.Ambient {
		if !slices.Contains(c.Permitted, name) || !slices.Contains(c.Inheritable, name) {
			names = append(names, name)
		}
	}
	return names
}

// lacking returns, number n as bit n and by name, the capabilities that the process asks
// for and that nobody can give it: those that this process has not itself, because it runs
// in a container or under a service manager that took them, or because the kernel does not
// know them yet. A process in a user namespace has all there are in it.
func lacking(s *specs.Spec, pr *specs.Process) (set uint64, names []string) {
	if pr.Capabilities == nil || plan.Flags(s.Linux)&unix.CLONE_NEWUSER != 0 {
		return 0, nil
	}
	permitted := kernel.Permitted()
	for _, list := range [...][]string{pr.Capabilities.Bounding, pr.Capabilities.Effective, pr.Capabilities.Permitted, pr.Capabilities.Inheritable, pr.Capabilities.Ambient} {
		for _, name := range list {
			if n, ok := spec.CapByName(name); ok && (permitted|set)>>n&1 == 0 {
				set |= 1 << n
				names = append(names, name)
			}
		}
	}
	return set, names
}
