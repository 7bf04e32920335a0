package enforced

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/bdd"
)

// any returns the predicate that one of the lists of conditions holds.
func (c *coverer) any(list cover) bdd.Ref {
	p := bdd.False
	for _, all := range list {
		p = c.d.Or(p, c.holds(all))
	}
	return p
}

// holds returns the predicate that all conditions hold.
func (c *coverer) holds(all []specs.LinuxSeccompArg) bdd.Ref {
	p := bdd.True
	for i := len(all) - 1; i >= 0; i-- {
		p = c.d.And(c.holdsOne(all[i]), p)
	}
	return p
}

// holdsOne returns the predicate that a condition holds, in the width of the
// architecture. Of all operators it knows those that a cover has.
func (c *coverer) holdsOne(cond specs.LinuxSeccompArg) bdd.Ref {
	first, n := c.words(int(cond.Index))
	switch cond.Op {
	case specs.OpEqualTo:
		return c.equal(first, n, 1<<64-1, cond.Value)
	case specs.OpNotEqual:
		return c.d.Not(c.equal(first, n, 1<<64-1, cond.Value))
	case specs.OpMaskedEqual:
		return c.equal(first, n, cond.Value, cond.ValueTwo)
	case specs.OpGreaterEqual:
		return c.atLeast(first, n, cond.Value)
	default: // specs.OpLessEqual, of less than the greatest value
		return c.d.Not(c.atLeast(first, n, cond.Value+1))
	}
}

// equal is the predicate that the bits in mask of n words are those of value.
func (c *coverer) equal(first, n int, mask, value uint64) bdd.Ref {
	p := bdd.True
	for i := range n { // from the last, the lowest, on
		shift := 32 * i
		word, m := c.d.Word(first+n-1-i), uint32(mask>>shift)
		p = c.d.And(c.d.Equal(c.d.AndWith(word, c.d.Const(m)), c.d.Const(uint32(value>>shift)&m)), p)
	}
	return p
}

// atLeast is the predicate that the number in n words is at least value.
func (c *coverer) atLeast(first, n int, value uint64) bdd.Ref {
	p := c.d.AtLeast(c.d.Word(first+n-1), c.d.Const(uint32(value)))
	if n == 1 {
		return p
	}
	high, k := c.d.Word(first), c.d.Const(uint32(value>>32))
	return c.d.Or(c.d.Above(high, k), c.d.And(c.d.Equal(high, k), p))
}
