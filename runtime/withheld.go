package runtime

import (
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/kernel"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/spec"
)

// withheld returns, number n as bit n, the capabilities that the process asks for and that
// nobody can give it, and warns of them: those that this process has not itself, because it
// runs in a container or under a service manager that took them, or because the kernel does
// not know them yet. The specification (config.md, process.capabilities) wants a warning
// and a container that starts. A process in a user namespace has all there are in it.
func (r *Runtime) withheld(s *specs.Spec, pr *specs.Process) (set uint64) {
	if pr.Capabilities == nil || plan.Flags(s.Linux)&unix.CLONE_NEWUSER != 0 {
		return 0
	}
	permitted := kernel.Permitted()
	var names []string
	for _, list := range [...][]string{pr.Capabilities.Bounding, pr.Capabilities.Effective, pr.Capabilities.Permitted, pr.Capabilities.Inheritable, pr.Capabilities.Ambient} {
		for _, name := range list {
			if n, ok := spec.CapByName(name); ok && (permitted|set)>>n&1 == 0 {
				set |= 1 << n
				names = append(names, name)
			}
		}
	}
	if set != 0 {
		r.warn("process.capabilities: %s: cannot be granted, because this process does not have it; the container gets the others", strings.Join(names, ", "))
	}
	return set
}
