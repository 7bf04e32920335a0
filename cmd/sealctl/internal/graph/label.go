package graph

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// big says how the halves of 64-bit words are named: by the architecture, or as on this
// machine where no test has found one.
func (s *state) big() bool {
	if s.known {
		return arch.BigEndian(s.audit)
	}
	return binary.NativeEndian.Uint16([]byte{0, 1}) == 1
}

// label is "nr >= 57 (fork)".
func (b *builder) label(t test, s state) string {
	left := b.terms.text(t.left, s.big(), false)
	k, constant := b.terms.constant(t.right)
	if !constant {
		right := b.terms.text(t.right, s.big(), true)
		return left + " " + sign(t.cond) + " " + right + nonZero(t.cond)
	}
	right := fmt.Sprintf("%#x", k)
	switch {
	case b.terms.isWordAt(t.left, bpf.OffArch):
		if a := arch.ByCall(k, 0); a != nil {
			right = a.Scmp
		}
	case b.terms.isWordAt(t.left, bpf.OffNr):
		right = fmt.Sprint(k)
		if s.known {
			if a := arch.ByCall(s.audit, k); a != nil && a.Name(k) != "" {
				right += " (" + a.Name(k) + ")"
			}
		}
	}
	return left + " " + sign(t.cond) + " " + right + nonZero(t.cond)
}

func sign(c bpf.Cond) string {
	switch c {
	case bpf.JGT:
		return ">"
	case bpf.JGE:
		return ">="
	case bpf.JSET:
		return "&"
	}
	return "=="
}

func nonZero(c bpf.Cond) string {
	if c == bpf.JSET {
		return " != 0"
	}
	return ""
}

// returns is the label of a return.
func (b *builder) returns(value ref, s state) string {
	if k, constant := b.terms.constant(value); constant {
		return seccomp.Action(k).String()
	}
	return "return " + b.terms.text(value, s.big(), false)
}

// join makes one node of tests in a row that compare the same for equality and go to
// the same node if they hold: "nr == 1 (write), 3 (close)". It is called while nodes
// still stand behind those they lead to.
func (g *Graph) join() {
	count := g.parents()
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if _, constant := g.terms.constant(n.test.right); n.Kind != Test || n.test.cond != bpf.JEQ || !constant {
			continue
		}
		k, _ := g.terms.constant(n.test.right)
		n.test.equal = []uint32{k}
		next := &g.Nodes[n.Else]
		if next.Kind != Test || next.test.equal == nil || next.test.left != n.test.left || next.Then != n.Then || count[n.Else] != 1 {
			continue
		}
		if slices.Contains(next.test.equal, k) {
			continue
		}
		_, operand, _ := strings.Cut(next.Label, " == ")
		n.Label += ", " + operand
		n.test.equal = append(n.test.equal, next.test.equal...)
		n.Else = next.Else
	}
}

// compact leaves out the nodes that nothing leads to any more.
func (g *Graph) compact() {
	used := make([]bool, len(g.Nodes))
	used[len(g.Nodes)-1] = true
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		for _, next := range g.Nodes[i].next() {
			used[next] = used[next] || used[i]
		}
	}
	at := make([]int, len(g.Nodes))
	kept := g.Nodes[:0]
	for i, n := range g.Nodes {
		if !used[i] {
			continue
		}
		if n.Kind != Return {
			n.Then = at[n.Then]
		}
		if n.Kind == Test {
			n.Else = at[n.Else]
		}
		at[i] = len(kept)
		kept = append(kept, n)
	}
	g.Nodes = kept
}

// Lines of labels.
const (
	lineLength = 32
	maxLines   = 8
)

// shorten breaks a label into lines, and moves what is too much into the note.
func (n *Node) shorten() {
	if len(n.Label) <= lineLength || !strings.Contains(n.Label, ", ") {
		return
	}
	n.Note = n.Label
	var lines []string
	for part := range strings.SplitSeq(n.Label, ", ") {
		last := len(lines) - 1
		if last >= 0 && len(lines[last])+2+len(part) <= lineLength {
			lines[last] += ", " + part
			continue
		}
		if last >= 0 {
			lines[last] += ","
		}
		lines = append(lines, part)
	}
	if len(lines) > maxLines {
		lines = append(lines[:maxLines-1], fmt.Sprintf("and more, %d values in all", len(n.test.equal)))
	}
	n.Label = strings.Join(lines, "\n")
}
