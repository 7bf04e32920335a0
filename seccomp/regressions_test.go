package seccomp

import (
	"encoding/json"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// Rule sets that other compilers have got wrong, each with what it says, written
// out by hand. "libseccomp" is version 2.5.4 and every later one that was tried.

// cond1 is one condition; a rule is a list of them, all on read(2), which it
// allows. Everything else fails with EPERM.
type cond1 struct {
	index    uint
	op       specs.LinuxSeccompOperator
	value    uint64
	valueTwo uint64
}

const (
	ne     = specs.OpNotEqual
	lt     = specs.OpLessThan
	le     = specs.OpLessEqual
	eq     = specs.OpEqualTo
	ge     = specs.OpGreaterEqual
	gt     = specs.OpGreaterThan
	masked = specs.OpMaskedEqual

	// Values above 32 bits: a number of 2^32 and a rest.
	one, two, three uint64 = 1 << 32, 2 << 32, 3 << 32
)

var regressions = []struct {
	name  string
	why   string // it is here
	rules [][]cond1
	// Calls by their first three arguments: allowed and refused on X86_64 and on
	// X86, which looks at the lower halves alone; and those on which they differ.
	allowed, refused [][3]uint64
	only32, only64   [][3]uint64 // allowed by X86, not by X86_64; the other way round
}{
	{
		name:    "two bounds on one argument, above 32 bits",
		why:     "libseccomp keeps the wrong half in the accumulator and lets 9 through",
		rules:   [][]cond1{{{0, le, 8, 0}}, {{0, gt, two + 8, 0}}},
		allowed: [][3]uint64{{0}, {8}, {three}, {1<<64 - 1}},
		// X86 sees <= 8 and > 8: everything.
		only32: [][3]uint64{{9}, {10}, {one}, {one + 8}, {two}, {two + 8}},
	},
	{
		name:    "nothing, or above 2^32",
		why:     "libseccomp allows 1",
		rules:   [][]cond1{{{2, lt, 0, 0}}, {{2, gt, one, 0}}},
		allowed: [][3]uint64{{0, 0, one + 1}, {0, 0, two + 1}, {0, 0, 1<<64 - 1}},
		refused: [][3]uint64{{0, 0, 0}, {0, 0, one}},
		only32:  [][3]uint64{{0, 0, 1}, {0, 0, 1<<32 - 1}},
		only64:  [][3]uint64{{0, 0, two}},
	},
	{
		name:    "below 2^32, or nothing",
		why:     "libseccomp refuses 1",
		rules:   [][]cond1{{{1, lt, one, 0}}, {{1, lt, 0, 0}}},
		only64:  [][3]uint64{{0, 0}, {0, 1}, {0, 1<<32 - 1}},
		refused: [][3]uint64{{0, one}, {0, one + 1}, {0, 1<<64 - 1}},
	},
	{
		name:    "a rule and a narrower one behind it",
		why:     "libseccomp refuses (0, 0, 3), which the first rule allows",
		rules:   [][]cond1{{{1, le, 2, 0}}, {{1, lt, 1, 0}, {2, le, 2, 0}}},
		allowed: [][3]uint64{{0, 0, 3}, {0, 0, 0}, {0, 1, 9}, {0, 2, 9}},
		refused: [][3]uint64{{0, 3, 0}, {0, 3, 3}},
		only32:  [][3]uint64{{0, one, 0}},
	},
	{
		name:    "two unequal values of one argument, one of them with a condition",
		why:     "libseccomp allows (1, 0), which no rule matches",
		rules:   [][]cond1{{{0, ne, 1, 0}}, {{0, ne, 2, 0}, {1, eq, 1, 0}}},
		allowed: [][3]uint64{{0, 0}, {2, 0}, {1, 1}, {2, 1}},
		refused: [][3]uint64{{1, 0}, {1, 2}},
		// 2^32 + 1 is 1 on X86.
		only64: [][3]uint64{{one + 1, 0}},
	},
	{
		name:    "a bound that always holds, with a condition",
		why:     "libseccomp refuses (0, 0), which the second rule allows",
		rules:   [][]cond1{{{0, ge, 2, 0}}, {{0, ge, 0, 0}, {1, lt, 1, 0}}},
		allowed: [][3]uint64{{0, 0}, {1, 0}, {2, 9}, {3, 0}},
		refused: [][3]uint64{{0, 1}, {1, 9}},
	},
	{
		name:    "overlapping bounds on two arguments",
		why:     "libseccomp allows (0, 0, 1)",
		rules:   [][]cond1{{{1, le, 1, 0}, {2, gt, 2, 0}}, {{1, ge, 1, 0}, {2, lt, 2, 0}}},
		allowed: [][3]uint64{{0, 0, 3}, {0, 1, 3}, {0, 1, 1}, {0, 2, 0}},
		refused: [][3]uint64{{0, 0, 1}, {0, 0, 2}, {0, 1, 2}, {0, 2, 2}, {0, 2, 3}},
	},
	{
		name:    "three arguments in two rules",
		why:     "libseccomp allows (2, 1, 0), of which each rule matches one half",
		rules:   [][]cond1{{{0, gt, 2, 0}, {1, gt, 0, 0}}, {{2, eq, 1, 0}, {0, gt, 1, 0}}},
		allowed: [][3]uint64{{3, 1, 0}, {3, 0, 1}, {2, 0, 1}},
		refused: [][3]uint64{{2, 1, 0}, {3, 0, 0}, {1, 1, 1}, {2, 9, 2}},
	},
	{
		name:    "a condition that two rules share, first",
		why:     "libseccomp does not end",
		rules:   [][]cond1{{{0, ne, 3, 0}, {1, eq, 2, 0}}, {{0, ne, 3, 0}, {2, eq, 7, 0}}},
		allowed: [][3]uint64{{4, 2, 0}, {4, 0, 7}, {4, 2, 7}, {0, 2, 7}},
		refused: [][3]uint64{{3, 2, 7}, {3, 2, 0}, {4, 0, 0}, {4, 7, 2}},
	},
	{
		name:    "a condition that two rules share, last",
		why:     "libseccomp does not end",
		rules:   [][]cond1{{{1, le, 0, 0}, {0, ne, 1, 0}}, {{2, ge, 1, 0}, {0, ne, 1, 0}}},
		allowed: [][3]uint64{{0, 0, 0}, {0, 9, 1}, {2, 0, 5}},
		refused: [][3]uint64{{1, 0, 1}, {0, 1, 0}, {2, 9, 0}},
	},
	{
		name:    "greater, in both halves (CVE-2019-9893)",
		why:     "libseccomp before 2.4 compared the halves one by one",
		rules:   [][]cond1{{{0, gt, two + 5, 0}}},
		allowed: [][3]uint64{{two + 6}, {three + 6}},
		only64:  [][3]uint64{{three}, {three + 5}},
		refused: [][3]uint64{{5}, {one + 4}, {one + 5}, {two + 4}, {two + 5}},
		only32:  [][3]uint64{{6}, {one + 6}, {one + 0xffffffff}},
	},
	{
		name:    "greater or equal, in both halves",
		why:     "as above",
		rules:   [][]cond1{{{0, ge, two + 5, 0}}},
		allowed: [][3]uint64{{two + 5}, {two + 6}, {three + 5}},
		only64:  [][3]uint64{{three}, {three + 4}},
		refused: [][3]uint64{{4}, {one + 4}, {two + 4}},
		only32:  [][3]uint64{{5}, {one + 5}, {one + 6}},
	},
	{
		name:    "less, in both halves",
		why:     "as above",
		rules:   [][]cond1{{{0, lt, two + 5, 0}}},
		allowed: [][3]uint64{{4}, {one + 4}, {two + 4}},
		only64:  [][3]uint64{{5}, {one + 5}, {one + 6}, {one + 0xffffffff}},
		refused: [][3]uint64{{two + 5}, {two + 6}, {three + 5}, {three + 6}},
		only32:  [][3]uint64{{three}, {three + 4}},
	},
	{
		name:    "less or equal, in both halves",
		why:     "as above",
		rules:   [][]cond1{{{0, le, two + 5, 0}}},
		allowed: [][3]uint64{{5}, {one + 5}, {two + 5}},
		only64:  [][3]uint64{{6}, {one + 6}},
		refused: [][3]uint64{{two + 6}, {three + 6}},
		only32:  [][3]uint64{{three}, {three + 5}},
	},
	{
		name:    "a mask over both halves",
		why:     "libseccomp before 2.4 compared the halves one by one",
		rules:   [][]cond1{{{0, masked, one + 6, one + 2}}},
		allowed: [][3]uint64{{one + 2}, {one + 3}, {three + 2}, {one + 0xfffffffa}},
		refused: [][3]uint64{{0}, {one + 4}, {one + 6}, {two + 6}},
		only32:  [][3]uint64{{2}, {two + 2}},
	},
	{
		name:    "conditions on two arguments are both needed (CVE-2017-18367)",
		why:     "libseccomp-golang before 0.9.1 made an OR of them",
		rules:   [][]cond1{{{0, eq, 2, 0}, {1, eq, 5, 0}}},
		allowed: [][3]uint64{{2, 5}},
		refused: [][3]uint64{{2, 0}, {0, 5}, {5, 2}},
	},
	{
		name:    "an argument that occurs twice in one rule",
		why:     "it makes every condition a rule of its own, as under runc",
		rules:   [][]cond1{{{0, eq, 2, 0}, {0, eq, 3, 0}, {1, eq, 5, 0}}},
		allowed: [][3]uint64{{2, 0}, {3, 0}, {9, 5}},
		refused: [][3]uint64{{0, 0}, {5, 2}},
	},
}

func TestRegressions(t *testing.T) {
	for _, c := range regressions {
		t.Run(c.name, func(t *testing.T) {
			p := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchX86}}
			for _, rule := range c.rules {
				s := specs.LinuxSyscall{Names: []string{"read"}, Action: specs.ActAllow}
				for _, a := range rule {
					s.Args = append(s.Args, specs.LinuxSeccompArg{Index: a.index, Op: a.op, Value: a.value, ValueTwo: a.valueTwo})
				}
				p.Syscalls = append(p.Syscalls, s)
			}
			check := twoWays(t, p)
			const read64, read32 = 0, 3
			for _, group := range []struct {
				calls      [][3]uint64
				on64, on32 Action
			}{
				{c.allowed, Allow, Allow},
				{c.refused, Errno(1), Errno(1)},
				{c.only32, Errno(1), Allow},
				{c.only64, Allow, Errno(1)},
			} {
				for _, a := range group.calls {
					args := [6]uint64{a[0], a[1], a[2]}
					check(unix.AUDIT_ARCH_X86_64, read64, args, group.on64)
					check(unix.AUDIT_ARCH_I386, read32, args, group.on32)
				}
			}
			if t.Failed() {
				t.Log(c.why)
			}
		})
	}
}

// Docker's profile allows five values of personality's argument. A compiler that
// leaves the wrong word in the accumulator between two rules allowed 56 as well
// (go-seccomp-bpf).
func TestRegressionPersonality(t *testing.T) {
	p, err := docker.Default(docker.Host{Caps: docker.Capabilities()})
	if err != nil {
		t.Fatal(err)
	}
	p.Architectures = []specs.Arch{specs.ArchX86_64}
	check := twoWays(t, p)
	const personality = 135
	for _, v := range []uint64{0, 8, 0x20000, 0x20008, 0xffffffff} {
		check(unix.AUDIT_ARCH_X86_64, personality, [6]uint64{v}, Allow)
	}
	for _, v := range []uint64{1, 7, 9, 56, 135, 0x1ffff, 0x20001, 0x20007, 0x20009, 0xfffffffe, one, one + 8, one + 0xffffffff, 1<<64 - 1} {
		check(unix.AUDIT_ARCH_X86_64, personality, [6]uint64{v}, Errno(1))
	}
}

// twoWays returns a check of one call by Decide and by the compiled program.
func twoWays(t *testing.T, profile *specs.LinuxSeccomp) func(audit, nr uint32, args [6]uint64, want Action) {
	t.Helper()
	text, err := json.Marshal(profile)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPolicy(profile, Options{Native: "SCMP_ARCH_X86_64"})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	f, err := p.Compile()
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	vm, err := bpf.NewVM(f.Instructions)
	if err != nil {
		t.Fatal(err)
	}
	return func(audit, nr uint32, args [6]uint64, want Action) {
		t.Helper()
		if got := p.Decide(audit, nr, args); got != want {
			t.Errorf("arch %#x nr %d args %#x: Decide says %s, want %s", audit, nr, args, got, want)
		}
		if got := Action(vm.Run(&bpf.Data{Nr: nr, Arch: audit, Args: args})); got != want {
			t.Errorf("arch %#x nr %d args %#x: the program says %s, want %s", audit, nr, args, got, want)
		}
	}
}
