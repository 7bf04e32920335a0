package seccomp

import (
	"fmt"
	"slices"
)

// Permits says whether a call can be executed for some values of its
// arguments: whether a rule that can apply, or else the default, allows it, or
// hands it to a tracer or an agent that may. Of an intersection both policies
// are asked, which can be too favourable if they look at different arguments.
func (p *Policy) Permits(audit, nr uint32) bool {
	if p.stack != nil {
		return p.stack[0].Permits(audit, nr) && p.stack[1].Permits(audit, nr)
	}
	t := p.table(audit, nr)
	if t == nil {
		return mayPass(p.unlisted)
	}
	for _, r := range t.rules {
		if r.nr == nr && r.list == 0 {
			return mayPass(r.action)
		}
	}
	for _, r := range t.rules {
		if r.nr == nr && mayPass(r.action) && !slices.ContainsFunc(p.conds(&r), cond.never) {
			return true
		}
	}
	return mayPass(p.beyond(t, nr))
}

func mayPass(a Action) bool {
	return a.Passes() || a.Kind() == Notify || a.Kind() == Trace(0)
}

// AllowsExecve returns an error that states the reason if no execve(2) of the
// native architecture can pass. The filter is installed right before the execve
// that starts the container's program, so such a profile can never start one.
// Conditions on arguments count in the profile's favour: the error is certain.
func (p *Policy) AllowsExecve() error {
	native := p.native()
	nr, ok := native.Number("execve")
	if ok && p.Permits(native.Audit, nr) {
		return nil
	}
	return fmt.Errorf("linux.seccomp: execve is not allowed on %s (action %s), so the container process could never start",
		native.Scmp, p.Decide(native.Audit, nr, [6]uint64{}))
}
