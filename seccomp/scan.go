package seccomp

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Scanner finds the calls on which one policy differs from others. It says less than
// [Compare], nothing about arguments, and does less for it: a profile that was made to be
// expensive ends in an error after some tenths of a second, for all scans together. That
// is for whoever judges profiles of people who cannot be trusted.
type Scanner struct {
	d *bdd.Diagram
	a *view
}

// Calls are calls of one architecture by number, First and Last included.
type Calls struct {
	Arch        string // OCI name; empty for all that neither policy lists
	First, Last uint32
	Names       []string // of those that have one, by number
}

// maxScanned bounds the diagrams of a scanner, to about 20 MB. A filter has room for some
// 2000 comparisons, and one of 64 bits takes up to about 128 nodes.
const maxScanned = 1 << 19

// NewScanner returns a scanner for the policy.
func NewScanner(a *Policy) *Scanner {
	return &Scanner{bdd.New(maxScanned), newView(a)}
}

// Scan returns the calls for which, with some arguments, the actions of the scanner's
// policy and of b are such that counts is true. It is false for two that are equal. The
// error names a call and wraps [bpf.ErrComplex]: its conditions are too complicated. The
// scanner cannot be used after it.
func (s *Scanner) Scan(b *Policy, counts func(a, b Action) bool) ([]Calls, error) {
	other := newView(b)
	compared := map[[2]bdd.Ref]bool{}
	audits := s.a.p.audits()
	for _, audit := range b.audits() {
		if !slices.Contains(audits, audit) {
			audits = append(audits, audit)
		}
	}
	var found []Calls
	for _, audit := range audits {
		bounds := append(s.a.p.bounds(audit), b.bounds(audit)...)
		slices.Sort(bounds)
		bounds = slices.Compact(bounds)
		for i, first := range bounds {
			pair := [2]bdd.Ref{s.a.call(s.d, audit, first), other.call(s.d, audit, first)}
			differ, known := compared[pair]
			if !known {
				differ = s.differ(pair, counts)
				compared[pair] = differ
			}
			a := arch.ByCall(audit, first)
			if first == noCall {
				a = arch.ByCall(audit, 0) // bit 30 does not make it an x32 call
			}
			if s.d.Full() {
				name := a.Name(first)
				if name == "" {
					name = "call " + numberText(first)
				}
				return nil, fmt.Errorf("seccomp: the conditions of %s on %s are too many or too complicated to be compared: %w", name, a.Scmp, bpf.ErrComplex)
			}
			if !differ {
				continue
			}
			last := uint32(1<<32 - 1)
			if i+1 < len(bounds) {
				last = bounds[i+1] - 1
			}
			if n := len(found) - 1; n >= 0 && found[n].Arch == a.Scmp && found[n].Last+1 == first {
				found[n].Last = last
			} else {
				found = append(found, Calls{Arch: a.Scmp, First: first, Last: last})
			}
		}
	}
	for i := range found {
		found[i].Names = names(arch.Lookup(found[i].Arch), found[i].First, found[i].Last)
	}
	if x, y := s.a.p.unlisted, b.unlisted; x != y && counts(x, y) {
		found = append(found, Calls{Last: 1<<32 - 1})
	}
	return found, nil
}

// differ says whether counts is true of two functions for some arguments.
func (s *Scanner) differ(pair [2]bdd.Ref, counts func(a, b Action) bool) bool {
	if pair[0] == pair[1] {
		return false
	}
	return s.d.Combine(func(x, y uint32) uint32 {
		if x != y && counts(Action(x), Action(y)) {
			return 1
		}
		return 0
	}, pair[0], pair[1]) != bdd.False
}

// view is a policy whose rules can be found by number.
type view struct {
	p      *Policy
	orders [][]int32 // of each table: its rules by number, and by their place in the profile
	stack  []*view   // instead: of an intersection
	// made has the functions of calls with conditions by the rules that they are made
	// of: one entry of a profile can have the names of all calls.
	made map[string]bdd.Ref
}

func newView(p *Policy) *view {
	v := &view{p: p, made: map[string]bdd.Ref{}}
	if p.stack != nil {
		v.stack = []*view{newView(p.stack[0]), newView(p.stack[1])}
		return v
	}
	for i := range p.tables {
		rules := p.tables[i].rules
		order := make([]int32, len(rules))
		for j := range order {
			order[j] = int32(j)
		}
		slices.SortFunc(order, func(x, y int32) int {
			if rules[x].nr != rules[y].nr {
				return int(int64(rules[x].nr) - int64(rules[y].nr))
			}
			return int(x - y)
		})
		v.orders = append(v.orders, order)
	}
	return v
}

// call is what [Policy.Decide] says of one call, as a function of its arguments.
func (v *view) call(d *bdd.Diagram, audit, nr uint32) bdd.Ref {
	if v.stack != nil {
		return d.Combine(stricter, v.stack[0].call(d, audit, nr), v.stack[1].call(d, audit, nr))
	}
	p := v.p
	t := p.table(audit, nr)
	if t == nil {
		return d.Leaf(uint32(p.Decide(audit, nr, [6]uint64{})))
	}
	i := 0
	for &p.tables[i] != t {
		i++
	}
	order := v.orders[i]
	from, _ := slices.BinarySearchFunc(order, nr, func(r int32, nr uint32) int { return int(int64(t.rules[r].nr) - int64(nr)) })
	order = order[from:]
	n := 0
	for ; n < len(order) && t.rules[order[n]].nr == nr; n++ {
		if r := &t.rules[order[n]]; r.list == 0 {
			return d.Leaf(uint32(r.action))
		}
	}
	f := d.Leaf(uint32(p.beyond(t, nr)))
	if n == 0 {
		return f
	}
	key := binary.NativeEndian.AppendUint32(make([]byte, 0, 8+8*n), uint32(f))
	key = binary.NativeEndian.AppendUint32(key, t.arch.Audit) // for the byte order
	for _, j := range order[:n] {
		key = binary.NativeEndian.AppendUint32(key, uint32(t.rules[j].list))
		key = binary.NativeEndian.AppendUint32(key, uint32(t.rules[j].action))
	}
	if made, ok := v.made[string(key)]; ok {
		return made
	}
	for _, j := range slices.Backward(order[:n]) {
		if d.Full() {
			return bdd.False
		}
		r := &t.rules[j]
		f = d.If(allHold(d, t.arch, p.conds(r)), d.Leaf(uint32(r.action)), f)
	}
	v.made[string(key)] = f
	return f
}
