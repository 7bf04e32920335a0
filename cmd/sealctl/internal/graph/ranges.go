package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// annotate notes at each return which calls can end there, by their numbers. It is
// for graphs of all calls of one architecture.
func (g *Graph) annotate() {
	if g.arch == nil {
		return
	}
	calls := g.arch.Calls()
	reach := make([][]interval, len(g.Nodes))
	reach[0] = g.numbers
	for i := range g.Nodes { // a node stands before those it leads to
		n := &g.Nodes[i]
		numbers := union(reach[i])
		switch n.Kind {
		case Start:
			reach[n.Then] = append(reach[n.Then], numbers...)
		case Test:
			then, other := g.split(&n.test, numbers)
			reach[n.Then] = append(reach[n.Then], then...)
			reach[n.Else] = append(reach[n.Else], other...)
		case Return:
			n.Note = n.Label + "\n" + describe(numbers, own(g.arch).hi, calls)
		}
	}
}

// split returns the numbers for which a test can hold, and those for which it can
// fail.
func (g *Graph) split(t *test, numbers []interval) (then, other []interval) {
	k, constant := g.terms.constant(t.right)
	if !constant || t.cond == bpf.JSET || !g.terms.isWordAt(t.left, bpf.OffNr) {
		return numbers, numbers
	}
	var in []interval // that the test asks for
	switch {
	case t.equal != nil:
		for _, v := range t.equal {
			in = append(in, interval{v, v})
		}
		in = union(in)
	case t.cond == bpf.JGE:
		in = []interval{{k, 1<<32 - 1}}
	case k < 1<<32-1: // JGT
		in = []interval{{k + 1, 1<<32 - 1}}
	}
	return intersect(numbers, in), intersect(numbers, outside(in))
}

// union sorts intervals and joins those that touch.
func union(list []interval) []interval {
	list = slices.Clone(list)
	slices.SortFunc(list, func(x, y interval) int { return cmp.Compare(x.lo, y.lo) })
	var out []interval
	for _, n := range list {
		if last := len(out) - 1; last >= 0 && uint64(n.lo) <= uint64(out[last].hi)+1 {
			out[last].hi = max(out[last].hi, n.hi)
			continue
		}
		out = append(out, n)
	}
	return out
}

// outside returns all numbers that are in none of the intervals of a union.
func outside(list []interval) (out []interval) {
	from := uint64(0)
	for _, n := range list {
		if uint64(n.lo) > from {
			out = append(out, interval{uint32(from), n.lo - 1})
		}
		from = uint64(n.hi) + 1
	}
	if from <= 1<<32-1 {
		out = append(out, interval{uint32(from), 1<<32 - 1})
	}
	return out
}

func intersect(a, b []interval) (out []interval) {
	for _, x := range a {
		for _, y := range b {
			if lo, hi := max(x.lo, y.lo), min(x.hi, y.hi); lo <= hi {
				out = append(out, interval{lo, hi})
			}
		}
	}
	return out
}

// describe is "nr 57 to 58, 101: fork, vfork, ptrace". last is the largest number.
func describe(numbers []interval, last uint32, calls []arch.Call) string {
	var ranges, names []string
	for _, n := range numbers {
		switch {
		case n.lo == n.hi:
			ranges = append(ranges, fmt.Sprint(n.lo))
		case n.hi >= last:
			ranges = append(ranges, fmt.Sprintf("%d and above", n.lo))
		default:
			ranges = append(ranges, fmt.Sprintf("%d to %d", n.lo, n.hi))
		}
		for _, c := range calls {
			if n.lo <= c.Number && c.Number <= n.hi {
				names = append(names, c.ID.String())
			}
		}
	}
	s := "nr " + strings.Join(ranges, ", ")
	if len(names) > 0 {
		s += ": " + strings.Join(names, ", ")
	}
	return s
}
