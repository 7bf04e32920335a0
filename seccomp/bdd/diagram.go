// Package bdd holds functions of 32-bit words as decision diagrams: exact,
// canonical and usually small.
//
// # Model
//
// Words are numbered from 0. A function maps their bits to a
// 32-bit value; a predicate is a function that is 0 or 1. A function is a
// directed graph that looks at one bit after the other, the words in their order
// and each from its highest bit down, and in which equal parts exist once. So
// two functions are equal exactly if their [Ref] values are (Bryant, 1986; with
// more than two leaves also called MTBDD). That turns "do these two programs
// return the same for all inputs" into one comparison, and what they differ in
// is found by walking down to a leaf.
//
//	d := bdd.New(1 << 20)
//	x := d.Word(0)
//	inRange := d.And(d.AtLeast(x, d.Const(10)), d.Not(d.AtLeast(x, d.Const(20))))
//	f := d.If(inRange, d.Leaf(7), d.Leaf(9))
//
// A [Vector] is a word that has been computed: one predicate for each bit. It
// supports the arithmetic of classic BPF, wrapping at 32 bits.
//
// # Limits
//
// Some functions have no small diagram, whatever is done: products of two words,
// comparisons of two words. New takes a limit on the number of nodes; beyond it
// results are meaningless and [Diagram.Full] says so.
package bdd

// Ref is a function of one Diagram.
type Ref int32

// The two constant predicates. They are also the functions that are 0 and 1.
const (
	False Ref = 0
	True  Ref = 1
)

// Diagram is the graph that its functions share. It grows and never shrinks.
type Diagram struct {
	nodes []node
	index []int32 // hash table of positions in nodes, plus 1; the size is a power of 2
	cache []entry // results of If; the size is a power of 2
	limit int
	steps int // of If and Combine that the caches did not answer
	full  bool
}

// node is a decision on the bit at level (word*32 + 31 - bit), or a leaf.
type node struct {
	level  int32
	lo, hi Ref // where a 0 and a 1 lead; in a leaf lo is the value
}

const leafLevel = 1<<31 - 1

type entry struct{ p, t, f, result Ref }

// maxSteps bounds the work, per node of the limit. Nodes alone do not bound it:
// a large function can be taken apart again and again without a new one.
const maxSteps = 4

// New returns an empty Diagram that will have at most limit nodes, and takes at
// most a number of steps that grows with limit. A node takes about 40 bytes of
// memory, tables included.
func New(limit int) *Diagram {
	d := &Diagram{limit: limit, cache: make([]entry, 1<<12)}
	d.nodes = make([]node, 0, 1<<12)
	d.grow()
	d.Leaf(0) // False
	d.Leaf(1) // True
	return d
}

// Full says that the limit was reached. Every Ref made since is meaningless.
func (d *Diagram) Full() bool { return d.full }

// Size returns the number of nodes.
func (d *Diagram) Size() int { return len(d.nodes) }

// Leaf returns the function that is v everywhere.
func (d *Diagram) Leaf(v uint32) Ref { return d.intern(node{leafLevel, Ref(v), 0}) }

// Value returns the value of a function that is the same everywhere.
func (d *Diagram) Value(f Ref) (v uint32, constant bool) {
	n := &d.nodes[f]
	return uint32(n.lo), n.level == leafLevel
}

// choose returns the function that is lo or hi by the bit at level.
func (d *Diagram) choose(level int32, lo, hi Ref) Ref {
	if lo == hi {
		return lo
	}
	return d.intern(node{level, lo, hi})
}

func (d *Diagram) intern(n node) Ref {
	last := uint32(len(d.index) - 1)
	for h := n.hash() & last; ; h = (h + 1) & last {
		at := d.index[h]
		if at == 0 {
			if len(d.nodes) >= d.limit && len(d.nodes) >= 2 {
				d.full = true
				return False
			}
			d.nodes = append(d.nodes, n)
			d.index[h] = int32(len(d.nodes))
			if 2*len(d.nodes) > len(d.index) {
				d.grow()
			}
			return Ref(len(d.nodes) - 1)
		}
		if d.nodes[at-1] == n {
			return Ref(at - 1)
		}
	}
}

// grow enlarges the hash table, and the cache with it.
func (d *Diagram) grow() {
	size := max(1<<13, 4*len(d.index))
	d.index = make([]int32, size)
	last := uint32(size - 1)
	for i := range d.nodes {
		h := d.nodes[i].hash() & last
		for d.index[h] != 0 {
			h = (h + 1) & last
		}
		d.index[h] = int32(i + 1)
	}
	if size > 2*len(d.cache) && size <= 1<<18 {
		d.cache = make([]entry, size/2)
	}
}

func (n *node) hash() uint32 { return mix(uint32(n.level), uint32(n.lo), uint32(n.hi)) }

// mix multiplies with odd constants and folds the upper half down.
func mix(a, b, c uint32) uint32 {
	h := (uint64(a)<<32|uint64(b))*0x9e3779b97f4a7c15 ^ uint64(c)
	h = (h ^ h>>32) * 0x94d049bb133111eb
	return uint32(h>>32) ^ uint32(h)
}

// If returns the function that is t where the predicate p holds, else f.
func (d *Diagram) If(p, t, f Ref) Ref {
	switch {
	case p == True || t == f:
		return t
	case p == False:
		return f
	case t == True && f == False:
		return p
	case d.full:
		return False
	}
	slot := mix(uint32(p), uint32(t), uint32(f)) & uint32(len(d.cache)-1)
	if e := &d.cache[slot]; e.p == p && e.t == t && e.f == f {
		return e.result // p is never 0 here, so an empty entry does not match
	}
	d.step()
	level := min(d.nodes[p].level, d.nodes[t].level, d.nodes[f].level)
	p0, p1 := d.split(p, level)
	t0, t1 := d.split(t, level)
	f0, f1 := d.split(f, level)
	lo := d.If(p0, t0, f0)
	result := d.choose(level, lo, d.If(p1, t1, f1))
	// The cache may have grown meanwhile.
	slot = mix(uint32(p), uint32(t), uint32(f)) & uint32(len(d.cache)-1)
	d.cache[slot] = entry{p, t, f, result}
	return result
}

func (d *Diagram) step() {
	if d.steps++; d.steps/maxSteps > d.limit {
		d.full = true
	}
}

// split returns what is left of f when the bit at level is 0 and when it is 1.
// No node of f is above level.
func (d *Diagram) split(f Ref, level int32) (lo, hi Ref) {
	if n := &d.nodes[f]; n.level == level {
		return n.lo, n.hi
	}
	return f, f
}

// Not returns the opposite of a predicate.
func (d *Diagram) Not(p Ref) Ref { return d.If(p, False, True) }

// And returns the predicate that holds where both do.
func (d *Diagram) And(p, q Ref) Ref { return d.If(p, q, False) }

// Or returns the predicate that holds where one of them does.
func (d *Diagram) Or(p, q Ref) Ref { return d.If(p, True, q) }

// Combine returns the function whose value is op of the values of f and g.
func (d *Diagram) Combine(op func(f, g uint32) uint32, f, g Ref) Ref {
	memo := map[[2]Ref]Ref{}
	var walk func(f, g Ref) Ref
	walk = func(f, g Ref) Ref {
		v, leafF := d.Value(f)
		w, leafG := d.Value(g)
		if leafF && leafG {
			return d.Leaf(op(v, w))
		}
		if d.full {
			return False
		}
		if r, ok := memo[[2]Ref{f, g}]; ok {
			return r
		}
		// Pairs can be many more than the nodes that they make.
		if d.step(); len(memo) >= d.limit {
			d.full = true
		}
		level := min(d.nodes[f].level, d.nodes[g].level)
		f0, f1 := d.split(f, level)
		g0, g1 := d.split(g, level)
		lo := walk(f0, g0)
		r := d.choose(level, lo, walk(f1, g1))
		memo[[2]Ref{f, g}] = r
		return r
	}
	return walk(f, g)
}

// Part is the beginning of a range of values of a word, and the function there.
type Part struct {
	From uint32
	To   Ref
}

// Cut returns the function that is parts[i].To where the word is at least
// parts[i].From and less than the next one. The first part starts at 0, they
// ascend, and their functions do not look at the word or one before it.
func (d *Diagram) Cut(word int, parts []Part) Ref {
	var walk func(bit int, from uint32, parts []Part) Ref
	walk = func(bit int, from uint32, parts []Part) Ref {
		if len(parts) == 1 {
			return parts[0].To
		}
		// The part in force at the middle: the last one that starts there or before.
		middle := from + 1<<bit
		at := 1
		for at < len(parts) && parts[at].From <= middle {
			at++
		}
		below := at
		if parts[at-1].From == middle {
			below--
		}
		lo := walk(bit-1, from, parts[:below])
		return d.choose(level(word, bit), lo, walk(bit-1, middle, parts[at-1:]))
	}
	return walk(31, 0, parts)
}

func level(word, bit int) int32 { return int32(word*32 + 31 - bit) }

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
