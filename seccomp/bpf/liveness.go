package bpf

// Registers is a set of registers and scratch words.
type Registers uint32

// Bits of the set.
const (
	liveA = 1 << 0
	liveX = 1 << 1
	liveM = 2 // shift of the scratch words
)

// A says whether the accumulator is in the set.
func (r Registers) A() bool { return r&liveA != 0 }

// X says whether the index register is in the set.
func (r Registers) X() bool { return r&liveX != 0 }

// M says whether scratch word i is in the set.
func (r Registers) M(i int) bool { return r>>(liveM+i)&1 != 0 }

// Liveness returns for each instruction of a valid program the registers whose content
// may still be read from there on, and an empty set for its end. Jumps go forwards, so
// one pass from the end is enough.
func Liveness(prog []Instruction) []Registers {
	live := make([]Registers, len(prog)+1)
	for pc := len(prog) - 1; pc >= 0; pc-- {
		ins, after := prog[pc], live[pc+1]
		switch ins.Op {
		case opRetK:
			live[pc] = 0
			continue
		case opRetA:
			live[pc] = liveA
			continue
		case opJa:
			live[pc] = live[pc+1+int(ins.K)]
			continue
		case opLdAbs, opLdLen, opLdImm:
			live[pc] = after &^ liveA
			continue
		case opLdxLen, opLdxImm:
			live[pc] = after &^ liveX
			continue
		case opLdMem:
			live[pc] = after&^liveA | 1<<(liveM+ins.K)
			continue
		case opLdxMem:
			live[pc] = after&^liveX | 1<<(liveM+ins.K)
			continue
		case opSt:
			live[pc] = after&^(1<<(liveM+ins.K)) | liveA
			continue
		case opStx:
			live[pc] = after&^(1<<(liveM+ins.K)) | liveX
			continue
		case opTax:
			live[pc] = after&^liveX | liveA
			continue
		case opTxa:
			live[pc] = after&^liveA | liveX
			continue
		}
		if ins.Op&classMask == classJmp {
			after = live[pc+1+int(ins.Jt)] | live[pc+1+int(ins.Jf)]
		}
		live[pc] = after | liveA
		if ins.Op&srcX != 0 {
			live[pc] |= liveX
		}
	}
	return live
}
