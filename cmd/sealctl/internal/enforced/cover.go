package enforced

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// cover is a predicate as profiles say it: conditions on different arguments that must
// all hold, of which one list is enough.
type cover [][]specs.LinuxSeccompArg

// cost is how hard a cover is to read. A handful of values is easier than a mask.
func (c cover) cost() (n int) {
	for _, all := range c {
		for _, arg := range all {
			switch arg.Op {
			case specs.OpMaskedEqual:
				n += 10
			case specs.OpNotEqual:
				n += 3
			default:
				n += 2
			}
		}
	}
	return n
}

// Limits of a cover, of what is tried to make it shorter, and of the pieces that the
// values of one argument are cut into.
const (
	maxCover     = 2048
	maxShortened = 64
	maxPieces    = 256
)

// coverer finds covers of predicates over the arguments of one call.
type coverer struct {
	d    *bdd.Diagram
	bits int // width of the architecture's arguments, 32 or 64
}

var (
	errIP    = errors.New("it depends on the instruction pointer, for which profiles have no condition")
	errUpper = errors.New("it depends on the upper half of an argument of a 32-bit call, for which profiles have no condition")
	errCover = fmt.Errorf("its conditions: %w", bpf.ErrComplex)
)

// cover returns a cover of the predicate, and proves it.
func (c *coverer) cover(p bdd.Ref) (cover, error) {
	list, err := c.find(p)
	if err != nil {
		return nil, err
	}
	list = c.shorten(list, p)
	if c.d.Full() || c.any(list) != p {
		return nil, errCover
	}
	return list, nil
}

// words returns where the diagram has an argument.
func (c *coverer) words(arg int) (first, n int) {
	if c.bits == 32 {
		return firstArg + 2*arg + 1, 1
	}
	return firstArg + 2*arg, 2
}

// find takes the first argument that the predicate looks at apart, and then for each
// set of its values what is left.
func (c *coverer) find(p bdd.Ref) (cover, error) {
	top := c.d.Top(p)
	switch {
	case p == bdd.False:
		return nil, nil
	case p == bdd.True:
		return cover{nil}, nil
	case top >= wordIP:
		return nil, errIP
	}
	arg := (top - firstArg) / 2
	if first, _ := c.words(arg); top < first {
		return nil, errUpper
	}
	var best cover
	for _, pieces := range []func(bdd.Ref, int) ([]piece, bool){c.ranges, c.masks} {
		list, ok := pieces(p, arg)
		if !ok {
			continue
		}
		var found cover
		for _, piece := range list {
			rest, err := c.find(piece.then)
			if err != nil {
				return nil, err
			}
			for _, all := range rest {
				found = append(found, append([]specs.LinuxSeccompArg{piece.cond}, all...))
			}
			if len(found) > maxCover {
				return nil, errCover
			}
		}
		if best == nil || found.cost() < best.cost() {
			best = found
		}
	}
	if best == nil {
		return nil, errCover
	}
	return best, nil
}

// piece is a set of values of an argument, and the predicate for them.
type piece struct {
	cond specs.LinuxSeccompArg
	then bdd.Ref
}

// ranges cuts the values of an argument into ranges.
func (c *coverer) ranges(p bdd.Ref, arg int) ([]piece, bool) {
	first, n := c.words(arg)
	spans, ok := c.d.Split(p, first, n, maxPieces)
	if !ok {
		return nil, false
	}
	top := uint64(1)<<(c.bits-1)<<1 - 1
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
	cubes, ok := c.d.Cubes(p, first, n, maxPieces)
	if !ok {
		return nil, false
	}
	top := uint64(1)<<(c.bits-1)<<1 - 1
	of := map[bdd.Ref]bdd.Ref{} // from what is left to the values for which it is
	var order []bdd.Ref
	sets := map[bdd.Ref][]bdd.Cube{}
	for _, cube := range cubes {
		if cube.To == bdd.False {
			continue
		}
		if _, seen := of[cube.To]; !seen {
			order = append(order, cube.To)
		}
		cond := masked(cube.Mask, cube.Value, top)
		cond.Index = uint(arg)
		of[cube.To] = c.d.Or(of[cube.To], c.holdsOne(cond))
		sets[cube.To] = append(sets[cube.To], cube)
	}
	var list []piece
	for _, then := range order {
		left := of[then]
		for _, cube := range sets[then] {
			cond := masked(cube.Mask, cube.Value, top)
			cond.Index = uint(arg)
			if c.d.And(c.holdsOne(cond), left) == bdd.False {
				continue // an earlier, widened one has all of it
			}
			cond = c.widen(cond, of[then], top)
			left = c.d.And(left, c.d.Not(c.holdsOne(cond)))
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
		if c.d.And(c.holdsOne(wide), outside) == bdd.False {
			mask, value, cond = mask&^bit, value&^bit, wide
		}
	}
	return cond
}

// shorten leaves out conditions, and whole lists of them, that the others make
// needless.
func (c *coverer) shorten(list cover, p bdd.Ref) cover {
	if len(list) > maxShortened {
		return list
	}
	outside := c.d.Not(p)
	for i, all := range list {
		for k := len(all) - 1; k >= 0 && len(all) > 1; k-- {
			if less := slices.Delete(slices.Clone(all), k, k+1); c.d.And(c.holds(less), outside) == bdd.False {
				all = less
			}
		}
		list[i] = all
	}
	for i := len(list) - 1; i >= 0 && len(list) > 1; i-- {
		if less := slices.Delete(slices.Clone(list), i, i+1); c.any(less) == p {
			list = less
		}
	}
	return list
}
