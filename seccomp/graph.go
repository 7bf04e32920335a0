package seccomp

import "github.com/runseal/runseal/seccomp/bpf"

// graph is a decision graph: the program before it has an order. A node either
// returns an action or compares one 32-bit word of seccomp_data with a constant
// and goes to one of two other nodes. Equal nodes exist once, so that decisions,
// argument checks and whole subtrees are shared between calls and
// architectures. A node is made after the nodes it goes to, hence its index is
// the larger one and the graph has no cycles.
type graph struct {
	nodes []node
	index []int32 // hash table of positions in nodes, plus 1; the size is a power of 2
	// full says that there were more than maxNodes nodes. No more are made, and
	// what is made of the rest means nothing.
	full bool

	lastAction Action // of the last ret, which is often the next one's too
	lastRet    ref

	scratch scratch
	merged  map[pair]ref
}

// maxNodes is more than any program that the kernel takes can have: nearly all
// nodes are on some way through the graph, and then each is an instruction.
const maxNodes = 4 * bpf.MaxInstructions

// ref is the index of a node.
type ref int32

type node struct {
	op   nodeOp
	off  uint8  // of the word, in bytes
	k    uint32 // operand; of a return, the value
	mask uint32 // of isMasked
	t, f ref
}

type nodeOp uint8

const (
	isReturn  nodeOp = iota
	isEqual          // word == k
	isAtLeast        // word >= k, unsigned
	isAnySet         // word & k != 0
	isMasked         // word & mask == k; spoils the loaded word
)

// ret returns the node that ends with the action.
func (g *graph) ret(a Action) ref {
	if g.lastAction != a || len(g.nodes) == 0 {
		g.lastAction, g.lastRet = a, g.intern(node{op: isReturn, k: uint32(a)})
	}
	return g.lastRet
}

// test returns the node that goes to t if the comparison holds, else to f.
func (g *graph) test(off uint32, op nodeOp, k uint32, t, f ref) ref {
	if t == f {
		return t
	}
	return g.intern(node{op: op, off: uint8(off), k: k, t: t, f: f})
}

// masked returns the node for word & mask == k, in the cheapest form. k has no
// bits outside mask.
func (g *graph) masked(off, mask, k uint32, t, f ref) ref {
	switch {
	case t == f || mask == 0:
		return t
	case mask == 1<<32-1:
		return g.test(off, isEqual, k, t, f)
	case k == 0:
		return g.test(off, isAnySet, mask, f, t)
	case mask&(mask-1) == 0: // one bit, and it must be set
		return g.test(off, isAnySet, mask, t, f)
	}
	return g.intern(node{op: isMasked, off: uint8(off), k: k, mask: mask, t: t, f: f})
}

func (g *graph) intern(n node) ref {
	if 2*len(g.nodes) >= len(g.index) {
		g.grow()
	}
	last := uint32(len(g.index) - 1)
	for h := n.hash() & last; ; h = (h + 1) & last {
		at := g.index[h]
		if at == 0 && len(g.nodes) >= maxNodes {
			g.full = true
			return 0
		}
		if at == 0 {
			g.nodes = append(g.nodes, n)
			g.index[h] = int32(len(g.nodes))
			return ref(len(g.nodes) - 1)
		}
		if g.nodes[at-1] == n {
			return ref(at - 1)
		}
	}
}

func (g *graph) grow() {
	size := max(512, 2*len(g.index))
	g.index = make([]int32, size)
	last := uint32(size - 1)
	for i := range g.nodes {
		h := g.nodes[i].hash() & last
		for g.index[h] != 0 {
			h = (h + 1) & last
		}
		g.index[h] = int32(i + 1)
	}
}

// hash mixes all fields by multiplication with an odd constant each.
func (n *node) hash() uint32 {
	h := uint64(n.k) | uint64(n.mask)<<32
	h = h*0x9e3779b97f4a7c15 ^ (uint64(uint32(n.t)) | uint64(uint32(n.f))<<32)
	h = (h^h>>29)*0xbf58476d1ce4e5b9 ^ (uint64(n.op)<<8 | uint64(n.off))
	h = (h ^ h>>32) * 0x94d049bb133111eb
	return uint32(h >> 32)
}

// assemble returns the program that starts at root.
//
// A word is loaded in front of the nodes that need it. A node whose
// predecessor has just compared the same word is entered behind its load, so
// that a search tree over the system call number loads it once.
func (g *graph) assemble(root ref) ([]bpf.Instruction, error) {
	const used, loads = 1, 2
	marks := make([]uint8, root+1)
	marks[root] = used | loads
	for i := root; i >= 0; i-- {
		n := &g.nodes[i]
		if marks[i] == 0 || n.op == isReturn {
			continue
		}
		for _, next := range [2]ref{n.t, n.f} {
			marks[next] |= used
			if g.nodes[next].off != n.off || n.op == isMasked {
				marks[next] |= loads
			}
		}
	}
	var a bpf.Assembler
	a.Grow(2 * len(marks))
	for range 2 * len(marks) {
		a.NewLabel()
	}
	load := func(i ref) bpf.Label { return bpf.Label(2 * i) }
	compare := func(i ref) bpf.Label { return bpf.Label(2*i + 1) }

	for i := root; i >= 0; i-- {
		n := &g.nodes[i]
		switch {
		case marks[i] == 0:
			continue
		case n.op == isReturn:
			a.Bind(load(i))
			a.Ret(n.k)
			continue
		}
		if marks[i]&loads != 0 {
			a.Bind(load(i))
			a.Load(uint32(n.off))
		}
		a.Bind(compare(i))
		target := func(next ref) bpf.Label {
			to := &g.nodes[next]
			if to.op != isReturn && to.off == n.off && n.op != isMasked {
				return compare(next)
			}
			return load(next)
		}
		cond := bpf.JEQ
		switch n.op {
		case isAtLeast:
			cond = bpf.JGE
		case isAnySet:
			cond = bpf.JSET
		case isMasked:
			a.And(n.mask)
		}
		a.JumpIf(cond, n.k, target(n.t), target(n.f))
	}
	return a.Assemble()
}
