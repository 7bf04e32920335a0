package bpf

import "fmt"

// Check applies the rules by which the kernel accepts a seccomp program
// (bpf_check_classic and check_load_and_stores in net/core/filter.c,
// seccomp_check_filter in kernel/seccomp.c). The error names the instruction.
func Check(prog []Instruction) error {
	if len(prog) == 0 || len(prog) > MaxInstructions {
		return fmt.Errorf("bpf: %d instructions, expected 1 to %d", len(prog), MaxInstructions)
	}
	for i, ins := range prog {
		if err := checkOne(ins, len(prog)-i-1); err != nil {
			return fmt.Errorf("bpf: instruction %d: %w", i, err)
		}
	}
	if last := prog[len(prog)-1]; last.Op&classMask != classRet {
		return fmt.Errorf("bpf: instruction %d: the last instruction is not a return", len(prog)-1)
	}
	return checkMemory(prog)
}

// checkOne checks an instruction that has rest instructions behind it.
func checkOne(ins Instruction, rest int) error {
	switch ins.Op {
	case opLdAbs:
		if ins.K >= dataSize || ins.K&3 != 0 {
			return fmt.Errorf("load at offset %d, expected a multiple of 4 below %d", ins.K, dataSize)
		}
	case opLdMem, opLdxMem, opSt, opStx:
		if ins.K >= memWords {
			return fmt.Errorf("memory word %d, expected one below %d", ins.K, memWords)
		}
	case aluDiv:
		if ins.K == 0 {
			return fmt.Errorf("division by 0")
		}
	case aluLsh, aluRsh:
		if ins.K >= 32 {
			return fmt.Errorf("shift by %d, expected less than 32", ins.K)
		}
	case opJa:
		if uint64(ins.K) >= uint64(rest) {
			return fmt.Errorf("jump over %d instructions with %d behind it", ins.K, rest)
		}
	case uint16(JEQ), uint16(JGT), uint16(JGE), uint16(JSET),
		uint16(JEQ) | srcX, uint16(JGT) | srcX, uint16(JGE) | srcX, uint16(JSET) | srcX:
		if int(max(ins.Jt, ins.Jf)) >= rest {
			return fmt.Errorf("jump over %d instructions with %d behind it", max(ins.Jt, ins.Jf), rest)
		}
	case opLdLen, opLdImm, opLdxLen, opLdxImm, opTax, opTxa, opRetK, opRetA,
		aluAdd, aluSub, aluMul, aluOr, aluAnd, aluXor, aluNeg,
		aluAdd | srcX, aluSub | srcX, aluMul | srcX, aluDiv | srcX, aluOr | srcX, aluAnd | srcX, aluXor | srcX,
		aluLsh | srcX, aluRsh | srcX:
	default:
		return fmt.Errorf("operation %#04x is not allowed in a seccomp filter", ins.Op)
	}
	return nil
}

// checkMemory refuses a read of a scratch word that some path has not written.
// Every jump goes forwards, so that one pass sees all ways into an instruction
// before the instruction itself.
func checkMemory(prog []Instruction) error {
	const all = 1<<memWords - 1
	written := make([]uint16, len(prog)) // on every jump that leads here
	for i := range written {
		written[i] = all
	}
	var now uint16 // on the way that falls through to here
	for i, ins := range prog {
		now &= written[i]
		switch ins.Op {
		case opSt, opStx:
			now |= 1 << ins.K
		case opLdMem, opLdxMem:
			if now&(1<<ins.K) == 0 {
				return fmt.Errorf("bpf: instruction %d: memory word %d is read before it is written", i, ins.K)
			}
		case opJa:
			written[i+1+int(ins.K)] &= now
			now = all // nothing falls through
		default:
			if ins.Op&classMask == classJmp {
				written[i+1+int(ins.Jt)] &= now
				written[i+1+int(ins.Jf)] &= now
				now = all
			}
		}
	}
	return nil
}
