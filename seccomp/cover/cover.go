// Package cover puts functions of the arguments of a system call into the conditions
// that profiles have: decision diagrams become SCMP_CMP_* again.
//
//	finder := cover.New(d)
//	lists, err := finder.Cover(f, uint32(seccomp.Allow), arch.Lookup("SCMP_ARCH_X86_64"))
//	for _, args := range lists { ... }   // each is the args of a rule
//
// # How
//
// The function is taken apart argument by argument. The values of the first one that it
// looks at are cut into sets for which the rest is the same: into ranges, or into sets
// that are given by some of their bits (pieces.go). Each has a condition, or several
// alternatives; then follows what is left for it. What turns out to be needless at the
// end is left out.
//
// A [Cover] that is returned is exact: the predicate of its conditions, as
// [seccomp.ConditionsDiagram] defines it, has been compared with the function.
//
// # Limits
//
// Profiles have no condition on the instruction pointer, none on the upper half of an
// argument of a 32-bit call, and one condition on an argument at a time. The work and
// the length of a cover are bounded.
package cover

import (
	"errors"
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Cover is a predicate as profiles say it: conditions on different arguments that must
// all hold, of which one list is enough.
type Cover [][]specs.LinuxSeccompArg

// Cost is how hard a cover is to read. A handful of values is easier than a mask.
func (c Cover) Cost() (n int) {
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
	maxTaken     = 512     // predicates that are taken apart for one cover
	maxTakenAll  = 1 << 14 // and for all
	maxShortened = 64
	maxPieces    = 256
)

// Finder finds covers of the functions of one diagram. It remembers them: equal ones
// are frequent.
type Finder struct {
	d     *bdd.Diagram
	known map[question]answer
	left  int // predicates that may still be taken apart
}

type question struct {
	f     bdd.Ref
	value uint32
	bits  int
	big   bool
}

type answer struct {
	list Cover
	err  error
}

// New returns a Finder for functions of the words of struct seccomp_data (see
// [bpf.WordAt]).
func New(d *bdd.Diagram) *Finder {
	return &Finder{d: d, known: map[question]answer{}, left: maxTakenAll}
}

// Cover returns the conditions under which a function of the arguments of a call has the
// value; nil if it never has. The error says what in the function has no conditions, or
// wraps [bpf.ErrComplex].
func (f *Finder) Cover(of bdd.Ref, value uint32, a *arch.Arch) (Cover, error) {
	q := question{of, value, a.Bits, a.BigEndian()}
	if known, ok := f.known[q]; ok {
		return known.list, known.err
	}
	p := f.d.Combine(func(v, _ uint32) uint32 {
		if v == value {
			return 1
		}
		return 0
	}, of, bdd.False)
	c := coverer{Finder: f, arch: a, done: map[bdd.Ref]answer{}}
	list, err := c.cover(p)
	f.known[q] = answer{list, err}
	return list, err
}

// coverer finds the cover of one predicate.
type coverer struct {
	*Finder
	arch *arch.Arch
	done map[bdd.Ref]answer
	err  error // of holds
}

var (
	errIP    = errors.New("it depends on the instruction pointer, for which profiles have no condition")
	errUpper = errors.New("it depends on the upper half of an argument of a 32-bit call, for which profiles have no condition")
	errCover = fmt.Errorf("its conditions: %w", bpf.ErrComplex)
)

// cover returns a cover of the predicate, and proves it.
func (c *coverer) cover(p bdd.Ref) (Cover, error) {
	list, err := c.find(c.upperFirst(p))
	if err == nil {
		list = c.shorten(list, p)
		err = c.err
	}
	switch {
	case err != nil:
		return nil, err
	case c.d.Full() || c.any(list) != p:
		return nil, errCover
	}
	return list, nil
}

// any returns the predicate that one of the lists of conditions holds.
func (c *coverer) any(list Cover) bdd.Ref {
	p := bdd.False
	for _, all := range list {
		p = c.d.Or(p, c.holds(all...))
	}
	return p
}

// holds returns the predicate that all conditions hold.
func (c *coverer) holds(all ...specs.LinuxSeccompArg) bdd.Ref {
	p, err := seccomp.ConditionsDiagram(c.d, c.arch, all)
	if err != nil {
		c.err = fmt.Errorf("internal error: %w", err)
	}
	return p
}

// Words as upperFirst numbers them: argument i is at firstArg + 2i, its upper half first.
var (
	firstArg = bpf.WordAt(bpf.OffArgHigh(0, true))
	wordIP   = firstArg + 2*6
)

// upperFirst returns the predicate with the halves of the arguments exchanged where the
// lower one comes first, so that it looks at an argument as at one number, from the
// highest bit down.
func (c *coverer) upperFirst(p bdd.Ref) bdd.Ref {
	if c.arch.BigEndian() {
		return p
	}
	return c.d.Renumber(p, func(word int) int {
		if word < firstArg || word >= wordIP {
			return word
		}
		return firstArg + ((word - firstArg) ^ 1)
	})
}

// words returns where upperFirst has an argument.
func (c *coverer) words(arg int) (first, n int) {
	if c.arch.Bits == 32 {
		return firstArg + 2*arg + 1, 1
	}
	return firstArg + 2*arg, 2
}

// find takes the first argument that the predicate looks at apart, and then for each
// set of its values what is left.
func (c *coverer) find(p bdd.Ref) (Cover, error) {
	top := c.d.Top(p)
	switch {
	case p == bdd.False:
		return nil, nil
	case p == bdd.True:
		return Cover{nil}, nil
	case top >= wordIP:
		return nil, errIP
	}
	arg := (top - firstArg) / 2
	if first, _ := c.words(arg); top < first {
		return nil, errUpper
	}
	if known, ok := c.done[p]; ok {
		return known.list, known.err
	}
	if c.left--; c.left < 0 || len(c.done) >= maxTaken || c.d.Full() {
		return nil, errCover
	}
	failed, easy := errCover, false
	var best Cover
	for _, pieces := range []func(bdd.Ref, int) ([]piece, bool){c.ranges, c.masks} {
		list, ok := pieces(p, arg)
		if !ok {
			continue
		}
		easy = easy || readable(list)
		found, err := c.join(list)
		if err != nil {
			failed = err
		} else if best == nil || found.Cost() < best.Cost() {
			best = found
		}
		if easy && best != nil {
			break // masks would not be easier to read
		}
	}
	if best != nil {
		failed = nil
	}
	c.done[p] = answer{best, failed}
	return best, failed
}

// join puts the condition of each piece before what is left for it.
func (c *coverer) join(list []piece) (found Cover, err error) {
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
func (c *coverer) shorten(list Cover, p bdd.Ref) Cover {
	if len(list) > maxShortened {
		return list
	}
	list = slices.Clone(list)
	outside := c.d.Not(p)
	for i, all := range list {
		for k := len(all) - 1; k >= 0 && len(all) > 1; k-- {
			if less := slices.Delete(slices.Clone(all), k, k+1); c.d.And(c.holds(less...), outside) == bdd.False {
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
