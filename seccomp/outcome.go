package seccomp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
)

// outcome is one of the ways in which a policy can decide a call: under
// conditions on the arguments, which are given twice, as the profile has them
// and as the exact predicate.
type outcome struct {
	action Action
	all    []cond   // all hold
	unless [][]cond // of none of these all hold
	when   bdd.Ref
	cause  Cause
}

// outcomes returns all ways in which the call is decided. Their predicates
// exclude each other and together cover all arguments.
//
// ok is false if there are too many of them to look at.
func (p *Policy) outcomes(d *bdd.Diagram, audit, nr uint32) (list []outcome, ok bool) {
	if p.stack != nil {
		olders, ok0 := p.stack[0].outcomes(d, audit, nr)
		newers, ok1 := p.stack[1].outcomes(d, audit, nr)
		if !ok0 || !ok1 || len(olders)*len(newers) > maxPairs {
			return nil, false
		}
		for _, older := range olders {
			for _, newer := range newers {
				if o := older.and(d, newer); o.when != bdd.False {
					o.action, o.cause = newer.action, newer.cause
					if strictness(uint32(older.action)) < strictness(uint32(newer.action)) {
						o.action, o.cause = older.action, older.cause
					} else {
						o.cause.Part += len(p.stack[0].parts())
					}
					list = append(list, o)
				}
			}
			if d.Full() {
				return nil, false
			}
		}
		return list, true
	}
	t := p.table(audit, nr)
	if t == nil {
		o := outcome{action: p.Decide(audit, nr, [6]uint64{}), when: bdd.True, cause: Cause{By: ByUnlisted}}
		if audit == unix.AUDIT_ARCH_X86_64 && nr == noCall && p.table(audit, 0) != nil {
			o.cause.By = ByDefault
		}
		return []outcome{o}, true
	}
	rest := outcome{action: p.beyond(t, nr), when: bdd.True, cause: Cause{By: ByDefault}}
	if rest.action != p.otherwise {
		rest.cause.By = ByNewer
	}
	for i := range t.rules {
		r := &t.rules[i]
		if r.nr != nr {
			continue
		}
		if d.Full() {
			return nil, false
		}
		cause := Cause{By: ByRule, Entry: t.sourceOf(i)}
		if r.list == 0 {
			return []outcome{{action: r.action, when: bdd.True, cause: cause}}, true
		}
		conds := p.conds(r)
		holds := allHold(d, t.arch, conds)
		o := outcome{action: r.action, all: conds, unless: slices.Clip(rest.unless), when: d.And(rest.when, holds), cause: cause}
		if o.when == bdd.False {
			continue // never reached
		}
		list = append(list, o)
		rest.unless = append(rest.unless, conds)
		rest.when = d.And(rest.when, d.Not(holds))
	}
	if rest.when != bdd.False {
		list = append(list, rest)
	}
	return list, true
}

// decision returns the outcomes as one function of the arguments.
func decision(d *bdd.Diagram, list []outcome) bdd.Ref {
	f := bdd.False
	for _, o := range list {
		f = d.If(o.when, d.Leaf(uint32(o.action)), f)
	}
	return f
}

// and returns the conditions of both.
func (o outcome) and(d *bdd.Diagram, p outcome) outcome {
	// Clipped, an append copies; appending nothing does not.
	return outcome{
		all:    append(slices.Clip(o.all), p.all...),
		unless: append(slices.Clip(o.unless), p.unless...),
		when:   d.And(o.when, p.when),
	}
}

// maxSimplified bounds the number of conditions that are tried to be left out:
// the time grows with its square.
const maxSimplified = 32

// simplify leaves out the conditions that follow from the others, and from given,
// which o.when implies.
func (o *outcome) simplify(d *bdd.Diagram, a *arch.Arch, given bdd.Ref) {
	// Exceptions that exclude nothing go first: there may be thousands.
	holds := d.And(given, allHold(d, a, o.all))
	o.unless = slices.DeleteFunc(slices.Clone(o.unless), func(conds []cond) bool {
		return d.And(holds, allHold(d, a, conds)) == bdd.False
	})
	if len(o.all)+len(o.unless) > maxSimplified {
		return
	}
	exact := func(all []cond, unless [][]cond) bool {
		p := d.And(given, allHold(d, a, all))
		for _, conds := range unless {
			p = d.And(p, d.Not(allHold(d, a, conds)))
		}
		return p == o.when
	}
	for i := len(o.unless) - 1; i >= 0; i-- {
		if less := slices.Delete(slices.Clone(o.unless), i, i+1); exact(o.all, less) {
			o.unless = less
		}
	}
	for i := len(o.all) - 1; i >= 0; i-- {
		if less := slices.Delete(slices.Clone(o.all), i, i+1); exact(less, o.unless) {
			o.all = less
		}
	}
}

// ociArgs returns conditions as profiles for the architecture spell them.
func ociArgs(a *arch.Arch, conds []cond) []specs.LinuxSeccompArg {
	var args []specs.LinuxSeccompArg
	for _, c := range conds {
		if int(c.bits) < a.Bits && c.op == opEQ { // Options.IntArgs
			c = cond{arg: c.arg, op: opMasked, value: 1<<32 - 1, valueTwo: c.value}
		}
		args = append(args, specs.LinuxSeccompArg{Index: uint(c.arg), Value: c.value, ValueTwo: c.valueTwo, Op: c.op.oci()})
	}
	return args
}

func (o op) oci() specs.LinuxSeccompOperator {
	return [...]specs.LinuxSeccompOperator{
		opNE: specs.OpNotEqual, opLT: specs.OpLessThan, opLE: specs.OpLessEqual, opEQ: specs.OpEqualTo,
		opGE: specs.OpGreaterEqual, opGT: specs.OpGreaterThan, opMasked: specs.OpMaskedEqual,
	}[o]
}

// argsText is "arg0 == 0x28 and arg1 & 0xf == 0x3".
func argsText(args []specs.LinuxSeccompArg) string {
	var list []string
	for _, a := range args {
		sign := "?"
		switch a.Op {
		case specs.OpNotEqual:
			sign = "!="
		case specs.OpLessThan:
			sign = "<"
		case specs.OpLessEqual:
			sign = "<="
		case specs.OpEqualTo:
			sign = "=="
		case specs.OpGreaterEqual:
			sign = ">="
		case specs.OpGreaterThan:
			sign = ">"
		case specs.OpMaskedEqual:
			list = append(list, fmt.Sprintf("arg%d & %#x == %#x", a.Index, a.Value, a.ValueTwo&a.Value))
			continue
		}
		list = append(list, fmt.Sprintf("arg%d %s %#x", a.Index, sign, a.Value))
	}
	return strings.Join(list, " and ")
}

// maxUnless is the number of exceptions that conditionsText gives.
const maxUnless = 5

// conditionsText is "if arg0 == 0x28 unless arg1 == 0x3, or arg2 != 0x0".
func conditionsText(all []specs.LinuxSeccompArg, unless [][]specs.LinuxSeccompArg) string {
	var b strings.Builder
	if len(all) > 0 {
		fmt.Fprintf(&b, "if %s", argsText(all))
	}
	for i, conds := range unless {
		if i == maxUnless {
			fmt.Fprintf(&b, ", or %d other conditions", len(unless)-i)
			break
		}
		word := " unless"
		if i > 0 {
			word = ", or"
		}
		fmt.Fprintf(&b, "%s %s", word, argsText(conds))
	}
	return strings.TrimPrefix(b.String(), " ")
}
