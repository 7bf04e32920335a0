package seccomp

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// compiled returns a profile's policy and program.
func compiled(t testing.TB, profile *specs.LinuxSeccomp, o Options) (*Policy, *Filter) {
	t.Helper()
	p, err := NewPolicy(profile, o)
	if err != nil {
		t.Fatal(err)
	}
	f, err := p.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return p, f
}

func TestVerifyRealProfiles(t *testing.T) {
	for name, profile := range realProfiles(t) {
		for _, native := range []string{"SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"} {
			p, f := compiled(t, profile, Options{Native: native})
			if err := Verify(f.Instructions, p); err != nil {
				t.Errorf("%s on %s: %v", name, native, err)
			}
		}
	}
}

// Each architecture as the native one, with all others listed: both byte orders
// in one program, and numbers that start at 0, 4000, 5000 and 2^30.
func TestVerifyEveryArchitecture(t *testing.T) {
	profile := *realProfiles(t)["docker"]
	profile.Architectures = nil
	for _, a := range arch.All() {
		profile.Architectures = append(profile.Architectures, specs.Arch(a.Scmp))
	}
	for _, a := range arch.All() {
		for _, intArgs := range []bool{false, true} {
			p, f := compiled(t, &profile, Options{Native: a.Scmp, IntArgs: intArgs})
			if err := Verify(f.Instructions, p); err != nil {
				t.Errorf("%s: %v", a.Scmp, err)
			}
		}
	}
}

// A program for one profile is no program for another, and the counterexample
// says where.
func TestVerifyDifferentPolicy(t *testing.T) {
	compile := func(src string) (*Policy, *Filter) {
		return compiled(t, parse(t, src), Options{Native: "SCMP_ARCH_X86_64"})
	}
	const base = `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"},
		{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1099511627777,"op":"%s"}]}]}`
	_, program := compile(strings.Replace(base, "%s", "SCMP_CMP_GE", 1))
	policy, _ := compile(strings.Replace(base, "%s", "SCMP_CMP_GT", 1))
	var c *Counterexample
	if err := Verify(program.Instructions, policy); !errors.As(err, &c) {
		t.Fatalf("got %v, want a counterexample", err)
	}
	const socket = 41 // of x86_64, wherever this runs
	if c.Call.Arch != unix.AUDIT_ARCH_X86_64 || c.Call.Nr != socket || c.Call.Args[0] != 1<<40+1 || c.Got != Allow || c.Want != Errno(1) {
		t.Errorf("got %v", c)
	}
	const text = "seccomp: SCMP_ARCH_X86_64 socket(0x10000000001, 0x0, 0x0, 0x0, 0x0, 0x0): the program returns SCMP_ACT_ALLOW, " +
		"the policy says SCMP_ACT_ERRNO(1 EPERM)"
	if c.Error() != text {
		t.Errorf("got %q, want %q", c, text)
	}
}

// mutant changes one instruction: operation, a jump's distance, or the constant.
func mutant(rng *rand.Rand, prog []bpf.Instruction) (int, bpf.Instruction) {
	i := rng.IntN(len(prog))
	m := prog[i]
	nudge := func(v uint8) uint8 { return v + uint8(rng.IntN(7)) - 3 }
	switch rng.IntN(6) {
	case 0:
		m.Op = uint16(rng.IntN(0xb8))
	case 1:
		m.Jt = nudge(m.Jt)
	case 2:
		m.Jf = nudge(m.Jf)
	case 3:
		m.Jt, m.Jf = uint8(rng.IntN(256)), uint8(rng.IntN(256))
	case 4:
		m.K ^= 1 << rng.IntN(32)
	case 5:
		m.K = [...]uint32{m.K - 1, m.K + 1, rng.Uint32(), prog[rng.IntN(len(prog))].K}[rng.IntN(4)]
	}
	return i, m
}

// TestVerifyMutants breaks a compiled filter in one instruction, thousands of
// times. Every mutant that decides some call differently must be found out with
// a call that proves it, and every proof must stand up to the interpreter.
func TestVerifyMutants(t *testing.T) {
	wanted := 6000
	if testing.Short() {
		wanted = 600
	}
	p, f := compiled(t, realProfiles(t)["docker"], Options{Native: "SCMP_ARCH_X86_64"})
	var calls []bpf.Data
	for _, audit := range []uint32{unix.AUDIT_ARCH_X86_64, unix.AUDIT_ARCH_I386, unix.AUDIT_ARCH_AARCH64, 0} {
		for _, nr := range testNumbers(audit, p) {
			for _, args := range testArgs(p, audit, nr) {
				calls = append(calls, bpf.Data{Nr: nr, Arch: audit, Args: args})
			}
		}
	}
	rng := rand.New(rand.NewPCG(20, 26))
	var v *verifier
	valid, found, equal, undecided := 0, 0, 0, 0
	for valid < wanted {
		prog := append([]bpf.Instruction{}, f.Instructions...)
		i, m := mutant(rng, prog)
		if m == prog[i] {
			continue
		}
		prog[i] = m
		vm, err := bpf.NewVM(prog)
		if err != nil {
			continue // the kernel would refuse it
		}
		if v == nil || v.d.Size() > 1<<18 { // a diagram never shrinks
			if v, err = newVerifier(p); err != nil {
				t.Fatal(err)
			}
		}
		valid++
		var c *Counterexample
		switch err := v.verify(prog); {
		case errors.As(err, &c):
			found++
			if got, want := Action(vm.Run(&c.Call)), p.Decide(c.Call.Arch, c.Call.Nr, c.Call.Args); got == want {
				t.Fatalf("instruction %d = %v: %v is none", i, m, c)
			}
			continue
		case err == nil:
			equal++
		case errors.Is(err, bpf.ErrComplex):
			undecided++
		default:
			t.Fatal(err)
		}
		for _, call := range calls {
			if got, want := Action(vm.Run(&call)), p.Decide(call.Arch, call.Nr, call.Args); got != want {
				t.Fatalf("instruction %d = %v: nothing found, but %s is %s and not %s", i, m, callText(&call), got, want)
			}
		}
	}
	t.Logf("%d mutants: %d refuted, %d equal to the original, %d undecided", valid, found, equal, undecided)
	if equal > valid/4 || undecided > valid/200 {
		t.Errorf("of %d mutants %d are proved equal and %d not decided", valid, equal, undecided)
	}
}

// Programs that no compiler of ours writes.
func TestVerifyForeignProgram(t *testing.T) {
	p, err := NewPolicy(parse(t, `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
		{"names":["socket"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":40,"op":"SCMP_CMP_EQ"}]}]}`), Options{Native: "SCMP_ARCH_AARCH64"})
	if err != nil {
		t.Fatal(err)
	}
	const socket = 198
	prog := []bpf.Instruction{
		{Op: 0x20, K: 4},                        // 0: ld arch
		{Op: 0x15, Jt: 1, Jf: 0, K: 0xc00000b7}, // 1: aarch64?
		{Op: 0x06, K: uint32(KillProcess)},      // 2
		{Op: 0x20, K: 0},                        // 3: ld nr
		{Op: 0x14, K: socket - 1},               // 4: a -= 197
		{Op: 0x02, K: 3},                        // 5: m[3] = a
		{Op: 0x20, K: 20},                       // 6: ld arg0.high
		{Op: 0x07},                              // 7: x = a
		{Op: 0x20, K: 16},                       // 8: ld arg0.low
		{Op: 0xa4, K: 40},                       // 9: a ^= 40
		{Op: 0x4c},                              // 10: a |= x: 0 if arg0 == 40
		{Op: 0x07},                              // 11: x = a
		{Op: 0x60, K: 3},                        // 12: a = m[3]
		{Op: 0x15, Jt: 0, Jf: 3, K: 1},          // 13: socket?
		{Op: 0x87},                              // 14: a = x
		{Op: 0x15, Jt: 0, Jf: 1, K: 0},          // 15
		{Op: 0x06, K: uint32(Errno(1))},         // 16
		{Op: 0x06, K: uint32(Allow)},            // 17
	}
	if err := Verify(prog, p); err != nil {
		t.Error(err)
	}
	wrong := append([]bpf.Instruction{}, prog...)
	wrong[9].K = 41
	var c *Counterexample
	if err := Verify(wrong, p); !errors.As(err, &c) || c.Call.Nr != socket {
		t.Errorf("got %v, want a counterexample about socket", err)
	}
	// A comparison of two words has no small diagram. That must be said, even
	// if it cannot matter: both ways lead to the same return.
	complex := append([]bpf.Instruction{{Op: 0x20, K: 16}, {Op: 0x07}, {Op: 0x20, K: 24}, {Op: 0x1d, Jt: 0, Jf: 1}, {Op: 0x05, K: 0}}, prog...)
	if err := Verify(complex, p); !errors.Is(err, bpf.ErrComplex) {
		t.Errorf("got %v, want ErrComplex", err)
	}
	// So must a difference behind such a comparison.
	complex[4] = bpf.Instruction{Op: 0x06, K: uint32(Trap)}
	if err := Verify(complex, p); !errors.As(err, &c) {
		t.Errorf("got %v, want a counterexample", err)
	}
	if err := Verify(nil, p); err == nil {
		t.Error("an empty program is no program")
	}
}

func BenchmarkVerify(b *testing.B) {
	p, f := compiled(b, realProfiles(b)["docker"], Options{Native: "SCMP_ARCH_X86_64"})
	b.ReportAllocs()
	for b.Loop() {
		if err := Verify(f.Instructions, p); err != nil {
			b.Fatal(err)
		}
	}
}
