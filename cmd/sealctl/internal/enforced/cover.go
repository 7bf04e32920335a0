package enforced

import (
	"errors"
	"fmt"
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

// Limits of a cover, of the work for it, of what is tried to make it shorter, and of the
// pieces that the values of one argument are cut into.
const (
	maxCover     = 512
	maxTaken     = 512     // predicates that are taken apart for one call
	maxTakenAll  = 1 << 14 // and for all
	maxShortened = 64
	maxPieces    = 256
)

// coverer finds covers of predicates over the arguments of one call.
type coverer struct {
	d    *bdd.Diagram
	bits int // width of the architecture's arguments, 32 or 64
	done map[bdd.Ref]cover
	left *int // predicates that may still be taken apart for all calls
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
	if best, ok := c.done[p]; ok {
		if best == nil {
			return nil, errCover
		}
		return best, nil
	}
	if c.done == nil {
		c.done = map[bdd.Ref]cover{}
	}
	if *c.left--; *c.left < 0 || len(c.done) >= maxTaken || c.d.Full() {
		return nil, errCover
	}
	c.done[p] = nil
	failed, easy := errCover, false
	var best cover
	for _, pieces := range []func(bdd.Ref, int) ([]piece, bool){c.ranges, c.masks} {
		list, ok := pieces(p, arg)
		if !ok {
			continue
		}
		easy = easy || readable(list)
		found, err := c.join(list)
		if err != nil {
			failed = err
		} else if best == nil || found.cost() < best.cost() {
			best = found
		}
		if easy && best != nil {
			break // masks would not be easier to read
		}
	}
	if best == nil {
		return nil, failed
	}
	c.done[p] = best
	return best, nil
}

// join puts the condition of each piece before what is left for it.
func (c *coverer) join(list []piece) (found cover, err error) {
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
	return found, nil
}

// shorten leaves out conditions, and whole lists of them, that the others make
// needless.
func (c *coverer) shorten(list cover, p bdd.Ref) cover {
	if len(list) > maxShortened {
		return list
	}
	list = slices.Clone(list)
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
