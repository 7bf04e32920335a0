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
	g := &graph{nodes: make([]node, 0, 256)}
	// The check of the architecture comes first: a number means nothing
	// without it. The native architecture is built last, which puts it at the
	// front, next to its leaves.
	root := g.ret(p.unlisted)
	for _, audit := range slices.Backward(p.audits()) {
		root = g.test(bpf.OffArch, isEqual, audit, p.numbers(g, audit), root)
	}
	if g.full {
		return nil, fmt.Errorf("linux.seccomp: the profile needs more than %d instructions, the kernel's limit", bpf.MaxInstructions)
	}
	prog, err := g.assemble(root)
	if err != nil {
		return nil, err
	}
	if len(prog) > bpf.MaxInstructions {
		return nil, fmt.Errorf("linux.seccomp: the profile needs %d instructions, %d more than the kernel's limit of %d",
			len(prog), len(prog)-bpf.MaxInstructions, bpf.MaxInstructions)
	}
	return &Filter{Instructions: prog, Flags: p.flags, Warnings: p.Warnings, unasked: p.unasked}, nil
}

// numbers returns the search over the numbers of all calls that come in with
// the AUDIT_ARCH value.
func (p *Policy) numbers(g *graph, audit uint32) ref {
	s, a := p.spans(g, audit, 0)
	if audit == unix.AUDIT_ARCH_X86_64 {
		upper, x32 := p.spans(g, audit, arch.X32Bit)
		if x32 != nil {
			// A tree of its own, for which x86_64 pays one comparison.
			s = s.add(arch.X32Bit, g.numberTree(upper, x32))
		} else {
			for _, part := range upper {
				s = s.add(max(part.lo, arch.X32Bit), part.to)
			}
		}
	}
	return g.numberTree(s, a)
}

// numberTree returns a search over numbers that is shallow where the calls of
// the architecture are; nil is none.
func (g *graph) numberTree(s spans, a *arch.Arch) ref {
	if a == nil {
		return g.tree(bpf.OffNr, s, 0, 0)
	}
	return g.tree(bpf.OffNr, s, a.Base, a.Dense)
}

// spans returns the decisions for the numbers of the table that from belongs to,
// and the table's architecture, or nil if it is not listed. Numbers that belong
// to another table do not arrive here.
func (p *Policy) spans(g *graph, audit, from uint32) (spans, *arch.Arch) {
	if p.stack != nil {
		older, a := p.stack[0].spans(g, audit, from)
		newer, b := p.stack[1].spans(g, audit, from)
		return g.merge(older, newer), cmp.Or(a, b)
	}
	if t := p.table(audit, from); t != nil {
		s := p.ranges(g, t)
		if len(s) > 1 && s[1].lo == from { // nothing below it arrives
			s = s[1:]
			s[0].lo = 0
		}
		return s, t.arch
	}
	s := spans{{0, g.ret(p.unlisted)}}
	if from == arch.X32Bit && p.table(audit, 0) != nil {
		s = s.add(noCall, g.ret(p.otherwise))
	}
	return s, nil
}

// ranges returns the spans of one architecture. Numbers below its first get the
// default.
func (p *Policy) ranges(g *graph, t *table) spans {
	unnamed := g.ret(p.otherwise)
	s := make(spans, 0, 256).add(0, unnamed)
	// Numbers are small and dense, so that counting beats comparing: a chain of
	// rules for each number, in profile order.
	var head [slots]int32 // the first rule, plus 1
	next := make([]int32, len(t.rules))
	for i := len(t.rules) - 1; i >= 0; i-- {
		at := slot(t.rules[i].nr, t.arch)
		next[i], head[at] = head[at], int32(i+1)
	}
	var room [3]uint32
	edges := t.edges(room[:0])
	group := g.scratch.group
	for at := range head {
		if head[at] == 0 || g.full {
			continue
		}
		nr, to := t.rules[head[at]-1].nr, ref(-1)
		for ; len(edges) > 0 && edges[0] <= nr; edges = edges[1:] {
			s = s.add(edges[0], g.ret(p.beyond(t, edges[0])))
		}
		group = group[:0]
		for i := head[at]; i != 0; i = next[i-1] {
			r := &t.rules[i-1]
			if r.list == 0 { // it beats the others, wherever it stands
				to = g.ret(r.action)
				break
			}
			group = append(group, effect{r.action, p.conds(r)})
		}
		if to < 0 {
			to = g.decision(group, g.ret(p.beyond(t, nr)), t.arch.BigEndian())
		}
		s = s.add(nr, to)
		s = s.add(nr+1, unnamed)
	}
	g.scratch.group = group
	for _, nr := range edges {
		s = s.add(nr, g.ret(p.beyond(t, nr)))
	}
	return s
}

// edges are the numbers, ascending, from which on calls without a rule are newer than the
// profile, or no longer so. There are at most three.
func (t *table) edges(room []uint32) []uint32 {
	if !t.hasLast {
		return nil
	}
	room = append(room, t.last+1)
	if t.apart.some && t.last < t.apart.first {
		room = append(room, t.apart.first)
		if t.apart.last < 1<<32-1 {
			room = append(room, t.apart.last+1)
		}
	}
	return room
}

// slots is the number of results of slot.
const slots = 640

// slot returns a small number for a call's number that orders as that does.
func slot(nr uint32, a *arch.Arch) uint32 {
	if nr > a.Dense {
		return slots - 16 + nr&15 // arm's private calls, next to each other
	}
	return nr - a.Base
}
