package bdd

// Paths takes a function apart: for each path to a leaf, visit gets the bits of the
// first n words that the path depends on (mask), their values, and the function's value
// there. These sets of inputs exclude each other and together are all inputs. visit
// must not keep the slices; if it returns false that is the end, and Paths returns
// false.
//
// There can be many more paths than nodes.
func (d *Diagram) Paths(f Ref, n int, visit func(mask, value []uint32, v uint32) bool) bool {
	mask, value := make([]uint32, n), make([]uint32, n)
	var walk func(f Ref) bool
	walk = func(f Ref) bool {
		node := d.nodes[f]
		if node.level == leafLevel {
			return visit(mask, value, uint32(node.lo))
		}
		word, bit := node.level/32, uint32(1)<<(31-node.level%32)
		mask[word] |= bit
		ok := walk(node.lo)
		if ok {
			value[word] |= bit
			ok = walk(node.hi)
			value[word] &^= bit
		}
		mask[word] &^= bit
		return ok
	}
	return walk(f)
}
