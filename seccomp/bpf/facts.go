package bpf

import (
	"encoding/binary"
	"fmt"
)

// facts is what holds on every way to an instruction: what A was loaded with,
// and which architecture a comparison has established.
type facts struct {
	reached bool
	load    uint32 // offset of the word in A, or noFact
	arch    uint32 // AUDIT_ARCH value, or noFact
	order   order  // of the architectures that can come here
}

const noFact = 1<<32 - 1

// order is what is known of a byte order. Code that several architectures share
// has no architecture any more, but often still an order.
type order uint8

const (
	unknown order = iota
	little
	big
	either // both can come here
)

func orderOf(audit uint32) order {
	if audit&auditLittle != 0 {
		return little
	}
	return big
}

// isBig says how the halves of 64-bit words are to be read: as on this machine
// where nothing is known, or both.
func (o order) isBig() bool {
	if o == little || o == big {
		return o == big
	}
	return binary.NativeEndian.Uint16([]byte{0, 1}) == 1
}

func (f *facts) merge(g facts) {
	switch {
	case !f.reached:
		*f = g
		return
	case f.load != g.load:
		f.load = noFact
	}
	if f.arch != g.arch {
		f.arch = noFact
	}
	if f.order != g.order {
		f.order = either
	}
}

// trackAll returns the facts at each instruction. Jumps out of the program,
// which only an invalid program has, are left out.
func trackAll(prog []Instruction) []facts {
	all := make([]facts, len(prog))
	flow := func(to int, f facts) {
		if to < len(all) {
			all[to].merge(f)
		}
	}
	if len(all) > 0 {
		all[0] = facts{reached: true, load: noFact, arch: noFact}
	}
	for i, ins := range prog {
		f := all[i]
		if !f.reached {
			continue
		}
		switch ins.Op & classMask {
		case classRet:
			continue
		case classJmp:
			if ins.Op == opJa {
				if uint64(ins.K) < uint64(len(prog)) {
					flow(i+1+int(ins.K), f)
				}
				continue
			}
			yes := f
			if ins.Op == uint16(JEQ) && f.load == OffArch {
				yes.arch, yes.order = ins.K, orderOf(ins.K)
			}
			flow(i+1+int(ins.Jt), yes)
			flow(i+1+int(ins.Jf), f)
			continue
		case classLd:
			f.load = noFact
			if ins.Op == opLdAbs {
				f.load = ins.K
			}
		case classAlu:
			f.load = noFact
		case classMisc:
			if ins.Op == opTxa {
				f.load = noFact
			}
		}
		flow(i+1, f)
	}
	return all
}

// operand returns the operand's text with the name of what it is compared to.
func (f facts) operand(text string, ins Instruction, n Namer) string {
	if ins.Op&classMask != classJmp || ins.Op&srcX != 0 {
		return text
	}
	name := ""
	switch f.load {
	case OffArch:
		if n.Arch != nil {
			name = n.Arch(ins.K)
		}
	case OffNr:
		text = fmt.Sprint(ins.K)
		if n.Syscall != nil && f.arch != noFact {
			name = n.Syscall(f.arch, ins.K)
		}
	}
	if name == "" {
		return text
	}
	return text + " (" + name + ")"
}
