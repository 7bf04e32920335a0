package seccomp

import (
	"slices"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// meaning returns the policy as a function of the words of seccomp_data: what
// [Policy.Decide] says of one call, for all calls at once. It judges the compiler
// and shares with it only the rules and what beyond and stricter say.
func (p *Policy) meaning(d *bdd.Diagram) bdd.Ref {
	if p.stack != nil {
		return d.Combine(stricter, p.stack[0].meaning(d), p.stack[1].meaning(d))
	}
	f := d.Leaf(uint32(p.unlisted))
	var done []uint32
	for i := range p.tables {
		audit := p.tables[i].arch.Audit
		if slices.Contains(done, audit) {
			continue
		}
		done = append(done, audit)
		f = d.If(d.Equal(d.Word(bpf.WordArch), d.Const(audit)), p.numbersMeaning(d, audit), f)
	}
	return f
}

// numbersMeaning is the part of the function for one AUDIT_ARCH value.
func (p *Policy) numbersMeaning(d *bdd.Diagram, audit uint32) bdd.Ref {
	rules := map[uint32][]*rule{}
	for i := range p.tables {
		if t := &p.tables[i]; t.arch.Audit == audit {
			for j := range t.rules {
				rules[t.rules[j].nr] = append(rules[t.rules[j].nr], &t.rules[j])
			}
		}
	}
	var parts []bdd.Part
	for _, nr := range p.bounds(audit) {
		f := d.Leaf(uint32(p.Decide(audit, nr, [6]uint64{})))
		if list := rules[nr]; list != nil {
			f = p.callMeaning(d, p.table(audit, nr), nr, list)
		}
		parts = append(parts, bdd.Part{From: nr, To: f})
	}
	return d.Cut(bpf.WordNr, parts)
}

// bounds returns, in ascending order, the numbers from which on something else
// may hold than for the number before. What holds from such a number to the
// next one is the same for all numbers between.
func (p *Policy) bounds(audit uint32) []uint32 {
	list := []uint32{0, arch.X32Bit, noCall}
	for _, part := range p.parts() {
		for i := range part.tables {
			t := &part.tables[i]
			if t.arch.Audit != audit {
				continue
			}
			for _, r := range t.rules {
				list = append(list, r.nr, r.nr+1)
			}
			if t.hasLast {
				list = append(list, t.last+1)
			}
			if t.apart.some {
				list = append(list, t.apart.first, t.apart.last+1)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// callMeaning is the part of the function for one call that has rules.
func (p *Policy) callMeaning(d *bdd.Diagram, t *table, nr uint32, rules []*rule) bdd.Ref {
	for _, r := range rules {
		if r.list == 0 {
			return d.Leaf(uint32(r.action))
		}
	}
	f := d.Leaf(uint32(p.beyond(t, nr)))
	for _, r := range slices.Backward(rules) {
		f = d.If(allHold(d, t.arch, p.conds(r)), d.Leaf(uint32(r.action)), f)
	}
	return f
}

// allHold returns the predicate that all conditions hold.
func allHold(d *bdd.Diagram, a *arch.Arch, conds []cond) bdd.Ref {
	p := bdd.True
	for _, c := range conds {
		p = d.And(c.predicate(d, a), p)
	}
	return p
}

// predicate is [cond.holds] for all calls at once.
func (c cond) predicate(d *bdd.Diagram, a *arch.Arch) bdd.Ref {
	low, high := argWords(d, a, int(c.arg))
	v, w := half{c.value}, half{c.valueTwo}
	// Of a comparison of 64 bits the upper halves decide, unless they are equal.
	wide := func(upper, equal, lower bdd.Ref) bdd.Ref {
		if c.bits == 32 {
			return lower
		}
		return d.Or(upper, d.And(equal, lower))
	}
	// Made when they are needed: conditions can be many.
	equal := func() bdd.Ref {
		return wide(bdd.False, d.Equal(high, d.Const(v.high())), d.Equal(low, d.Const(v.low())))
	}
	atLeast := func() bdd.Ref {
		return wide(d.Above(high, d.Const(v.high())), d.Equal(high, d.Const(v.high())), d.AtLeast(low, d.Const(v.low())))
	}
	switch c.op {
	case opNE:
		return d.Not(equal())
	case opLT:
		return d.Not(atLeast())
	case opLE:
		return d.Or(d.Not(atLeast()), equal())
	case opEQ:
		return equal()
	case opGE:
		return atLeast()
	case opGT:
		return d.And(atLeast(), d.Not(equal()))
	default: // opMasked
		masked := func(word bdd.Vector, mask, want uint32) bdd.Ref {
			return d.Equal(d.AndWith(word, d.Const(mask)), d.Const(want&mask))
		}
		p := masked(low, v.low(), w.low())
		if c.bits == 32 {
			return p
		}
		return d.And(p, masked(high, v.high(), w.high()))
	}
}

// half takes a 64-bit operand apart.
type half struct{ v uint64 }

func (h half) low() uint32  { return uint32(h.v) }
func (h half) high() uint32 { return uint32(h.v >> 32) }

// argWords returns the halves of argument i as the architecture lays them out.
func argWords(d *bdd.Diagram, a *arch.Arch, i int) (low, high bdd.Vector) {
	return d.Word(bpf.WordAt(bpf.OffArgLow(i, a.BigEndian()))), d.Word(bpf.WordAt(bpf.OffArgHigh(i, a.BigEndian())))
}
