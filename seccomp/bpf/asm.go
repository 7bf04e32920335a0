package bpf

import "fmt"

// Label names a place in a program that is being assembled.
type Label int32

// Assembler collects a program whose jumps go to labels. The zero value is
// ready for use. Jumps go forwards only, as the machine demands.
//
// A conditional jump has 8 bits for each distance. Where a target is further
// away, Assemble puts a stepping stone behind the jump: a copy of the target if
// that is a return, otherwise an unconditional jump, whose distance has 32
// bits. Later jumps within reach share it.
type Assembler struct {
	ops  []asmOp
	at   []int32 // by label: index into ops, or unbound
	fail error
}

type asmOp struct {
	ins  Instruction
	t, f Label // of conditional jumps
}

const unbound = -1

// Grow makes room for n more instructions and labels.
func (a *Assembler) Grow(n int) {
	a.ops = append(make([]asmOp, 0, len(a.ops)+n), a.ops...)
	a.at = append(make([]int32, 0, len(a.at)+n), a.at...)
}

// NewLabel returns a label that has no place yet.
func (a *Assembler) NewLabel() Label {
	a.at = append(a.at, unbound)
	return Label(len(a.at) - 1)
}

// Bind gives the label the place of the next instruction.
func (a *Assembler) Bind(l Label) {
	if a.at[l] != unbound && a.fail == nil {
		a.fail = fmt.Errorf("bpf: label %d is bound twice", l)
	}
	a.at[l] = int32(len(a.ops))
}

// Load emits A = the data word at the byte offset off.
func (a *Assembler) Load(off uint32) { a.emit(Instruction{Op: opLdAbs, K: off}) }

// And emits A &= k.
func (a *Assembler) And(k uint32) { a.emit(Instruction{Op: aluAnd, K: k}) }

// Ret emits the return of k.
func (a *Assembler) Ret(k uint32) { a.emit(Instruction{Op: opRetK, K: k}) }

func (a *Assembler) emit(i Instruction) { a.ops = append(a.ops, asmOp{ins: i}) }

// JumpIf emits: to t if A compares with k as c says, else to f.
func (a *Assembler) JumpIf(c Cond, k uint32, t, f Label) {
	a.ops = append(a.ops, asmOp{ins: Instruction{Op: uint16(c), K: k}, t: t, f: f})
}

// Assemble resolves the labels. It reports labels that are not bound, jumps
// backwards, and execution running past the end. It does not limit the length.
//
// It works from the last instruction to the first. Distances are then known
// when a jump is met, and a stepping stone moves nothing that is already
// placed.
func (a *Assembler) Assemble() ([]Instruction, error) {
	if a.fail != nil {
		return nil, a.fail
	}
	if len(a.ops) == 0 || a.ops[len(a.ops)-1].ins.Op&classMask != classRet {
		return nil, fmt.Errorf("bpf: the last instruction is not a return")
	}
	// Labels by the instruction they name: a chain through next for each.
	const end = -1
	first := make([]int32, len(a.ops))
	for i := range first {
		first[i] = end
	}
	next := make([]int32, len(a.at))
	for l, i := range a.at {
		if i == unbound {
			continue // an error only if something jumps there
		}
		if int(i) == len(a.ops) {
			return nil, fmt.Errorf("bpf: label %d is behind the last instruction", l)
		}
		next[l] = first[i]
		first[i] = int32(l)
	}
	r := resolver{out: make([]Instruction, 0, len(a.ops)+len(a.ops)/8), near: make([]int32, len(a.at)), place: make([]int32, len(a.at))}
	for l := range r.near {
		r.near[l] = unbound
	}
	for i := len(a.ops) - 1; i >= 0; i-- {
		op := a.ops[i]
		if op.ins.Op&classMask == classJmp {
			if r.near[op.t] == unbound || r.near[op.f] == unbound {
				return nil, fmt.Errorf("bpf: instruction %d jumps backwards or to an unbound label", i)
			}
			r.reach(op.t)
			r.reach(op.f)
			// The stone for f may have pushed t out of reach, by one.
			r.reach(op.t)
			op.ins.Jt, op.ins.Jf = uint8(r.distance(op.t)), uint8(r.distance(op.f))
		}
		r.out = append(r.out, op.ins)
		for l := first[i]; l != end; l = next[l] {
			r.near[l] = int32(len(r.out) - 1)
			r.place[l] = r.near[l]
		}
	}
	for i, j := 0, len(r.out)-1; i < j; i, j = i+1, j-1 {
		r.out[i], r.out[j] = r.out[j], r.out[i]
	}
	return r.out, nil
}

// resolver holds the program in reverse order.
type resolver struct {
	out   []Instruction
	place []int32 // by label: index into out of the instruction it names
	near  []int32 // by label: the same, or the last stepping stone to it
}

// distance returns how many instructions a jump placed next would skip.
func (r *resolver) distance(l Label) int { return len(r.out) - 1 - int(r.near[l]) }

// reach places a stepping stone for l if a jump placed next needs one. f's
// stone can push t from 255 to 256, which costs a stone of its own, which in
// turn can only push f from 0 to 1: three calls settle both.
func (r *resolver) reach(l Label) {
	const far = 255
	if r.distance(l) <= far {
		return
	}
	stone := r.out[r.place[l]]
	if stone.Op&classMask != classRet {
		stone = Instruction{Op: opJa, K: uint32(len(r.out) - 1 - int(r.place[l]))}
	}
	r.out = append(r.out, stone)
	r.near[l] = int32(len(r.out) - 1)
}
