package seccomp

import (
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
)

// noCall is the number that a tracer sets to suppress a call (ptrace(2)).
const noCall = 1<<32 - 1

// Decide returns the action for one call, given what the kernel tells a filter
// about it: the AUDIT_ARCH_* value, the number and the argument registers. It
// is the reference for what a profile means.
func (p *Policy) Decide(audit, nr uint32, args [6]uint64) Action {
	if p.stack != nil {
		return Action(stricter(uint32(p.stack[0].Decide(audit, nr, args)), uint32(p.stack[1].Decide(audit, nr, args))))
	}
	t := p.table(audit, nr)
	if t == nil {
		// Bit 30 of "no call" does not make it an x32 call.
		if audit == unix.AUDIT_ARCH_X86_64 && nr == noCall && p.table(audit, 0) != nil {
			return p.otherwise
		}
		return p.unlisted
	}
	// A rule without conditions beats all others, wherever it stands.
	for _, r := range t.rules {
		if r.nr == nr && len(p.conds(&r)) == 0 {
			return r.action
		}
	}
	// Of the others the first that matches wins.
	for _, r := range t.rules {
		if r.nr == nr && match(p.conds(&r), &args) {
			return r.action
		}
	}
	return p.beyond(t, nr)
}

// match says whether all conditions hold.
func match(conds []cond, args *[6]uint64) bool {
	for _, c := range conds {
		if !c.holds(args) {
			return false
		}
	}
	return true
}

// table returns the listed architecture that the call belongs to, or nil.
func (p *Policy) table(audit, nr uint32) *table {
	a := arch.ByCall(audit, nr)
	for i := range p.tables {
		if a != nil && p.tables[i].arch == a {
			return &p.tables[i]
		}
	}
	return nil
}
