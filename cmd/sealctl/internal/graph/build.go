package graph

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Options say for which calls a graph is made. The zero value is: for all.
type Options struct {
	// Arch is the architecture of the calls; nil means any.
	Arch *arch.Arch
	// Call is the name of a system call. The graph is then for this one, in all
	// architectures that have it, or in Arch.
	Call string
	// Title is what the drawing is called.
	Title string
}

// maxStates bounds the work. A program of 4096 instructions has about as many states,
// unless its registers have many different contents at one place.
const maxStates = 1 << 16

// builder executes a program for all calls at once.
type builder struct {
	prog   []bpf.Instruction
	o      Options
	live   []bpf.Registers
	terms  *terms
	memo   map[state]int // the node that a state leads to
	shared map[key]int
	nodes  []Node // each behind those it leads to
	full   bool
}

// key identifies equal nodes.
type key struct {
	cond        bpf.Cond
	left, right ref // of a return, left
	label       string
	then, other int
}

// New returns the graph of a program for the calls that the options name. The errors
// are those of bpf.Check, a call that does not exist, and a program that is too
// complicated to be drawn.
func New(prog []bpf.Instruction, o Options) (*Graph, error) {
	if err := bpf.Check(prog); err != nil {
		return nil, err
	}
	label, err := o.start()
	if err != nil {
		return nil, err
	}
	b := &builder{
		prog: prog, o: o, live: bpf.Liveness(prog), terms: newTerms(),
		memo: map[state]int{}, shared: map[key]int{},
	}
	s := state{}
	if o.Arch != nil {
		s.audit, s.known = o.Arch.Audit, true
	}
	root := b.explore(s)
	if b.full {
		return nil, errors.New("the filter computes too many different values to be drawn")
	}
	b.nodes = append(b.nodes, Node{Kind: Start, Label: label, Then: root})
	g := &Graph{Title: o.Title, Nodes: b.nodes, terms: b.terms}
	if o.Arch != nil && o.Call == "" {
		g.arch, g.numbers = o.Arch, o.numbers(o.Arch.Audit)
	}
	g.join()
	g.compact()
	g.reverse()
	for i := range g.Nodes {
		g.Nodes[i].shorten()
	}
	return g, nil
}

// start is the label of the first node.
func (o *Options) start() (string, error) {
	switch {
	case o.Call == "" && o.Arch == nil:
		return "any call", nil
	case o.Call == "":
		return o.Arch.Scmp, nil
	case o.Arch == nil:
		if _, ok := arch.Find(o.Call); !ok {
			return "", fmt.Errorf("call %q: expected the name of a system call", o.Call)
		}
		return o.Call, nil
	}
	nr, ok := o.Arch.Number(o.Call)
	if !ok {
		return "", fmt.Errorf("call %q: %s has no such system call", o.Call, o.Arch.Scmp)
	}
	return fmt.Sprintf("%s\n%s (%d)", o.Arch.Scmp, o.Call, nr), nil
}

// explore returns the node that the program comes to from s.
func (b *builder) explore(s state) int {
	s = s.keep(b.live[s.pc])
	if n, ok := b.memo[s]; ok {
		return n
	}
	if len(b.memo) >= maxStates {
		b.full = true
		return 0
	}
	n := b.run(s)
	b.memo[s] = n
	return n
}

// run executes up to the next jump that depends on the call, or to a return.
func (b *builder) run(s state) int {
	for !b.full {
		ins := b.prog[s.pc]
		s.pc++
		switch ins.Op & 0x07 { // the class
		case unix.BPF_LD:
			switch ins.Op & 0xe0 { // the mode
			case unix.BPF_ABS:
				s.a = b.terms.word(ins.K)
			case unix.BPF_MEM:
				s.a = s.m[ins.K]
			default:
				s.a = b.terms.number(immediate(ins))
			}
		case unix.BPF_LDX:
			if ins.Op&0xe0 == unix.BPF_MEM {
				s.x = s.m[ins.K]
			} else {
				s.x = b.terms.number(immediate(ins))
			}
		case unix.BPF_ST:
			s.m[ins.K] = s.a
		case unix.BPF_STX:
			s.m[ins.K] = s.x
		case unix.BPF_MISC:
			if ins.Op&0xf8 == unix.BPF_TAX {
				s.x = s.a
			} else {
				s.a = s.x
			}
		case unix.BPF_ALU:
			op, operand := ins.Op&0xf0, b.operand(ins, s)
			if zero := b.terms.number(0); op == unix.BPF_DIV {
				if k, constant := b.terms.constant(operand); constant && k == 0 {
					return b.end(b.terms.number(0), s) // as the kernel: the program ends with 0
				} else if !constant {
					end := b.end(zero, s)
					s.a = b.terms.apply(op, s.a, operand)
					return b.branch(bpf.JEQ, operand, zero, s, end, b.explore(s))
				}
			}
			s.a = b.terms.apply(op, s.a, operand)
		case unix.BPF_RET:
			if ins.Op&0x18 == unix.BPF_A {
				return b.end(s.a, s)
			}
			return b.end(b.terms.number(ins.K), s)
		default:
			if ins.Op == unix.BPF_JMP|unix.BPF_JA {
				s.pc += int(ins.K)
				continue
			}
			return b.jump(ins, s)
		}
	}
	return 0
}

// immediate is the operand of a load that reads nothing: BPF_IMM, or BPF_LEN, the size
// of struct seccomp_data.
func immediate(ins bpf.Instruction) uint32 {
	if ins.Op&0xe0 == unix.BPF_LEN {
		return 64
	}
	return ins.K
}

// operand returns what an instruction's second operand is in s.
func (b *builder) operand(ins bpf.Instruction, s state) ref {
	if ins.Op&unix.BPF_X != 0 {
		return s.x
	}
	return b.terms.number(ins.K)
}

// jump follows a conditional jump, whose own place is s.pc - 1.
func (b *builder) jump(ins bpf.Instruction, s state) int {
	cond, right := bpf.Cond(ins.Op&^unix.BPF_X), b.operand(ins, s)
	left := s.a
	then, other := s, s
	then.pc += int(ins.Jt)
	other.pc += int(ins.Jf)
	always, never := b.result(cond, left, right, s)
	if k, constant := b.terms.constant(right); constant && cond == bpf.JEQ && b.terms.isWordAt(left, bpf.OffArch) && !s.known {
		then.audit, then.known = k, true
		never = b.o.Call != "" && len(b.o.numbers(k)) == 0
	}
	if !always && !never && s.known && b.o.Call != "" && b.terms.isWordAt(left, bpf.OffNr) {
		// The numbers are one or two, and this tells them apart.
		if k, constant := b.terms.constant(right); constant {
			first := cond.Holds(b.o.numbers(s.audit)[0].lo, k)
			then.notFirst, then.notSecond = !first, first
			other.notFirst, other.notSecond = first, !first
		}
	}
	switch {
	case always:
		return b.explore(then)
	case never:
		return b.explore(other)
	}
	return b.branch(cond, left, right, s, b.explore(then), b.explore(other))
}

// result says whether a comparison always holds in s, and whether it never does.
func (b *builder) result(c bpf.Cond, left, right ref, s state) (always, never bool) {
	k, constant := b.terms.constant(right)
	if !constant {
		return false, false
	}
	switch v, ok := b.terms.constant(left); {
	case ok:
		always = c.Holds(v, k)
		return always, !always
	case s.known && b.terms.isWordAt(left, bpf.OffArch):
		always = c.Holds(s.audit, k)
		return always, !always
	case s.known && b.terms.isWordAt(left, bpf.OffNr):
		return holdsFor(b.numbers(s), c, k)
	}
	return false, false
}

// numbers returns the numbers that a call can have in s.
func (b *builder) numbers(s state) []interval {
	list := b.o.numbers(s.audit)
	switch {
	case s.notFirst:
		return list[1:]
	case s.notSecond:
		return list[:1]
	}
	return list
}

// branch returns the node of a test.
func (b *builder) branch(c bpf.Cond, left, right ref, s state, then, other int) int {
	if then == other {
		return then
	}
	t := test{cond: c, left: left, right: right}
	n := Node{Kind: Test, Then: then, Else: other, test: t, Label: b.label(t, s)}
	return b.intern(key{c, left, right, n.Label, then, other}, n)
}

// end returns the node that returns a value.
func (b *builder) end(value ref, s state) int {
	n := Node{Kind: Return, value: value, Label: b.returns(value, s)}
	return b.intern(key{left: value, label: n.Label, then: -1}, n)
}

func (b *builder) intern(k key, n Node) int {
	if at, ok := b.shared[k]; ok {
		return at
	}
	b.nodes = append(b.nodes, n)
	b.shared[k] = len(b.nodes) - 1
	return len(b.nodes) - 1
}
