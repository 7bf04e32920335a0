package seccomp

import (
	"math/rand/v2"
	"testing"

	"github.com/runseal/runseal/seccomp/arch"
)

// TestOptimalTree compares the trees that are planned with the cheapest by trying
// all splits.
func TestOptimalTree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 400 {
		n := 2 + rng.IntN(25)
		b := treeBuilder{g: &graph{}, blocks: make([]block, n)}
		for i := range b.blocks {
			b.blocks[i].weight = 1 + rng.Uint32N([]uint32{1, 3, 20, 1000}[round%4])
		}
		b.plan()
		got, open := uint32(0), []int32{} // depths of subtrees without a right neighbour
		for i := range b.blocks {
			depth := b.plans[i].depth
			got += b.blocks[i].weight * uint32(depth)
			for ; len(open) > 0 && open[len(open)-1] == depth; depth-- {
				open = open[:len(open)-1]
			}
			open = append(open, depth)
		}
		if len(open) != 1 || open[0] != 0 {
			t.Fatalf("weights %v: the depths are not those of a tree with the leaves in this order", b.blocks)
		}
		if want := cheapest(b.blocks); got != want {
			t.Fatalf("weights %v: cost %d, want %d", b.blocks, got, want)
		}
	}
}

// cheapest returns the smallest sum of weight times depth for a tree whose leaves
// are the blocks in their order.
func cheapest(blocks []block) uint32 {
	n := len(blocks)
	cost, sum := make([][]uint32, n), make([][]uint32, n)
	for i := n - 1; i >= 0; i-- {
		cost[i], sum[i] = make([]uint32, n), make([]uint32, n)
		sum[i][i] = blocks[i].weight
		for j := i + 1; j < n; j++ {
			sum[i][j] = sum[i][j-1] + blocks[j].weight
			best := uint32(1<<32 - 1)
			for m := i; m < j; m++ {
				best = min(best, cost[i][m]+cost[m+1][j])
			}
			cost[i][j] = best + sum[i][j]
		}
	}
	return cost[0][n-1]
}

// TestWidths holds that comparisons of one argument in both widths are not mixed
// up when they stand next to each other.
func TestWidths(t *testing.T) {
	p := &Policy{otherwise: Allow, unlisted: KillThread, lists: [][]cond{
		{{arg: 0, op: opEQ, bits: 64, value: 5}}, {{arg: 0, op: opEQ, bits: 32, value: 6}}, {{arg: 0, op: opGT, bits: 64, value: 1 << 32}},
	}}
	p.tables = []table{{arch: arch.Lookup("SCMP_ARCH_X86_64"), rules: []rule{{0, Trap, 1}, {0, Log, 2}, {0, KillProcess, 3}}}}
	agree(t, p)
	for v, want := range map[uint64]Action{5: Trap, 6: Log, 1<<32 | 6: Log, 1<<32 | 5: KillProcess, 7: Allow} {
		if got := p.Decide(x64, 0, arg0(v)); got != want {
			t.Errorf("Decide(%#x) = %s, want %s", v, got, want)
		}
	}
}

// TestSlots holds that the slots of an architecture's numbers order as the numbers.
func TestSlots(t *testing.T) {
	for _, name := range everyArch() {
		p, err := NewPolicy(parse(t, `{"defaultAction":"SCMP_ACT_ALLOW"}`), Options{Native: string(name)})
		if err != nil {
			t.Fatal(err)
		}
		a := p.tables[0].arch
		last, calls := -1, 0
		for nr := a.Base; nr <= a.Max; nr++ {
			if nr == a.Dense+1 && a.Max > a.Dense+1000 {
				nr = a.Max - 100
			}
			if a.Name(nr) == "" {
				continue
			}
			calls++
			at := int(slot(nr, a))
			if at <= last || at >= slots {
				t.Fatalf("%s: %d has slot %d behind slot %d", name, nr, at, last)
			}
			last = at
		}
		if calls < 300 {
			t.Errorf("%s: only %d calls", name, calls)
		}
	}
}
