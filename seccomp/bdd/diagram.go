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
