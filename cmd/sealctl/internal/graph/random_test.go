package graph

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// What a register holds counts as long as something reads it, across jumps too.
func TestRegisters(t *testing.T) {
	load := func(off uint32) bpf.Instruction { return bpf.Instruction{Op: unix.BPF_LD | unix.BPF_ABS, K: off} }
	fork := bpf.Instruction{Op: unix.BPF_JMP | unix.BPF_JEQ, K: 1} // both ways are the next instruction
	set := func(k uint32) bpf.Instruction { return bpf.Instruction{Op: unix.BPF_LD, K: k} }
	skip := bpf.Instruction{Op: unix.BPF_JMP | unix.BPF_JEQ, K: 1, Jf: 1}
	for name, body := range map[string][]bpf.Instruction{
		"a":               {load(0), skip, set(7), fork},
		"x":               {load(0), {Op: unix.BPF_MISC | unix.BPF_TAX}, load(16), skip, {Op: unix.BPF_LDX, K: 7}, fork, {Op: unix.BPF_MISC | unix.BPF_TXA}},
		"a in memory":     {load(0), {Op: unix.BPF_ST, K: 3}, load(16), skip, set(7), fork, {Op: unix.BPF_LD | unix.BPF_MEM, K: 3}},
		"a to memory":     {load(0), skip, set(7), fork, {Op: unix.BPF_ST, K: 3}, load(16), {Op: unix.BPF_LD | unix.BPF_MEM, K: 3}},
		"x to memory":     {load(0), skip, {Op: unix.BPF_LDX, K: 7}, fork, {Op: unix.BPF_STX, K: 3}, load(16), {Op: unix.BPF_LDX | unix.BPF_MEM, K: 3}, {Op: unix.BPF_MISC | unix.BPF_TXA}},
		"x as an operand": {load(0), skip, {Op: unix.BPF_LDX, K: 7}, fork, load(16), {Op: unix.BPF_ALU | unix.BPF_ADD | unix.BPF_X}},
		"compared with x": {load(0), skip, {Op: unix.BPF_LDX, K: 7}, fork, {Op: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_X, Jf: 1}, set(3)},
		"divided by x":    {load(0), skip, {Op: unix.BPF_LDX, K: 7}, fork, load(16), {Op: unix.BPF_ALU | unix.BPF_DIV | unix.BPF_X}},
		"length":          {{Op: unix.BPF_LD | unix.BPF_LEN}, fork},
	} {
		prog := append(body, bpf.Instruction{Op: unix.BPF_RET | unix.BPF_A})
		vm, err := bpf.NewVM(prog)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		g, err := New(prog, Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for nr := range uint32(12) {
			for _, arg := range []uint64{0, 1, 7, 99} {
				call := bpf.Data{Nr: nr, Arch: unix.AUDIT_ARCH_X86_64, Args: [6]uint64{arg}}
				if got, want := g.Decide(&call), vm.Run(&call); got != want {
					t.Errorf("%s: %d(%d): %d, want %d", name, nr, arg, got, want)
				}
			}
		}
	}
}

// randomProgram is one that the kernel takes: valid operations, jumps a few
// instructions on.
func randomProgram(r *rand.Rand) []bpf.Instruction {
	ops := []uint16{
		0x20, 0x20, 0x20, 0x80, 0x00, 0x60, 0x81, 0x01, 0x61, 0x02, 0x03, 0x07, 0x87, 0x05,
		0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0x84, 0xa4,
		0x0c, 0x1c, 0x2c, 0x3c, 0x4c, 0x5c, 0x6c, 0x7c, 0xac,
		0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d, 0x06, 0x16,
	}
	n := 3 + r.IntN(30)
	prog := make([]bpf.Instruction, n)
	for i := range prog {
		ins := bpf.Instruction{Op: ops[r.IntN(len(ops))], K: uint32(interesting[r.IntN(6)])}
		rest := n - i - 1
		switch ins.Op & 7 {
		case 0, 1, 2, 3:
			ins.K %= 3
			if ins.Op == 0x20 {
				ins.K = 4 * r.Uint32N(16)
			}
		case 5:
			if rest < 2 {
				ins.Op = 0x06
			} else if ins.Op == 0x05 {
				ins.K = r.Uint32N(uint32(min(rest, 4)))
			} else {
				ins.Jt, ins.Jf = uint8(r.IntN(min(rest, 6))), uint8(r.IntN(min(rest, 6)))
			}
		case 4:
			ins.K = 1 + ins.K%31
		}
		prog[i] = ins
	}
	prog[n-1].Op = 0x06
	return prog
}

// agree compares the graph with the interpreter.
func agree(t *testing.T, prog []bpf.Instruction, r *rand.Rand) bool {
	vm, err := bpf.NewVM(prog)
	if err != nil {
		return false
	}
	a := arch.Lookup("SCMP_ARCH_X86_64")
	one, err := New(prog, Options{Arch: a})
	if err != nil {
		return false // too many states
	}
	all, err := New(prog, Options{})
	if err != nil {
		return false
	}
	for range 30 {
		call := bpf.Data{Nr: uint32(interesting[r.IntN(8)]), Arch: a.Audit, IP: r.Uint64(), Args: sampleArgs(r)}
		if r.IntN(2) == 0 {
			call.Arch = arch.All()[r.IntN(len(arch.All()))].Audit
		}
		want := vm.Run(&call)
		if got := all.Spread(1).Decide(&call); got != want {
			t.Fatalf("all: %+v: %#x, want %#x\n%s", call, got, want, (&seccomp.Filter{Instructions: prog}).Disassemble())
		}
		if got := one.Decide(&call); call.Arch == a.Audit && got != want {
			t.Fatalf("one: %+v: %#x, want %#x\n%s", call, got, want, (&seccomp.Filter{Instructions: prog}).Disassemble())
		}
	}
	return true
}

// The graph is what any program does, not only one of our compiler's.
func TestRandomPrograms(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	valid := 0
	for range 20000 {
		if agree(t, randomProgram(r), r) {
			valid++
		}
	}
	if valid < 5000 {
		t.Errorf("only %d programs were valid", valid)
	}
}

func FuzzNew(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 5 {
		f.Add(bpf.Bytes(randomProgram(r)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var prog []bpf.Instruction
		for ; len(data) >= 8; data = data[8:] {
			prog = append(prog, bpf.Instruction{Op: binary.NativeEndian.Uint16(data), Jt: data[2], Jf: data[3], K: binary.NativeEndian.Uint32(data[4:])})
		}
		agree(t, prog, rand.New(rand.NewPCG(9, 10)))
	})
}

// A program that keeps what it has seen in its registers has a state for every way.
func TestTooComplex(t *testing.T) {
	var prog []bpf.Instruction
	for i := range uint32(20) { // x = 2x + bit i of nr
		prog = append(prog,
			bpf.Instruction{Op: unix.BPF_LD | unix.BPF_ABS, K: 0},
			bpf.Instruction{Op: unix.BPF_JMP | unix.BPF_JSET, K: 1 << i, Jt: 0, Jf: 3},
			bpf.Instruction{Op: unix.BPF_MISC | unix.BPF_TXA},
			bpf.Instruction{Op: unix.BPF_ALU | unix.BPF_ADD, K: 1 << i},
			bpf.Instruction{Op: unix.BPF_MISC | unix.BPF_TAX})
	}
	prog = append(prog, bpf.Instruction{Op: unix.BPF_MISC | unix.BPF_TXA}, bpf.Instruction{Op: unix.BPF_RET | unix.BPF_A})
	if _, err := New(prog, Options{}); err == nil || !strings.Contains(err.Error(), "too many different values") {
		t.Errorf("%v", err)
	}
	if _, err := New(nil, Options{}); err == nil {
		t.Error("an empty program is taken")
	}
}
