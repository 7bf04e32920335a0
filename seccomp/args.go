package seccomp

import (
	"slices"

	"github.com/runseal/runseal/seccomp/bpf"
)

// effect is a rule as the graph is built of it.
type effect struct {
	action Action
	conds  []cond
}

// decision returns the node that tries the rules, all for one call and with
// conditions, in order, and ends at otherwise. big is the byte order.
//
// Rules are taken from the last to the first, so that each is built on what
// follows it. Neighbouring rules that compare the same single argument with
// constants become one search over its values: a list of 40 allowed values
// costs 40 comparisons that run in 6 steps, and values in a row collapse.
//
// The number of nodes grows with the number of conditions and no faster: a rule
// leads to what follows it by reference, whichever of its conditions fails.
func (g *graph) decision(rules []effect, otherwise ref, big bool) ref {
	rules = live(rules)
	for end := len(rules); end > 0 && !g.full; {
		start := end - 1
		if c := rules[start].conds; len(c) == 1 && c[0].op != opMasked {
			for start > 0 {
				b := rules[start-1].conds
				if len(b) != 1 || b[0].op == opMasked || b[0].arg != c[0].arg || b[0].bits != c[0].bits {
					break
				}
				start--
			}
			otherwise = g.search(rules[start:end], otherwise, big)
		} else {
			next := g.ret(rules[start].action)
			for i := len(c) - 1; i >= 0; i-- {
				next = g.cond(c[i], next, otherwise, big)
			}
			otherwise = next
		}
		end = start
	}
	return otherwise
}

// live returns the rules without those that cannot hold, and without those
// behind one that always holds: nothing would lead to their nodes. It changes
// the slice.
func live(rules []effect) []effect {
	out := rules[:0]
	for _, r := range rules {
		never, always := false, true
		for _, c := range r.conds {
			never = never || c.never()
			always = always && c.always()
		}
		if never {
			continue
		}
		if out = append(out, r); always {
			break
		}
	}
	return out
}

// cond returns the node that goes to t if the condition holds, else to f.
func (g *graph) cond(c cond, t, f ref, big bool) ref {
	if c.op != opMasked {
		var s [3]span64
		return g.tree64(c, c.spans(s[:0], t, f), big)
	}
	arg, want := int(c.arg), c.value&c.valueTwo
	t = g.masked(bpf.OffArgLow(arg, big), uint32(c.value), uint32(want), t, f)
	if c.bits == 32 {
		return t
	}
	return g.masked(bpf.OffArgHigh(arg, big), uint32(c.value>>32), uint32(want>>32), t, f)
}

// span64 is a span of values of a whole argument.
type span64 struct {
	lo uint64
	to ref
}

// spans appends the partition of an argument's values by a comparison.
func (c cond) spans(s []span64, t, f ref) []span64 {
	v, top := c.value, c.top()
	in, out := t, f // in: from lo on, out: elsewhere
	switch c.op {
	case opNE:
		in, out = f, t
		fallthrough
	case opEQ:
		if v > 0 {
			s = append(s, span64{0, out})
		}
		s = append(s, span64{v, in})
		if v < top {
			s = append(s, span64{v + 1, out})
		}
		return s
	case opLT:
		in, out = f, t
	case opLE, opGT:
		if c.op == opLE {
			in, out = f, t
		}
		if v == top { // nothing lies above
			return append(s, span64{0, out})
		}
		v++
	}
	if v > 0 {
		s = append(s, span64{0, out})
	}
	return append(s, span64{v, in})
}

// search returns the node for rules that each compare the same argument once.
func (g *graph) search(rules []effect, otherwise ref, big bool) ref {
	first := rules[0].conds[0]
	if len(rules) == 1 {
		return g.cond(first, g.ret(rules[0].action), otherwise, big)
	}
	const yes, no = 1, 0
	// Cut the values at every bound, then let the rules claim the pieces in
	// order. free leads from a piece to the next one that is not claimed.
	cuts := append(g.scratch.values[:0], 0)
	var buf [3]span64
	for _, r := range rules {
		for _, s := range r.conds[0].spans(buf[:0], yes, no) {
			cuts = append(cuts, s.lo)
		}
	}
	g.scratch.values = cuts
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	g.scratch.pieces, g.scratch.free = room(g.scratch.pieces, len(cuts)), room(g.scratch.free, len(cuts)+1)
	pieces, free := g.scratch.pieces, g.scratch.free
	for i, lo := range cuts {
		pieces[i] = span64{lo, otherwise}
		free[i] = int32(i)
	}
	free[len(cuts)] = int32(len(cuts))
	next := func(i int32) int32 {
		for free[i] != i {
			free[i] = free[free[i]]
			i = free[i]
		}
		return i
	}
	for _, r := range rules {
		to := g.ret(r.action)
		parts := r.conds[0].spans(buf[:0], yes, no)
		for k, part := range parts {
			if part.to != yes {
				continue
			}
			start, _ := slices.BinarySearch(cuts, part.lo)
			end := len(cuts)
			if k+1 < len(parts) {
				end, _ = slices.BinarySearch(cuts, parts[k+1].lo)
			}
			for i := next(int32(start)); int(i) < end; i = next(i) {
				pieces[i].to = to
				free[i] = i + 1
			}
		}
	}
	return g.tree64(first, pieces, big)
}

// tree64 returns a search over the values of an argument in the width of like, a
// condition on it: over its upper half, and within single values of that over its
// lower half.
func (g *graph) tree64(like cond, s []span64, big bool) ref {
	if g.full {
		return 0
	}
	low, high := bpf.OffArgLow(int(like.arg), big), bpf.OffArgHigh(int(like.arg), big)
	upper, lower := g.scratch.upper[:0], g.scratch.lower[:0]
	for i := 0; i < len(s) && !g.full; {
		h := uint32(s[i].lo >> 32)
		// The lower halves under h: what is in force at its beginning, then
		// every span that starts inside.
		lower = lower[:0]
		if uint32(s[i].lo) != 0 {
			lower = lower.add(0, s[i-1].to)
		}
		for i < len(s) && uint32(s[i].lo>>32) == h {
			lower = lower.add(uint32(s[i].lo), s[i].to)
			i++
		}
		upper = upper.add(h, g.tree(low, lower, 0, 0))
		if h < 1<<32-1 {
			upper = upper.add(h+1, s[i-1].to)
		}
	}
	g.scratch.upper, g.scratch.lower = upper, lower
	if like.bits == 32 || g.full {
		return upper[0].to
	}
	return g.tree(high, upper, 0, 0)
}
