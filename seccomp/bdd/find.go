package bdd

// Find returns values of the first n words for which f has a value that want
// accepts, and that value. It prefers small values in early words; a word that
// does not matter is 0.
func (d *Diagram) Find(f Ref, n int, want func(v uint32) bool) (words []uint32, value uint32, found bool) {
	words = make([]uint32, n)
	dead := map[Ref]bool{}
	var walk func(f Ref) bool
	walk = func(f Ref) bool {
		if v, leaf := d.Value(f); leaf {
			value = v
			return want(v)
		}
		if dead[f] {
			return false
		}
		node := d.nodes[f]
		if walk(node.lo) {
			return true
		}
		if walk(node.hi) {
			words[node.level/32] |= 1 << (31 - node.level%32)
			return true
		}
		dead[f] = true
		return false
	}
	found = walk(f)
	return words, value, found
}

// Differ returns values of the first n words for which f and g have different
// values; found is false if they are the same function. It prefers small values
// in early words; a word that does not matter is 0.
func (d *Diagram) Differ(f, g Ref, n int) (words []uint32, found bool) {
	words = make([]uint32, n)
	if f == g {
		return words, false
	}
	for {
		level := min(d.nodes[f].level, d.nodes[g].level)
		if level == leafLevel {
			return words, true
		}
		// Different functions differ where the bit is 0 or where it is 1.
		f0, f1 := d.split(f, level)
		g0, g1 := d.split(g, level)
		if f0 != g0 {
			f, g = f0, g0
			continue
		}
		words[level/32] |= 1 << (31 - level%32)
		f, g = f1, g1
	}
}

// Eval returns the value of f for the given words.
func (d *Diagram) Eval(f Ref, words []uint32) uint32 {
	for {
		n := d.nodes[f]
		if n.level == leafLevel {
			return uint32(n.lo)
		}
		f = n.lo
		if words[n.level/32]>>(31-n.level%32)&1 != 0 {
			f = n.hi
		}
	}
}
