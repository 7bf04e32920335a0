package bpf

import (
	"errors"

	"github.com/runseal/runseal/seccomp/bdd"
)

// ErrComplex is about a function that has no small decision diagram: a program
// that multiplies or compares two words of its input, for example. No compiler for
// seccomp makes such programs.
var ErrComplex = errors.New("too complicated for a proof")

// Symbolic returns the function that the program computes from the words of its
// input, for all inputs at once. The error is one of [Check], or wraps
// [ErrComplex].
//
// The function of a jump is a choice between the functions of its targets, and
// that of a return is constant; each place in the program is looked at once for
// each content of the registers that are read later.
func Symbolic(d *bdd.Diagram, prog []Instruction) (bdd.Ref, error) {
	if err := Check(prog); err != nil {
		return 0, err
	}
	s := symbolic{
		d: d, prog: prog, live: Liveness(prog),
		memo: map[place]bdd.Ref{}, vectors: []bdd.Vector{{}}, ids: map[bdd.Vector]value{{}: zero},
	}
	f := s.run(0, registers{})
	if s.stuck() {
		return 0, ErrComplex
	}
	return f, nil
}

// value is the number of a vector. Equal vectors have equal numbers.
type value int32

const zero value = 0

type registers struct {
	a, x value
	m    [memWords]value
}

type place struct {
	pc   int32
	regs registers
}

type symbolic struct {
	d       *bdd.Diagram
	prog    []Instruction
	live    []Registers
	memo    map[place]bdd.Ref
	vectors []bdd.Vector
	ids     map[bdd.Vector]value
	complex bool
}

// maxPlaces bounds the memory for programs whose registers hold something else
// on every way through them.
const maxPlaces = 1 << 17

// stuck says that there will be no result.
func (s *symbolic) stuck() bool { return s.complex || s.d.Full() || len(s.memo) >= maxPlaces }

// run returns the function of the program from pc on.
func (s *symbolic) run(pc int, r registers) bdd.Ref {
	// What is never read again must not make two places different.
	live := s.live[pc]
	if live&liveA == 0 {
		r.a = zero
	}
	if live&liveX == 0 {
		r.x = zero
	}
	if live>>liveM == 0 {
		r.m = [memWords]value{}
	} else {
		for i := range r.m {
			if live>>(liveM+i)&1 == 0 {
				r.m[i] = zero
			}
		}
	}
	at := place{int32(pc), r}
	if f, ok := s.memo[at]; ok {
		return f
	}
	if s.stuck() {
		return bdd.False
	}
	f := s.step(pc, r)
	s.memo[at] = f
	return f
}

func (s *symbolic) step(pc int, r registers) bdd.Ref {
	d, ins := s.d, s.prog[pc]
	switch ins.Op {
	case opRetK:
		return d.Leaf(ins.K)
	case opRetA:
		return s.leaves(r.a)
	case opJa:
		return s.run(pc+1+int(ins.K), r)
	case opLdAbs:
		r.a = s.number(d.Word(WordAt(ins.K)))
	case opLdLen:
		r.a = s.constant(dataSize)
	case opLdImm:
		r.a = s.constant(ins.K)
	case opLdMem:
		r.a = r.m[ins.K]
	case opLdxLen:
		r.x = s.constant(dataSize)
	case opLdxImm:
		r.x = s.constant(ins.K)
	case opLdxMem:
		r.x = r.m[ins.K]
	case opSt:
		r.m[ins.K] = r.a
	case opStx:
		r.m[ins.K] = r.x
	case opTax:
		r.x = r.a
	case opTxa:
		r.a = r.x
	default:
		a, operand := s.vectors[r.a], d.Const(ins.K)
		if ins.Op&srcX != 0 {
			operand = s.vectors[r.x]
		}
		if ins.Op&classMask == classJmp {
			p := condition(d, Cond(ins.Op&^srcX), a, operand)
			switch p { // one side may not be reachable at all
			case bdd.True:
				return s.run(pc+1+int(ins.Jt), r)
			case bdd.False:
				return s.run(pc+1+int(ins.Jf), r)
			}
			return d.If(p, s.run(pc+1+int(ins.Jt), r), s.run(pc+1+int(ins.Jf), r))
		}
		r.a = s.number(compute(d, ins.Op&^srcX, a, operand))
		if ins.Op == aluDiv|srcX {
			// Division by 0 ends the program with 0.
			return d.If(d.Equal(operand, bdd.Vector{}), d.Leaf(0), s.run(pc+1, r))
		}
	}
	return s.run(pc+1, r)
}

func condition(d *bdd.Diagram, c Cond, a, k bdd.Vector) bdd.Ref {
	switch c {
	case JEQ:
		return d.Equal(a, k)
	case JGT:
		return d.Above(a, k)
	case JGE:
		return d.AtLeast(a, k)
	default: // JSET
		return d.AnySet(a, k)
	}
}

func compute(d *bdd.Diagram, op uint16, a, b bdd.Vector) bdd.Vector {
	switch op {
	case aluAdd:
		return d.Add(a, b)
	case aluSub:
		return d.Sub(a, b)
	case aluMul:
		return d.Mul(a, b)
	case aluDiv:
		return d.Div(a, b)
	case aluOr:
		return d.OrWith(a, b)
	case aluAnd:
		return d.AndWith(a, b)
	case aluXor:
		return d.XorWith(a, b)
	case aluLsh:
		return d.Shl(a, b)
	case aluRsh:
		return d.Shr(a, b)
	default: // aluNeg
		return d.Sub(bdd.Vector{}, a)
	}
}

// maxReturned is how many bits of a computed return value may depend on the
// input: each doubles the number of leaves.
const maxReturned = 12

// leaves returns the function whose value is the vector's.
func (s *symbolic) leaves(v value) bdd.Ref {
	d, f, open := s.d, bdd.False, 0
	for bit, p := range s.vectors[v] {
		if p != bdd.False && p != bdd.True {
			open++
		}
		if s.complex = s.complex || open > maxReturned; s.complex {
			return bdd.False
		}
		f = d.Combine(func(low, set uint32) uint32 { return low | set<<bit }, f, p)
	}
	return f
}

func (s *symbolic) constant(k uint32) value { return s.number(s.d.Const(k)) }

func (s *symbolic) number(v bdd.Vector) value {
	id, ok := s.ids[v]
	if !ok {
		id = value(len(s.vectors))
		s.vectors = append(s.vectors, v)
		s.ids[v] = id
	}
	return id
}
