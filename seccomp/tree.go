package seccomp

// span is a range of values of one word, from lo to the next span's lo - 1 (the
// last one to 2^32-1), that leads to one node.
type span struct {
	lo uint32
	to ref
}

// spans is a partition of 0 to 2^32-1 in ascending order.
type spans []span

// add appends the span that starts at lo. It replaces one that starts there,
// and joins one that leads to the same node.
func (s spans) add(lo uint32, to ref) spans {
	if n := len(s); n > 0 && s[n-1].lo == lo {
		s = s[:n-1]
	}
	if n := len(s); n > 0 && s[n-1].to == to {
		return s
	}
	return append(s, span{lo, to})
}

// hi returns the last value of span i.
func (s spans) hi(i int) uint32 {
	if i+1 < len(s) {
		return s[i+1].lo - 1
	}
	return 1<<32 - 1
}

func (s spans) single(i int) bool { return s.hi(i) == s[i].lo }

// block is a run of spans from first to last in which all but single values
// lead to one node. It costs one comparison for each of those values.
type block struct {
	first, last int32
	to          ref
	weight      uint32
}

// blockEnd is the best way to cut the spans before some position.
type blockEnd struct {
	cost  int32
	block // the last one
}

// maxSingles bounds the comparisons in a row within one block.
const maxSingles = 4

// tree returns a search tree over the values of the word at off. The expected
// number of comparisons is kept small for values evenly spread from bottom to
// top; where both are 0, for spans that are equally likely.
//
// It uses few instructions first. Between two blocks one comparison (>=) is
// needed; a single value within a block costs one (==), and saves two
// boundaries. Blocks are chosen to make the sum smallest; then the tree over
// the blocks is the one with the smallest weighted depth.
func (g *graph) tree(off uint32, s spans, bottom, top uint32) ref {
	if len(s) == 1 {
		return s[0].to
	}
	blocks := s.blocks(&g.scratch)
	for i := range blocks {
		blocks[i].weight = s.weight(int(blocks[i].first), int(blocks[i].last), bottom, top)
	}
	t := treeBuilder{g: g, off: off, spans: s, blocks: blocks}
	if len(blocks) > maxOptimal {
		return t.balanced(0, len(blocks)-1)
	}
	t.plan()
	return t.optimal(0)
}

// weight counts the values from bottom to top in the spans first to last, or,
// where both are 0, the spans. It is at least 1.
func (s spans) weight(first, last int, bottom, top uint32) uint32 {
	if top == 0 {
		return uint32(last - first + 1)
	}
	lo, hi := max(s[first].lo, bottom), min(s.hi(last), top)
	if lo > hi {
		return 1
	}
	return hi - lo + 1
}

// blocks cuts the spans into blocks with the smallest number of comparisons,
// by dynamic programming over the end of the last block.
func (s spans) blocks(memory *scratch) []block {
	const one = 2 * maxSingles * maxSingles // one comparison, against the penalty for long rows
	memory.ends = room(memory.ends, len(s)+1)
	ends := memory.ends
	ends[0] = blockEnd{}
	for i := 1; i <= len(s); i++ {
		ends[i].cost = 1 << 30
	}
	for i := range s {
		for c := i; c < i+2 && c < len(s); c++ {
			to, singles := s[c].to, 0
			for j := i; j < len(s); j++ {
				if s[j].to != to {
					if !s.single(j) || singles == maxSingles {
						break
					}
					singles++
				}
				cost := ends[i].cost + int32(one*(1+singles)+singles*singles)
				if cost < ends[j+1].cost {
					ends[j+1] = blockEnd{cost, block{first: int32(i), last: int32(j), to: to}}
				}
			}
		}
	}
	n := 0
	for i := len(s); i > 0; i = int(ends[i].first) {
		n++
	}
	memory.cuts = room(memory.cuts, n)
	blocks := memory.cuts
	for i := len(s); i > 0; i = int(ends[i].first) {
		n--
		blocks[n] = ends[i].block
	}
	return blocks
}

// maxOptimal is the number of blocks up to which the optimal tree is searched
// for: the time can grow with its square.
const maxOptimal = 2048

type treeBuilder struct {
	g      *graph
	off    uint32
	spans  spans
	blocks []block
	plans  []planned // the leaves, in the order of the blocks, then the inner nodes
	next   int       // the first block that is not in the tree yet
}

// planned is a node of a tree that is being planned.
type planned struct {
	weight      uint32
	left, right int32 // of inner nodes
	depth       int32
}

// scratch is memory that one tree after the other uses.
type scratch struct {
	plans []planned
	work  []int32
	ends  []blockEnd
	cuts  []block

	// Of decisions that look at arguments.
	group        []effect
	values       []uint64
	pieces       []span64
	free         []int32
	upper, lower spans
}

// room returns a slice of length n with undefined contents, s itself if it can.
func room[T any](s []T, n int) []T {
	if n > cap(s) {
		return make([]T, n, n+n/2)
	}
	return s[:n]
}

// plan finds the depth of each block in a tree with the smallest sum of weight
// times depth, by the algorithm of Garsia and Wachs (Knuth, The Art of Computer
// Programming 6.2.2): of three neighbours whose first is not heavier than the
// third the first two are joined, the sum moves to the left behind the next that
// is not lighter, and so on until one is left. The tree that this makes has the
// leaves in another order, but there is one in the right order with these depths.
func (t *treeBuilder) plan() {
	n := len(t.blocks)
	memory := &t.g.scratch
	memory.plans, memory.work = room(memory.plans, 2*n-1), room(memory.work, n)
	plans, work := memory.plans, memory.work
	for i := range t.blocks {
		plans[i] = planned{weight: t.blocks[i].weight}
		work[i] = int32(i)
	}
	at := 1 // nothing to join before
	for made := n; made < len(plans); made++ {
		for at+1 < len(work) && plans[work[at-1]].weight > plans[work[at+1]].weight {
			at++
		}
		left, right := work[at-1], work[at]
		sum := plans[left].weight + plans[right].weight
		plans[made] = planned{weight: sum, left: left, right: right}
		to := at - 1
		for to > 0 && plans[work[to-1]].weight < sum {
			to--
		}
		copy(work[to+1:at], work[to:at-1])
		work[to] = int32(made)
		work = append(work[:at], work[at+1:]...)
		at = max(to-1, 1)
	}
	for i := len(plans) - 1; i >= n; i-- {
		depth := plans[i].depth + 1
		plans[plans[i].left].depth, plans[plans[i].right].depth = depth, depth
	}
	t.plans = plans
}

// optimal returns the planned subtree at this depth that begins with the next
// block.
func (t *treeBuilder) optimal(depth int32) ref {
	if t.plans[t.next].depth == depth {
		t.next++
		return t.leaf(t.next - 1)
	}
	below := t.optimal(depth + 1)
	upper := t.next
	return t.join(upper, below, t.optimal(depth+1))
}

func (t *treeBuilder) balanced(i, j int) ref {
	if i == j {
		return t.leaf(i)
	}
	m := (i + j) / 2
	return t.join(m+1, t.balanced(i, m), t.balanced(m+1, j))
}

// join returns the node that parts the blocks below upper from the rest.
func (t *treeBuilder) join(upper int, below, rest ref) ref {
	return t.g.test(t.off, isAtLeast, t.spans[t.blocks[upper].first].lo, rest, below)
}

// leaf returns the first comparison of block i.
func (t *treeBuilder) leaf(i int) ref {
	b := &t.blocks[i]
	to := b.to
	for j := int(b.last); j >= int(b.first); j-- {
		if t.spans[j].to != b.to {
			to = t.g.test(t.off, isEqual, t.spans[j].lo, t.spans[j].to, to)
		}
	}
	return to
}
