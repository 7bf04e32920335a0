package seccomp

import (
	"math/rand/v2"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Two ways to the same function: by outcomes, and the one that programs are proved
// with; of intersections too.
func TestDiagram(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	action := func(a Action, _ Cause) uint32 { return uint32(a) }
	for round := range 20 {
		p := randomPolicy(t, rng)
		if round%2 == 1 {
			var err error
			if p, err = Intersect(p, randomPolicy(t, rng)); err != nil {
				t.Fatal(err)
			}
		}
		d := bdd.New(maxDiagram)
		f, err := p.Diagram(d, action)
		if err != nil {
			continue // too complicated
		}
		if f != p.meaning(d) || d.Full() {
			t.Fatalf("round %d: another function", round)
		}
	}
}

// The leaf is told what decides.
func TestDiagramCause(t *testing.T) {
	p := policy(t, `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["write"],"action":"SCMP_ACT_ALLOW"},
		{"names":["openat2"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}`)
	d := bdd.New(maxDiagram)
	by := func(_ Action, c Cause) uint32 { return uint32(c.By) }
	for nr, want := range map[uint32]Reason{0: ByDefault, 1: ByRule, 438: ByNewer} {
		f, err := p.CallDiagram(d, x64, nr, by)
		if v, constant := d.Value(f); err != nil || !constant || Reason(v) != want {
			t.Errorf("call %d: %d %v, want %d", nr, v, constant, want)
		}
	}
	f, err := p.CallDiagram(d, x64, 437, by)
	if _, constant := d.Value(f); err != nil || constant {
		t.Errorf("openat2 does not depend on arguments, %v", err)
	}
	if f, _ := p.CallDiagram(d, 0, 0, by); f != d.Leaf(uint32(ByUnlisted)) {
		t.Error("an architecture that is not listed")
	}
	if _, err := p.Diagram(bdd.New(10), by); err == nil {
		t.Error("a diagram of 10 nodes")
	}
}

// The predicate holds for the arguments that the conditions hold for, in the width and
// the byte order of the architecture.
func TestConditionsDiagram(t *testing.T) {
	args := []specs.LinuxSeccompArg{{Index: 1, Value: 1<<32 | 5, Op: specs.OpEqualTo}, {Index: 4, Value: 0xf0, ValueTwo: 0xff, Op: specs.OpMaskedEqual}}
	for _, c := range []struct {
		arch  string
		one   uint64
		holds bool
	}{
		{"SCMP_ARCH_X86_64", 1<<32 | 5, true},
		{"SCMP_ARCH_X86_64", 5, false},
		{"SCMP_ARCH_S390X", 1<<32 | 5, true},
		{"SCMP_ARCH_S390X", 5<<32 | 1, false},
		{"SCMP_ARCH_X86", 5, true},
		{"SCMP_ARCH_X86", 7<<32 | 5, true},
		{"SCMP_ARCH_PPC", 5, true},
		{"SCMP_ARCH_PPC", 6, false},
	} {
		a := arch.Lookup(c.arch)
		d := bdd.New(maxDiagram)
		p, err := ConditionsDiagram(d, a, args)
		if err != nil {
			t.Fatal(err)
		}
		call := bpf.Data{Arch: a.Audit, Args: [6]uint64{1: c.one, 4: 0x1f3}}
		words := make([]uint32, bpf.NumWords)
		for i, v := range call.Args {
			words[bpf.WordAt(bpf.OffArgLow(i, a.BigEndian()))] = uint32(v)
			words[bpf.WordAt(bpf.OffArgHigh(i, a.BigEndian()))] = uint32(v >> 32)
		}
		if got := d.Eval(p, words) == 1; got != c.holds {
			t.Errorf("%s: %v for %#x", c.arch, got, c.one)
		}
	}
	args[1].Index = 6
	if _, err := ConditionsDiagram(bdd.New(maxDiagram), arch.Lookup("SCMP_ARCH_X86"), args); err == nil || err.Error() != "args[1].index: 6: expected 0 to 5" {
		t.Errorf("%v", err)
	}
}
