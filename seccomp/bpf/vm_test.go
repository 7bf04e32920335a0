package bpf

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCheck(t *testing.T) {
	ret := Instruction{Op: opRetK}
	long := make([]Instruction, MaxInstructions+1)
	for i := range long {
		long[i] = ret
	}
	for _, c := range []struct {
		name string
		prog []Instruction
		want string // empty: accepted
	}{
		{"empty", nil, "0 instructions, expected 1 to 4096"},
		{"too long", long, "4097 instructions, expected 1 to 4096"},
		{"longest", long[1:], ""},
		{"no return", []Instruction{{Op: opLdAbs}}, "instruction 0: the last instruction is not a return"},
		{"unaligned load", []Instruction{{Op: opLdAbs, K: 2}, ret}, "instruction 0: load at offset 2"},
		{"load behind the data", []Instruction{{Op: opLdAbs, K: 64}, ret}, "instruction 0: load at offset 64"},
		{"last word", []Instruction{{Op: opLdAbs, K: 60}, ret}, ""},
		{"load of a byte", []Instruction{{Op: 0x30}, ret}, "operation 0x0030 is not allowed"},
		{"indirect load", []Instruction{{Op: 0x40}, ret}, "operation 0x0040 is not allowed"},
		{"modulo", []Instruction{{Op: 0x94, K: 3}, ret}, "operation 0x0094 is not allowed"},
		{"return of x", []Instruction{{Op: 0x0e}}, "operation 0x000e is not allowed"},
		{"jump to the end", []Instruction{{Op: opJa, K: 0}, ret}, ""},
		{"jump over the end", []Instruction{{Op: opJa, K: 1}, ret}, "jump over 1 instructions with 1 behind it"},
		{"huge jump", []Instruction{{Op: opJa, K: 1<<32 - 1}, ret}, "jump over 4294967295"},
		{"conditional over the end", []Instruction{{Op: uint16(JEQ), Jf: 1}, ret}, "jump over 1"},
		{"conditional", []Instruction{{Op: uint16(JGT) | srcX}, ret}, ""},
		{"divide by 0", []Instruction{{Op: aluDiv}, ret}, "division by 0"},
		{"divide by x", []Instruction{{Op: aluDiv | srcX}, ret}, ""},
		{"shift", []Instruction{{Op: aluLsh, K: 32}, ret}, "shift by 32"},
		{"memory index", []Instruction{{Op: opSt, K: 16}, ret}, "memory word 16"},
		{"unwritten memory", []Instruction{{Op: opLdMem, K: 3}, ret}, "memory word 3 is read before it is written"},
		{"written memory", []Instruction{{Op: opSt, K: 3}, {Op: opLdMem, K: 3}, ret}, ""},
		{"written on one way", []Instruction{{Op: uint16(JEQ), Jf: 1}, {Op: opSt, K: 3}, {Op: opLdxMem, K: 3}, ret}, "instruction 2: memory word 3"},
		{"written on both ways", []Instruction{{Op: uint16(JEQ), Jf: 2}, {Op: opSt, K: 3}, {Op: opJa, K: 1}, {Op: opStx, K: 3}, {Op: opLdMem, K: 3}, ret}, ""},
	} {
		err := Check(c.prog)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if _, vmErr := NewVM(c.prog); (vmErr == nil) != (err == nil) {
			t.Errorf("%s: NewVM: %v", c.name, vmErr)
		}
	}
}

// TestOperations runs every operation once. A starts as 0xf0f0f0f5, X as 3.
func TestOperations(t *testing.T) {
	const a = 0xf0f0f0f5
	for _, c := range []struct {
		op   uint16
		k    uint32
		want uint32
	}{
		{opLdAbs, OffNr, 0x11}, {opLdAbs, OffArch, 0x40000022}, {opLdAbs, offIP, 0x44}, {opLdAbs, offIP + 4, 0x33},
		{opLdAbs, OffArgLow(0, false), 0x66}, {opLdAbs, OffArgHigh(0, false), 0x55}, {opLdAbs, OffArgLow(5, false), 0x88}, {opLdAbs, OffArgHigh(5, false), 0x77},
		{opLdLen, 0, 64}, {opLdImm, 9, 9}, {opLdMem, 0, 3}, {opTxa, 0, 3},
		{aluAdd, 1, a + 1}, {aluAdd | srcX, 0, a + 3}, {aluSub, 6, a - 6}, {aluMul, 2, 0xe1e1e1ea}, {aluDiv, 16, a / 16}, {aluDiv | srcX, 0, a / 3},
		{aluOr, 0x0a, 0xf0f0f0ff}, {aluAnd, 0xff, 0xf5}, {aluXor | srcX, 0, 0xf0f0f0f6}, {aluLsh, 4, 0x0f0f0f50}, {aluRsh | srcX, 0, a >> 3}, {aluNeg, 0, 0x0f0f0f0b},
		{opTax, 0, a}, {opLdxImm, 1, a}, {opLdxLen, 0, a}, {opLdxMem, 0, a}, {opSt, 5, a}, {opStx, 5, a},
	} {
		vm, err := NewVM([]Instruction{{Op: opLdxImm, K: 3}, {Op: opStx, K: 0}, {Op: opLdImm, K: a}, {Op: c.op, K: c.k}, {Op: opRetA}})
		if err != nil {
			t.Fatal(err)
		}
		d := Data{Nr: 0x11, Arch: 0x40000022, IP: 0x33_00000044, Args: [6]uint64{0: 0x55_00000066, 5: 0x77_00000088}}
		if got := vm.Run(&d); got != c.want {
			t.Errorf("op %#x k %d: %#x, want %#x", c.op, c.k, got, c.want)
		}
	}
	// Division by an X of 0 ends the program with 0.
	vm, err := NewVM([]Instruction{{Op: opLdImm, K: 8}, {Op: aluDiv | srcX}, {Op: opRetK, K: 5}})
	if err != nil {
		t.Fatal(err)
	}
	if got, steps := vm.Trace(&Data{}, nil); got != 0 || steps != 2 {
		t.Errorf("division by 0: %d after %d steps", got, steps)
	}
}

// TestByteOrder holds that the halves of the 64-bit words lie as the byte order of
// the call's architecture says.
func TestByteOrder(t *testing.T) {
	for _, c := range []struct {
		arch uint32
		big  bool
	}{{unix.AUDIT_ARCH_X86_64, false}, {unix.AUDIT_ARCH_S390X, true}, {unix.AUDIT_ARCH_PPC64LE, false}, {unix.AUDIT_ARCH_PPC, true}, {unix.AUDIT_ARCH_MIPSEL, false}} {
		// The memory of the machine itself, in words of 4 bytes.
		d := Data{Nr: 1, Arch: c.arch, IP: 0x11_00000022, Args: [6]uint64{0x33_00000044, 0, 0, 0, 0, 0x55_00000066}}
		var order binary.AppendByteOrder = binary.LittleEndian
		var get binary.ByteOrder = binary.LittleEndian
		if c.big {
			order, get = binary.BigEndian, binary.BigEndian
		}
		memory := order.AppendUint32(order.AppendUint32(nil, d.Nr), d.Arch)
		memory = order.AppendUint64(memory, d.IP)
		for _, a := range d.Args {
			memory = order.AppendUint64(memory, a)
		}
		for off := uint32(0); off < dataSize; off += 4 {
			vm, err := NewVM([]Instruction{{Op: opLdAbs, K: off}, {Op: opRetA}})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := vm.Run(&d), get.Uint32(memory[off:]); got != want {
				t.Errorf("arch %#x offset %d: %#x, want %#x", c.arch, off, got, want)
			}
		}
		if low, high := d.Word(OffArgLow(5, c.big)), d.Word(OffArgHigh(5, c.big)); low != 0x66 || high != 0x55 {
			t.Errorf("arch %#x: halves %#x, %#x", c.arch, low, high)
		}
	}
}

// TestHalves holds that a listing names the halves of a word by the architectures
// that can come to the line.
func TestHalves(t *testing.T) {
	const le1, le2, be = 0x40000001, 0x40000002, 1
	jeq := func(arch uint32, jt, jf uint8) Instruction {
		return Instruction{Op: uint16(JEQ), K: arch, Jt: jt, Jf: jf}
	}
	native := [2]string{"high", "low"} // of offset 16, by whether this machine is little-endian
	little := 0
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		little = 1
	}
	for _, c := range []struct {
		name string
		head []Instruction
		want string
	}{
		{"big", []Instruction{jeq(be, 0, 1)}, "high"},
		{"little", []Instruction{jeq(le1, 0, 1)}, "low"},
		{"two little ones", []Instruction{jeq(le1, 1, 0), jeq(le2, 0, 1)}, "low"},
		{"both orders", []Instruction{jeq(le1, 1, 0), jeq(be, 0, 1)}, native[little]},
		{"anything", []Instruction{jeq(be, 0, 0)}, native[little]},
	} {
		prog := append([]Instruction{{Op: opLdAbs, K: OffArch}}, c.head...)
		prog = append(prog, Instruction{Op: opLdAbs, K: offArgs}, Instruction{Op: opRetK})
		var b bytes.Buffer
		if err := Disassemble(&b, prog, Namer{}); err != nil {
			t.Fatal(err)
		}
		if want := "ld   arg0." + c.want + "\n"; !strings.Contains(b.String(), want) {
			t.Errorf("%s: no %q in\n%s", c.name, want, b.String())
		}
	}
}

func TestConditions(t *testing.T) {
	for _, c := range []struct {
		cond Cond
		a, k uint32
		want bool
	}{
		{JEQ, 5, 5, true}, {JEQ, 5, 6, false}, {JGT, 6, 5, true}, {JGT, 5, 5, false}, {JGT, 0xffffffff, 1, true}, {JGE, 5, 5, true}, {JGE, 4, 5, false},
		{JSET, 6, 2, true}, {JSET, 5, 2, false}, {JSET, 5, 0, false},
	} {
		for _, src := range []uint16{0, srcX} {
			vm, err := NewVM([]Instruction{{Op: opLdxImm, K: c.k}, {Op: opLdImm, K: c.a}, {Op: uint16(c.cond) | src, K: c.k, Jf: 1}, {Op: opRetK, K: 1}, {Op: opRetK}})
			if err != nil {
				t.Fatal(err)
			}
			if got := vm.Run(&Data{}) == 1; got != c.want {
				t.Errorf("%#x: %#x with %#x: %t", c.cond, c.a, c.k, got)
			}
		}
	}
}

func TestDisassemble(t *testing.T) {
	prog := []Instruction{
		{Op: opLdAbs, K: OffArch}, {Op: uint16(JEQ), K: 7, Jt: 0, Jf: 5}, {Op: opLdAbs, K: OffNr},
		{Op: uint16(JGE), K: 59, Jf: 1}, {Op: opJa, K: 3}, {Op: opLdAbs, K: OffArgHigh(2, true)}, {Op: uint16(JSET) | srcX},
		{Op: opLdAbs, K: OffNr}, {Op: uint16(JEQ), K: 1, Jt: 0, Jf: 0}, {Op: opRetK, K: 0x7fff0000}, {Op: 0xff, K: 1},
	}
	want := `   0: ld   arch
   1: jeq  0x7 (seven)  -> 2, 7
   2: ld   nr
   3: jge  59 (7/59)  -> 4, 5
   4: ja   -> 8
   5: ld   arg2.high
   6: jset x  -> 7, 7
   7: ld   nr
   8: jeq  1  -> 9, 9
   9: ret  R0x7fff0000
  10: invalid 0x00ff 0 0 0x1
`
	var b bytes.Buffer
	if err := Disassemble(&b, prog, Namer{
		Arch: func(a uint32) string { return map[uint32]string{7: "seven"}[a] },
		Syscall: func(a, nr uint32) string {
			return strings.Trim(strings.Join([]string{string(rune('0' + a)), "59"}, "/"), " ")
		},
		Return: func(v uint32) string { return "R0x7fff0000" },
	}); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// FuzzCheck holds that whatever Check accepts runs to a return, and that any
// program can be listed.
func FuzzCheck(f *testing.F) {
	f.Add([]byte{byte(opLdAbs), 0, 0, 0, byte(JEQ), 1, 0, 5, byte(opRetK), 0, 0, 0, byte(opRetA), 0, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var prog []Instruction
		for ; len(data) >= 4; data = data[4:] {
			prog = append(prog, Instruction{Op: uint16(data[0]), Jt: data[1], Jf: data[2], K: uint32(data[3])})
		}
		if err := Disassemble(&bytes.Buffer{}, prog, Namer{}); err != nil {
			t.Fatal(err)
		}
		vm, err := NewVM(prog)
		if err != nil {
			return
		}
		if _, steps := vm.Trace(&Data{Nr: 1, Arch: 2, Args: [6]uint64{3}}, nil); steps > len(prog) {
			t.Fatalf("%d steps in %d instructions", steps, len(prog))
		}
	})
}
