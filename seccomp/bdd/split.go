package bdd

// This file takes functions apart again, for those who have one and want it in
// words: the reverse of Cut, Equal and If.

// NoWord is the number of the word that a constant function looks at: none.
const NoWord = -1

// Top returns the first word that the function looks at, or [NoWord] if it is the
// same everywhere.
func (d *Diagram) Top(f Ref) (word int) {
	if l := d.nodes[f].level; l != leafLevel {
		return int(l / 32)
	}
	return NoWord
}

// Follow returns what is left of f when the word has the value. f looks at no word
// before it.
func (d *Diagram) Follow(f Ref, word int, value uint32) Ref {
	for {
		n := &d.nodes[f]
		if n.level == leafLevel || int(n.level/32) != word {
			return f
		}
		f = n.lo
		if value>>(31-n.level%32)&1 != 0 {
			f = n.hi
		}
	}
}

// Leaves returns the values that f has, in the order in which they are found; nil
// if there are more than limit.
func (d *Diagram) Leaves(f Ref, limit int) []uint32 {
	var values []uint32
	seen := map[Ref]bool{}
	var walk func(f Ref) bool
	walk = func(f Ref) bool {
		if seen[f] {
			return true
		}
		seen[f] = true
		n := d.nodes[f]
		if n.level == leafLevel {
			values = append(values, uint32(n.lo))
			return len(values) <= limit
		}
		return walk(n.lo) && walk(n.hi)
	}
	if !walk(f) {
		return nil
	}
	return values
}

// Span is the beginning of a range of values, and the function there.
type Span struct {
	From uint64
	To   Ref
}

// Split cuts the values of n words (1 or 2), the first of them the upper half, into
// ranges with one function of the later words each: the reverse of [Diagram.Cut].
// Neighbours are different, and the first range starts at 0. f looks at no word
// before. ok is false if there are more ranges than limit.
func (d *Diagram) Split(f Ref, word, n, limit int) (spans []Span, ok bool) {
	end := int32(32 * (word + n))
	var walk func(f Ref, level int32, from uint64) bool
	walk = func(f Ref, level int32, from uint64) bool {
		if d.nodes[f].level >= end {
			if last := len(spans) - 1; last >= 0 && spans[last].To == f {
				return true
			}
			spans = append(spans, Span{from, f})
			return len(spans) <= limit
		}
		lo, hi := d.split(f, level)
		return walk(lo, level+1, from) && walk(hi, level+1, from|1<<(end-1-level))
	}
	if !walk(f, int32(32*word), 0) {
		return nil, false
	}
	return spans, true
}

// Cube is the set of values v with v & Mask == Value, and the function there.
type Cube struct {
	Mask, Value uint64
	To          Ref
}

// Cubes cuts the values of n words (1 or 2) as [Diagram.Split] does, into sets that are
// given by some of their bits: one for each path through the diagram. They do not
// overlap, and together are all values. If visit returns false that is the end, and
// Cubes returns false. There can be many more paths than nodes.
func (d *Diagram) Cubes(f Ref, word, n int, visit func(Cube) bool) bool {
	end := int32(32 * (word + n))
	var walk func(f Ref, mask, value uint64) bool
	walk = func(f Ref, mask, value uint64) bool {
		node := d.nodes[f]
		if node.level >= end {
			return visit(Cube{mask, value, f})
		}
		bit := uint64(1) << (end - 1 - node.level)
		return walk(node.lo, mask|bit, value) && walk(node.hi, mask|bit, value|bit)
	}
	return walk(f, 0, 0)
}

// Renumber returns the function that looks at word number(i) where f looks at i. Two
// words that f looks at do not get the same number.
func (d *Diagram) Renumber(f Ref, number func(word int) int) Ref {
	memo := map[Ref]Ref{}
	var walk func(f Ref) Ref
	walk = func(f Ref) Ref {
		node := d.nodes[f]
		if node.level == leafLevel || d.full {
			return f
		}
		if r, ok := memo[f]; ok {
			return r
		}
		word, bit := int(node.level/32), int(31-node.level%32)
		lo := walk(node.lo)
		r := d.If(d.choose(level(number(word), bit), False, True), walk(node.hi), lo)
		memo[f] = r
		return r
	}
	return walk(f)
}
