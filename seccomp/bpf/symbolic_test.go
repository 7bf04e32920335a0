package bpf

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/runseal/runseal/seccomp/bdd"
)

// agreeSymbolic compares the function of a program with the interpreter.
func agreeSymbolic(t *testing.T, prog []Instruction, calls []Data) {
	t.Helper()
	vm, err := NewVM(prog)
	if err != nil {
		return
	}
	d := bdd.New(1 << 17)
	f, err := Symbolic(d, prog)
	if errors.Is(err, ErrComplex) {
		return
	} else if err != nil {
		t.Fatal(err)
	}
	for _, call := range calls {
		words := make([]uint32, NumWords)
		for off := uint32(0); off < dataSize; off += 4 {
			words[WordAt(off)] = call.Word(off)
		}
		if back := FromWords(words); back != call {
			t.Fatalf("the words of %+v are those of %+v", call, back)
		}
		if got, want := d.Eval(f, words), vm.Run(&call); got != want {
			t.Fatalf("%+v: function %#x, interpreter %#x\n%v", call, got, want, prog)
		}
	}
}

// anyCalls returns calls whose words are often equal to constants of the program.
func anyCalls(rng *rand.Rand, prog []Instruction, n int) []Data {
	word := func() uint32 {
		switch rng.IntN(4) {
		case 0:
			return rng.Uint32()
		case 1:
			return uint32(rng.IntN(8))
		}
		if len(prog) == 0 {
			return 0
		}
		return prog[rng.IntN(len(prog))].K + uint32(rng.IntN(3)) - 1
	}
	calls := make([]Data, n)
	for i := range calls {
		c := &calls[i]
		c.Nr, c.Arch, c.IP = word(), word(), uint64(word())<<32|uint64(word())
		for j := range c.Args {
			c.Args[j] = uint64(word())<<32 | uint64(word())
		}
	}
	return calls
}

var validOps = []uint16{opLdAbs, opLdLen, opLdImm, opLdMem, opLdxLen, opLdxImm, opLdxMem, opSt, opStx, opTax, opTxa, opRetK, opRetA,
	aluAdd, aluSub, aluMul, aluDiv, aluOr, aluAnd, aluLsh, aluRsh, aluNeg, aluXor,
	aluAdd | srcX, aluSub | srcX, aluMul | srcX, aluDiv | srcX, aluOr | srcX, aluAnd | srcX, aluLsh | srcX, aluRsh | srcX, aluXor | srcX,
	opJa, uint16(JEQ), uint16(JGT), uint16(JGE), uint16(JSET), uint16(JEQ) | srcX, uint16(JGT) | srcX, uint16(JGE) | srcX, uint16(JSET) | srcX}

// anyProgram makes a program of the bytes that the checks usually accept.
func anyProgram(data []byte) []Instruction {
	var prog []Instruction
	for ; len(data) >= 8 && len(prog) < 40; data = data[8:] {
		ins := Instruction{Op: validOps[int(data[0])%len(validOps)], Jt: data[2] % 8, Jf: data[3] % 8, K: binary.LittleEndian.Uint32(data[4:])}
		switch ins.Op {
		case opLdAbs:
			ins.K = ins.K % 16 * 4
		case opLdMem, opLdxMem, opSt, opStx:
			ins.K %= 3
		case aluLsh, aluRsh:
			ins.K %= 32
		case opJa:
			ins.K %= 6
		case opRetA, opRetK:
			if data[1]%4 != 0 { // or else programs end soon
				ins = Instruction{Op: opLdAbs, K: ins.K % 16 * 4}
			}
		}
		if data[1]&0x80 != 0 {
			ins.K &= 0xf
		}
		prog = append(prog, ins)
	}
	// Memory that is read has been written, and no jump leaves the program.
	prog = append([]Instruction{{Op: opSt}, {Op: opSt, K: 1}, {Op: opStx, K: 2}}, prog...)
	for i := range 9 {
		prog = append(prog, Instruction{Op: opRetK, K: uint32(i)})
	}
	return prog
}

func TestSymbolicRandomPrograms(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	decided := 0
	for range 1500 {
		data := make([]byte, 8*(1+rng.IntN(12)))
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		prog := anyProgram(data)
		if Check(prog) == nil {
			decided++
		}
		agreeSymbolic(t, prog, anyCalls(rng, prog, 50))
	}
	if decided < 1000 {
		t.Errorf("only %d of the programs are valid", decided)
	}
}

func FuzzSymbolic(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
	f.Add([]byte("\x00\x00\x00\x00\x04\x00\x00\x00\x22\x00\x01\x02\x3e\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		prog := anyProgram(data)
		agreeSymbolic(t, prog, anyCalls(rand.New(rand.NewPCG(uint64(len(data)), 1)), prog, 30))
	})
}
