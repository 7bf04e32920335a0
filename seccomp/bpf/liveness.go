package bpf

// Bits of a set of registers.
const (
	liveA = 1 << 0
	liveX = 1 << 1
	liveM = 2 // shift of the scratch words
)

// liveness returns for each instruction the registers whose content may still be
// read from there on. Jumps go forwards, so one pass from the end is enough.
func liveness(prog []Instruction) []uint32 {
	live := make([]uint32, len(prog)+1)
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
