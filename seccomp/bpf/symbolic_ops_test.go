package bpf

import (
	"math/rand/v2"
	"testing"

	"github.com/runseal/runseal/seccomp/bdd"
)

// Each register and scratch word is carried to where it is read, by every
// instruction that moves or uses it, and computations with a second word that is
// not constant agree with the interpreter.
func TestSymbolicData(t *testing.T) {
	const ld0, ld1 = 16, 24
	head := []Instruction{{Op: opLdAbs, K: ld1}, {Op: aluAnd, K: 7}, {Op: opTax}, {Op: opLdAbs, K: ld0}, {Op: aluAnd, K: 0xf1}} // X: 0-7, A: 8 values and more
	tail := []Instruction{{Op: aluAnd, K: 0x800003ff}, {Op: opRetA}}                                                            // few bits, since each doubles the leaves
	for name, middle := range map[string][]Instruction{
		"stx, ld":          {{Op: opStx, K: 5}, {Op: opLdMem, K: 5}},
		"stx, clobber, ld": {{Op: opStx, K: 5}, {Op: opLdxImm, K: 9}, {Op: opLdMem, K: 5}},
		"st, ldx, txa":     {{Op: opSt, K: 15}, {Op: opLdImm, K: 9}, {Op: opLdxMem, K: 15}, {Op: opTxa}},
		"st, ldx, add":     {{Op: opSt, K: 0}, {Op: opLdImm, K: 9}, {Op: opLdxMem, K: 0}, {Op: aluAdd | srcX}},
		"ldx len":          {{Op: opLdxLen}, {Op: aluAdd | srcX}},
		"ldx imm":          {{Op: opLdxImm, K: 3}, {Op: aluSub | srcX}},
		"ld len":           {{Op: opLdLen}, {Op: aluSub | srcX}},
		"add":              {{Op: aluAdd | srcX}},
		"sub":              {{Op: aluSub | srcX}, {Op: aluAnd, K: 0xff}},
		"mul":              {{Op: aluMul | srcX}},
		"div":              {{Op: aluDiv | srcX}},
		"or":               {{Op: aluOr | srcX}},
		"and":              {{Op: aluAnd | srcX}},
		"xor":              {{Op: aluXor | srcX}},
		"shl":              {{Op: aluLsh | srcX}},
		"shr":              {{Op: aluRsh | srcX}},
		"shl 24 and more":  {{Op: opTxa}, {Op: aluMul, K: 8}, {Op: opTax}, {Op: opLdAbs, K: ld0}, {Op: aluAnd, K: 3}, {Op: aluLsh | srcX}},
		"neg":              {{Op: aluAnd, K: 3}, {Op: aluNeg}, {Op: aluAnd, K: 0x800000ff}},
		"jeq x":            {{Op: uint16(JEQ) | srcX, Jt: 0, Jf: 1}, {Op: opRetK, K: 77}},
		"jgt x":            {{Op: uint16(JGT) | srcX, Jt: 0, Jf: 1}, {Op: opRetK, K: 77}},
		"jge x":            {{Op: uint16(JGE) | srcX, Jt: 1, Jf: 0}, {Op: opRetK, K: 77}},
		"jset x":           {{Op: uint16(JSET) | srcX, Jt: 1, Jf: 0}, {Op: opRetK, K: 77}},
		"large divided":    {{Op: aluOr, K: 0xf0000000}, {Op: aluDiv, K: 0xe0000001}},
		"x on one side":    {{Op: opSt, K: 1}, {Op: uint16(JGT), K: 9, Jt: 0, Jf: 1}, {Op: opStx, K: 1}, {Op: opLdMem, K: 1}},
		"read on true":     {{Op: opStx, K: 1}, {Op: uint16(JGT), K: 9, Jt: 0, Jf: 2}, {Op: opLdMem, K: 1}, {Op: opJa, K: 1}, {Op: opLdImm, K: 4}},
	} {
		var prog []Instruction
		prog = append(append(append(prog, head...), middle...), tail...)
		vm, err := NewVM(prog)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		d := bdd.New(1 << 18)
		f, err := Symbolic(d, prog)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for a := range uint32(256) {
			for x := range uint32(8) {
				call := Data{Arch: auditLittle, Args: [6]uint64{uint64(a | rng.Uint32()<<8), uint64(x | rng.Uint32()<<3)}}
				words := make([]uint32, NumWords)
				for off := uint32(0); off < dataSize; off += 4 {
					words[WordAt(off)] = call.Word(off)
				}
				if got, want := d.Eval(f, words), vm.Run(&call); got != want {
					t.Fatalf("%s: A %#x, X %d: function %#x, interpreter %#x", name, a&0xf1, x, got, want)
				}
			}
		}
	}
}
