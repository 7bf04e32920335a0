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
	t := p.table(audit, nr)
	if t == nil {
		// Bit 30 of "no call" does not make it an x32 call.
		if audit == unix.AUDIT_ARCH_X86_64 && nr == noCall && p.table(audit, 0) != nil {
			return p.Default
		}
		return p.Unlisted
	}
	// A rule without conditions beats all others, wherever it stands.
	for _, r := range t.rules {
		if r.nr == nr && len(r.conds()) == 0 {
			return r.action
		}
	}
	// Of the others the first that matches wins.
	for _, r := range t.rules {
		if r.nr == nr && r.matches(&args, t.arch.Bits) {
			return r.action
		}
	}
	return p.beyond(t, nr)
}

func (r *rule) matches(args *[6]uint64, bits int) bool {
	for _, c := range r.conds() {
		if !c.holds(args, bits) {
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
