package seccomp

import (
	"github.com/opencontainers/runtime-spec/specs-go"
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

// decided is [Policy.Decide] with what in the profile decides.
func (p *Policy) decided(audit, nr uint32, args [6]uint64) (Action, Cause) {
	if p.stack != nil {
		older, by := p.stack[0].decided(audit, nr, args)
		newer, byNewer := p.stack[1].decided(audit, nr, args)
		if strictness(uint32(older)) < strictness(uint32(newer)) {
			return older, by
		}
		byNewer.Part += len(p.stack[0].parts())
		return newer, byNewer
	}
	action, cause := p.Decide(audit, nr, args), Cause{By: ByDefault}
	t := p.table(audit, nr)
	if t == nil {
		if action == p.unlisted {
			cause.By = ByUnlisted
		}
		return action, cause
	}
	if p.beyond(t, nr) != p.otherwise {
		cause.By = ByNewer
	}
	matching := -1
	for i, r := range t.rules {
		if r.nr == nr && r.list == 0 {
			return action, Cause{By: ByRule, Entry: t.sourceOf(i)}
		}
		if r.nr == nr && matching < 0 && match(p.conds(&r), &args) {
			matching = i
		}
	}
	if matching >= 0 {
		cause = Cause{By: ByRule, Entry: t.sourceOf(matching)}
	}
	return action, cause
}

// valuesOf returns the arguments that conditions give. all is false if one of them is open.
func valuesOf(given []specs.LinuxSeccompArg) (args [6]uint64, all bool) {
	seen := 0
	for _, c := range given {
		if c.Op != specs.OpEqualTo {
			return args, false
		}
		args[c.Index] = c.Value
		seen |= 1 << c.Index
	}
	return args, seen == 1<<len(args)-1
}
