package seccomp

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Outcome is one of the ways in which a policy decides a call, with what in the
// profile makes it so.
type Outcome struct {
	Action Action
	// If are conditions on the arguments that must all hold. They are spelled
	// as in [Difference].
	If []specs.LinuxSeccompArg
	// Unless are the exceptions: another outcome applies if all conditions of
	// one of them hold.
	Unless [][]specs.LinuxSeccompArg
	Cause  Cause
}

// Cause is the part of a profile that decides a call.
type Cause struct {
	By Reason
	// Entry is the i of linux.seccomp.syscalls[i]; with ByRule only.
	Entry int
	// Part is, in an intersection, the position of the profile among those
	// that it was made of, the oldest first. Otherwise it is 0.
	Part int
}

// Reason is a kind of [Cause].
type Reason uint8

// Reasons.
const (
	ByRule     Reason = iota + 1 // an entry of linux.seccomp.syscalls
	ByDefault                    // no entry matches: linux.seccomp.defaultAction
	ByNewer                      // as ByDefault, but the number is beyond all that the profile names: ENOSYS
	ByUnlisted                   // the architecture is not in linux.seccomp.architectures
)

// String names the part of the profile: "linux.seccomp.syscalls[3]". It leaves
// out which profile of an intersection.
func (c Cause) String() string {
	switch c.By {
	case ByRule:
		return syscallPath(c.Entry)
	case ByDefault:
		return "linux.seccomp.defaultAction"
	case ByNewer:
		return "newer than every call in linux.seccomp.syscalls"
	case ByUnlisted:
		return "not in linux.seccomp.architectures"
	}
	return fmt.Sprintf("Reason(%d)", c.By)
}

// Explain returns the ways in which a call (AUDIT_ARCH_* value and number) can be
// decided, in the order in which the profile tries them, with the default at the
// end. Their conditions exclude each other and together cover all arguments; one
// outcome without conditions is the decision for all of them.
//
// given are conditions that are known to hold, such as the values of arguments.
// They are compared in the width of the architecture. Outcomes that they exclude
// are left out, and so are conditions that follow from them. The errors are an
// invalid condition, its path beginning with given, conditions that no argument
// meets, and one that wraps [bpf.ErrComplex].
func (p *Policy) Explain(audit, nr uint32, given ...specs.LinuxSeccompArg) ([]Outcome, error) {
	d := bdd.New(maxDiagram)
	a := arch.ByCall(audit, nr)
	if nr == noCall {
		a = arch.ByCall(audit, 0) // bit 30 does not make it an x32 call
	}
	if a == nil { // nothing is known of its calls, and so no condition counts
		a = p.native()
	}
	known, err := ConditionsDiagram(d, a, given)
	if err != nil {
		return nil, fmt.Errorf("given%s", strings.TrimPrefix(err.Error(), "args"))
	}
	if known == bdd.False {
		return nil, fmt.Errorf("given: no argument meets %s", argsText(given))
	}
	list, ok := p.outcomes(d, audit, nr)
	var out []Outcome
	for _, o := range list {
		if d.Full() {
			break // nothing that follows means anything, and there may be thousands
		}
		if o.when = d.And(o.when, known); o.when == bdd.False {
			continue
		}
		o.unless = slices.Clone(o.unless)
		for i, conds := range o.unless {
			o.unless[i] = open(d, a, conds, known)
		}
		o.simplify(d, a, known)
		e := Outcome{Action: o.action, Cause: o.cause, If: ociArgs(a, o.all)}
		for _, conds := range o.unless {
			e.Unless = append(e.Unless, ociArgs(a, conds))
		}
		out = append(out, e)
	}
	if !ok || d.Full() {
		if args, all := valuesOf(given); all {
			action, cause := p.decided(audit, nr, args)
			return []Outcome{{Action: action, Cause: cause}}, nil
		}
		return nil, fmt.Errorf("seccomp: the conditions of call %s are too complicated to be explained: %w", numberText(nr), bpf.ErrComplex)
	}
	return out, nil
}

// open returns the conditions that do not follow from what is known.
func open(d *bdd.Diagram, a *arch.Arch, conds []cond, known bdd.Ref) []cond {
	return slices.DeleteFunc(slices.Clone(conds), func(c cond) bool {
		return d.And(known, d.Not(c.predicate(d, a))) == bdd.False
	})
}

// Conditions is what restricts the outcome, in words: "if arg0 == 0x28 unless
// arg1 == 0x3"; empty if nothing does.
func (o Outcome) Conditions() string { return conditionsText(o.If, o.Unless) }

// source is the rules of one entry in a table: one of these for each entry that has
// any takes less room than a number in each rule.
type source struct {
	end   int32 // behind the last rule of the entry; they begin where the previous ones end
	entry int32 // i of linux.seccomp.syscalls[i]
}

// from notes that the rules which were added since it was last called are of the
// entry.
func (t *table) from(entry int) {
	before := int32(0)
	if n := len(t.sources); n > 0 {
		before = t.sources[n-1].end
	}
	if end := int32(len(t.rules)); end > before {
		t.sources = append(t.sources, source{end, int32(entry)})
	}
}

// sourceOf returns the entry that the rule at this position is of.
func (t *table) sourceOf(rule int) int {
	at := sort.Search(len(t.sources), func(i int) bool { return int(t.sources[i].end) > rule })
	return int(t.sources[at].entry)
}

// Archs returns the architectures whose calls the policy decides by its rules, the
// native one first. Of an intersection it is those of all its parts.
func (p *Policy) Archs() []*arch.Arch {
	var list []*arch.Arch
	for _, part := range p.parts() {
	next:
		for i := range part.tables {
			for _, a := range list {
				if a == part.tables[i].arch {
					continue next
				}
			}
			list = append(list, part.tables[i].arch)
		}
	}
	return list
}
