package graph

import (
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/bpf"
)

// registers is a set: bits 0 to 15 are the words of memory.
type registers uint32

const (
	registerA registers = 1 << (16 + iota)
	registerX
)

// keep returns the state without what is not in the set.
func (live registers) keep(s state) state {
	if live&registerA == 0 {
		s.a = 0
	}
	if live&registerX == 0 {
		s.x = 0
	}
	for i := range s.m {
		if live&(1<<i) == 0 {
			s.m[i] = 0
		}
	}
	return s
}

// liveness returns for each instruction the registers that it or one behind it
// reads before it is written. Jumps go forwards only, so one pass is enough.
func liveness(prog []bpf.Instruction) []registers {
	live := make([]registers, len(prog))
	for i := len(prog) - 1; i >= 0; i-- {
		ins := prog[i]
		var after registers
		if i+1 < len(prog) {
			after = live[i+1]
		}
		var operand registers
		if ins.Op&unix.BPF_X != 0 {
			operand = registerX
		}
		switch ins.Op & 0x07 {
		case unix.BPF_LD, unix.BPF_LDX:
			target := registerA
			if ins.Op&0x07 == unix.BPF_LDX {
				target = registerX
			}
			after &^= target
			if ins.Op&0xe0 == unix.BPF_MEM {
				after |= 1 << ins.K
			}
		case unix.BPF_ST:
			after = after&^(1<<ins.K) | registerA
		case unix.BPF_STX:
			after = after&^(1<<ins.K) | registerX
		case unix.BPF_MISC:
			if ins.Op&0xf8 == unix.BPF_TAX {
				after = after&^registerX | registerA
			} else {
				after = after&^registerA | registerX
			}
		case unix.BPF_ALU:
			after |= registerA | operand
		case unix.BPF_RET:
			after = 0
			if ins.Op&0x18 == unix.BPF_A {
				after = registerA
			}
		default:
			if ins.Op == unix.BPF_JMP|unix.BPF_JA {
				after = live[i+1+int(ins.K)]
			} else {
				after = live[i+1+int(ins.Jt)] | live[i+1+int(ins.Jf)] | registerA | operand
			}
		}
		live[i] = after
	}
	return live
}
