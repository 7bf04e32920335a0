package cover

import (
	"math/bits"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/bdd"
)

// piece is a set of values of an argument, and the predicate for them.
type piece struct {
	cond specs.LinuxSeccompArg
	then bdd.Ref
}

// readable says whether the pieces are few, and none is a mask.
func readable(list []piece) bool {
	return len(list) <= 5 && !slices.ContainsFunc(list, func(p piece) bool { return p.cond.Op == specs.OpMaskedEqual })
}

// ranges cuts the values of an argument into ranges.
func (c *coverer) ranges(p bdd.Ref, arg int) ([]piece, bool) {
	first, n := c.words(arg)
	spans, ok := c.d.Split(p, first, n, maxPieces)
	if !ok {
		return nil, false
	}
	top := uint64(1)<<(c.arch.Bits-1)<<1 - 1
	of := map[bdd.Ref][][2]uint64{}
	var order []bdd.Ref
	for i, s := range spans {
		last := top
		if i+1 < len(spans) {
			last = spans[i+1].From - 1
		}
		if s.To == bdd.False {
			continue
		}
		if of[s.To] == nil {
			order = append(order, s.To)
		}
		of[s.To] = append(of[s.To], [2]uint64{s.From, last})
	}
	var list []piece
	for _, then := range order {
		for _, cond := range conds(of[then], top) {
			cond.Index = uint(arg)
			list = append(list, piece{cond, then})
		}
	}
	return list, true
}

// conds returns conditions of which one holds exactly for the values in the ranges.
func conds(ranges [][2]uint64, top uint64) (list []specs.LinuxSeccompArg) {
	if len(ranges) == 2 && ranges[0][0] == 0 && ranges[1][1] == top && ranges[0][1]+2 == ranges[1][0] {
		return []specs.LinuxSeccompArg{{Op: specs.OpNotEqual, Value: ranges[0][1] + 1}}
	}
	for _, r := range ranges {
		switch {
		case r[0] == r[1]:
			list = append(list, specs.LinuxSeccompArg{Op: specs.OpEqualTo, Value: r[0]})
		case r[0] == 0:
			list = append(list, specs.LinuxSeccompArg{Op: specs.OpLessEqual, Value: r[1]})
		case r[1] == top:
			list = append(list, specs.LinuxSeccompArg{Op: specs.OpGreaterEqual, Value: r[0]})
		default:
			list = append(list, blocks(r[0], r[1], top)...)
		}
	}
	return list
}

// blocks cuts a range into blocks of a power of 2 of values that begin at a multiple of
// it: two conditions on one argument would be alternatives, not bounds.
func blocks(first, last, top uint64) (list []specs.LinuxSeccompArg) {
	for {
		size := uint64(1)
		for first&(2*size-1) == 0 && 2*size-1 <= last-first {
			size *= 2
		}
		list = append(list, masked(top&^(size-1), first, top))
		if last-first < size {
			return list
		}
		first += size
	}
}

// masked is the condition v & mask == value.
func masked(mask, value, top uint64) specs.LinuxSeccompArg {
	if mask == top {
		return specs.LinuxSeccompArg{Op: specs.OpEqualTo, Value: value}
	}
	return specs.LinuxSeccompArg{Op: specs.OpMaskedEqual, Value: mask, ValueTwo: value}
}

// masks cuts the values of an argument into sets given by some of their bits.
func (c *coverer) masks(p bdd.Ref, arg int) ([]piece, bool) {
	first, n := c.words(arg)
	top := uint64(1)<<(c.arch.Bits-1)<<1 - 1
	of := map[bdd.Ref]bdd.Ref{} // from what is left to the values for which it is
	var order []bdd.Ref
	sets := map[bdd.Ref][]bdd.Cube{}
	count := 0
	if !c.d.Cubes(p, first, n, func(cube bdd.Cube) bool {
		if cube.To == bdd.False {
			return true
		}
		if _, seen := of[cube.To]; !seen {
			order = append(order, cube.To)
		}
		cond := masked(cube.Mask, cube.Value, top)
		cond.Index = uint(arg)
		of[cube.To] = c.d.Or(of[cube.To], c.holds(cond))
		sets[cube.To] = append(sets[cube.To], cube)
		count++
		return count <= maxPieces
	}) {
		return nil, false
	}
	var list []piece
	for _, then := range order {
		left := of[then]
		for _, cube := range sets[then] {
			cond := masked(cube.Mask, cube.Value, top)
			cond.Index = uint(arg)
			if c.d.And(c.holds(cond), left) == bdd.False {
				continue // an earlier, widened one has all of it
			}
			cond = c.widen(cond, of[then], top)
			left = c.d.And(left, c.d.Not(c.holds(cond)))
			list = append(list, piece{cond, then})
		}
	}
	return list, !c.d.Full()
}

// widen leaves out the bits without which the condition still holds for values of the
// set only.
func (c *coverer) widen(cond specs.LinuxSeccompArg, set bdd.Ref, top uint64) specs.LinuxSeccompArg {
	mask, value := top, cond.Value
	if cond.Op == specs.OpMaskedEqual {
		mask, value = cond.Value, cond.ValueTwo
	}
	outside := c.d.Not(set)
	for left := mask; left != 0; {
		bit := uint64(1) << (63 - bits.LeadingZeros64(left))
		left &^= bit
		wide := masked(mask&^bit, value&^bit, top)
		wide.Index = cond.Index
		if c.d.And(c.holds(wide), outside) == bdd.False {
			mask, value, cond = mask&^bit, value&^bit, wide
		}
	}
	return cond
}
