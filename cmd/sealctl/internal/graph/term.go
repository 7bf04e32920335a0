package graph

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/bpf"
)

// terms are the contents of registers, as functions of the call. Equal terms exist
// once.
type terms struct {
	list  []term
	index map[term]ref
}

// ref is the index of a term. The first one is 0, what registers hold at the start.
type ref int32

// term is a constant, a word of struct seccomp_data, or an operation on other terms.
type term struct {
	op   uint16 // isConstant, isWord, or BPF_ADD and so on
	k    uint32 // the constant, or the word's offset in bytes
	a, b ref    // operands; BPF_NEG has one
}

const (
	isConstant = 0xffff
	isWord     = 0xfffe
)

func newTerms() *terms {
	t := &terms{index: map[term]ref{}}
	t.intern(term{op: isConstant})
	return t
}

func (t *terms) intern(x term) ref {
	if r, ok := t.index[x]; ok {
		return r
	}
	t.list = append(t.list, x)
	t.index[x] = ref(len(t.list) - 1)
	return t.index[x]
}

func (t *terms) number(k uint32) ref { return t.intern(term{op: isConstant, k: k}) }
func (t *terms) word(off uint32) ref { return t.intern(term{op: isWord, k: off}) }

// constant returns the value of a term that is the same for all calls.
func (t *terms) constant(r ref) (uint32, bool) {
	return t.list[r].k, t.list[r].op == isConstant
}

// isWordAt says whether the term is the word at this offset.
func (t *terms) isWordAt(r ref, off uint32) bool { return t.list[r] == term{op: isWord, k: off} }

// apply returns the term a op b.
func (t *terms) apply(op uint16, a, b ref) ref {
	x, constA := t.constant(a)
	y, constB := t.constant(b)
	if constA && constB {
		return t.number(operate(op, x, y))
	}
	if inner := t.list[a]; op == unix.BPF_AND && constB && inner.op == op { // (z & m) & y
		if m, ok := t.constant(inner.b); ok {
			a, b = inner.a, t.number(m&y)
		}
	}
	return t.intern(term{op: op, a: a, b: b})
}

// operate is the arithmetic of classic BPF. A division by 0 is tested for before.
func operate(op uint16, a, b uint32) uint32 {
	switch op {
	case unix.BPF_ADD:
		return a + b
	case unix.BPF_SUB:
		return a - b
	case unix.BPF_MUL:
		return a * b
	case unix.BPF_DIV:
		if b == 0 {
			return 0
		}
		return a / b
	case unix.BPF_OR:
		return a | b
	case unix.BPF_AND:
		return a & b
	case unix.BPF_XOR:
		return a ^ b
	case unix.BPF_LSH:
		return a << (b & 31)
	case unix.BPF_RSH:
		return a >> (b & 31)
	}
	return -a // BPF_NEG
}

// text is the term as people read it. Halves of arguments are named for this byte
// order. inner asks for parentheses around what has two operands.
func (t *terms) text(r ref, big, inner bool) string {
	x := t.list[r]
	switch x.op {
	case isConstant:
		return fmt.Sprintf("%#x", x.k)
	case isWord:
		return bpf.WordName(x.k, big)
	case unix.BPF_NEG:
		return "-" + t.text(x.a, big, true)
	}
	sign := map[uint16]string{
		unix.BPF_ADD: "+", unix.BPF_SUB: "-", unix.BPF_MUL: "*", unix.BPF_DIV: "/", unix.BPF_OR: "|",
		unix.BPF_AND: "&", unix.BPF_XOR: "^", unix.BPF_LSH: "<<", unix.BPF_RSH: ">>",
	}[x.op]
	s := t.text(x.a, big, true) + " " + sign + " " + t.text(x.b, big, true)
	if inner {
		return "(" + s + ")"
	}
	return s
}
