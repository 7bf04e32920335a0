package seccomp

import (
	"cmp"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Compile returns the program that decides every call as [Policy.Decide] does.
// The one error is a policy that needs more instructions than the kernel takes.
func (p *Policy) Compile() (*Filter, error) {
	g := &graph{nodes: make([]node, 0, 512)}
	// The check of the architecture comes first: a number means nothing
	// without it. The native architecture is built last, which puts it at the
	// front, next to its leaves.
	root := g.ret(p.Unlisted)
	for i := len(p.tables) - 1; i >= 0; i-- {
		audit := p.tables[i].arch.Audit
		if p.firstWith(audit) != i {
			continue // its partner brings it in
		}
		root = g.test(bpf.OffArch, isEqual, audit, p.numbers(g, audit), root)
	}
	prog, err := g.assemble(root)
	if err != nil {
		return nil, err
	}
	if len(prog) > bpf.MaxInstructions {
		return nil, fmt.Errorf("linux.seccomp: the profile needs %d instructions, %d more than the kernel's limit of %d",
			len(prog), len(prog)-bpf.MaxInstructions, bpf.MaxInstructions)
	}
	return &Filter{Instructions: prog, Flags: p.Flags, Warnings: p.Warnings, unasked: p.unasked}, nil
}

// firstWith returns the position of the first table with this AUDIT_ARCH value.
func (p *Policy) firstWith(audit uint32) int {
	for i := range p.tables {
		if p.tables[i].arch.Audit == audit {
			return i
		}
	}
	return -1
}

// numbers returns the search over the numbers of all calls that come in with
// the AUDIT_ARCH value.
func (p *Policy) numbers(g *graph, audit uint32) ref {
	if audit != unix.AUDIT_ARCH_X86_64 {
		t := p.table(audit, 0)
		return g.tree(bpf.OffNr, p.ranges(g, t), 0, t.arch.Max)
	}
	native, x32 := p.table(audit, 0), p.table(audit, arch.X32Bit)
	s, top := spans{{0, g.ret(p.Unlisted)}}, uint32(arch.X32Bit)
	if native != nil {
		s, top = p.ranges(g, native), native.arch.Max
	}
	if x32 != nil {
		// A tree of its own, for which x86_64 pays one comparison. Smaller
		// numbers do not arrive there, so its first span may include them.
		upper := p.ranges(g, x32)
		upper[0].lo = 0
		s = s.add(arch.X32Bit, g.tree(bpf.OffNr, upper, arch.X32Bit, x32.arch.Max))
	} else {
		s = s.add(arch.X32Bit, g.ret(p.Unlisted))
		if native != nil {
			s = s.add(noCall, g.ret(p.Default))
		}
	}
	return g.tree(bpf.OffNr, s, 0, top)
}

// ranges returns the spans of one architecture, from its lowest number on.
func (p *Policy) ranges(g *graph, t *table) spans {
	base := uint32(0)
	if t.arch.IsX32() {
		base = arch.X32Bit
	}
	unnamed := g.ret(p.Default)
	s := make(spans, 0, 256).add(base, unnamed)
	order := t.byNumber()
	var group []*rule
	for i := 0; i < len(order); {
		nr := t.rules[order[i]].nr
		group = group[:0]
		for ; i < len(order) && t.rules[order[i]].nr == nr; i++ {
			group = append(group, &t.rules[order[i]])
		}
		s = s.add(nr, p.call(g, t, nr, group))
		s = s.add(nr+1, unnamed)
	}
	if t.hasLast {
		s = s.add(t.last+1, g.ret(p.beyond(t, t.last+1)))
	}
	return s
}

// byNumber returns the positions of the rules by ascending number, those for
// one number in profile order.
func (t *table) byNumber() []int32 {
	order := make([]int32, len(t.rules))
	lowest := uint32(0)
	if t.arch.IsX32() {
		lowest = arch.X32Bit
	}
	// Numbers are small and dense, so that counting beats comparing: a start
	// for each number, then every rule into its place.
	var start [1024]int32
	if t.last-lowest >= uint32(len(start)) { // arm's private calls
		for i := range order {
			order[i] = int32(i)
		}
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(t.rules[a].nr, t.rules[b].nr) })
		return order
	}
	for i := range t.rules {
		start[t.rules[i].nr-lowest]++
	}
	sum := int32(0)
	for nr, n := range start {
		start[nr] = sum
		sum += n
	}
	for i := range t.rules {
		at := &start[t.rules[i].nr-lowest]
		order[*at] = int32(i)
		*at++
	}
	return order
}

// call returns the decision for one number, given all rules for it.
func (p *Policy) call(g *graph, t *table, nr uint32, group []*rule) ref {
	for _, r := range group {
		if len(r.conds()) == 0 {
			return g.ret(r.action)
		}
	}
	return g.decision(group, g.ret(p.beyond(t, nr)), t.arch.Bits)
}
