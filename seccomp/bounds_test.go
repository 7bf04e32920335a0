package seccomp

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
)

// everyArch lists all architectures that have a table.
func everyArch() (list []specs.Arch) {
	for i := range arch.All() {
		list = append(list, specs.Arch(arch.All()[i].Scmp))
	}
	return list
}

// ioctls returns a profile with n rules for ioctl whose arguments make returns.
func ioctls(n int, archs []specs.Arch, make func(i uint64) []specs.LinuxSeccompArg) *specs.LinuxSeccomp {
	p := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Architectures: archs}
	for i := range n {
		p.Syscalls = append(p.Syscalls, specs.LinuxSyscall{Names: []string{"ioctl"}, Action: specs.ActAllow, Args: make(uint64(i))})
	}
	return p
}

func equal(index uint, value uint64) specs.LinuxSeccompArg {
	return specs.LinuxSeccompArg{Index: index, Value: value, Op: specs.OpEqualTo}
}

// apart returns a maker of equal values of one or two arguments, step apart.
func apart(step uint64, args ...uint) func(i uint64) (list []specs.LinuxSeccompArg) {
	return func(i uint64) (list []specs.LinuxSeccompArg) {
		for _, a := range args {
			list = append(list, equal(a, i*step))
		}
		return list
	}
}

// TestManyRules holds that size is either compiled away or refused, with the
// count if the program could be made at all.
func TestManyRules(t *testing.T) {
	const counted, huge = 0, -1
	for _, c := range []struct {
		name    string
		profile *specs.LinuxSeccomp
		most    int // instructions; or too many for the kernel
	}{
		{"4200 values in a row", ioctls(4200, x86Archs, apart(1, 1)), 60},
		{"20000 values in a row", ioctls(20000, x86Archs, apart(1, 1)), 60},
		{"1000 values apart", ioctls(1000, x86Archs, apart(16, 1)), 3200},
		{"4200 values apart", ioctls(4200, x86Archs, apart(16, 1)), counted},
		{"20000 upper halves", ioctls(20000, x86Archs, apart(1<<32|1, 1)), huge},
		{"20000 pairs", ioctls(20000, x86Archs, apart(3, 1, 2)), huge},
	} {
		p, err := NewPolicy(c.profile, Options{Native: "SCMP_ARCH_X86_64"})
		if err != nil {
			t.Fatal(err)
		}
		f, err := p.Compile()
		if c.most <= 0 {
			checkTooMany(t, c.name, f, err, c.most == counted)
			continue
		}
		if err != nil || len(f.Instructions) > c.most {
			t.Errorf("%s: %v, expected at most %d instructions", c.name, err, c.most)
			continue
		}
		if c.name == "1000 values apart" {
			for v := uint64(0); v < 20000; v++ {
				want := eperm
				if v%16 == 0 && v < 16000 {
					want = Allow
				}
				if got := p.Decide(x64, 16, [6]uint64{0, v}); got != want {
					t.Fatalf("Decide(%d) = %s, want %s", v, got, want)
				}
			}
		}
		small := *c.profile
		small.Syscalls = small.Syscalls[len(small.Syscalls)-150:]
		if p, err = NewPolicy(&small, Options{Native: "SCMP_ARCH_X86_64"}); err != nil {
			t.Fatal(err)
		}
		agree(t, p)
	}
}

func checkTooMany(t *testing.T, name string, f *Filter, err error, counted bool) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: %d instructions, expected an error", name, len(f.Instructions))
		return
	}
	if !counted {
		if want := "linux.seccomp: the profile needs more than 4096 instructions, the kernel's limit"; err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
		return
	}
	var n, over int
	if _, scan := fmt.Sscanf(err.Error(), "linux.seccomp: the profile needs %d instructions, %d more than the kernel's limit of 4096", &n, &over); scan != nil || n-over != 4096 || over < 1 {
		t.Errorf("%s: %v", name, err)
	}
}

// TestBounds compiles profiles of hostile shape for all architectures. What they
// take is measured in bytes that were allocated, of which a machine's load is no
// part; the bound in time is there to catch what does not end.
func TestBounds(t *testing.T) {
	ops := []specs.LinuxSeccompOperator{specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpEqualTo, specs.OpGreaterEqual, specs.OpGreaterThan, specs.OpMaskedEqual}
	six := func(op func(i, j uint64) specs.LinuxSeccompOperator) func(i uint64) (list []specs.LinuxSeccompArg) {
		return func(i uint64) (list []specs.LinuxSeccompArg) {
			for j := range uint64(6) {
				v := (i*6 + j) * 0x9e3779b97f4a7c15
				list = append(list, specs.LinuxSeccompArg{Index: uint(j), Value: v, ValueTwo: v * 3, Op: op(i, j)})
			}
			return list
		}
	}
	one := func(index uint, value, two uint64, op specs.LinuxSeccompOperator) []specs.LinuxSeccompArg {
		return []specs.LinuxSeccompArg{{Index: index, Value: value, ValueTwo: two, Op: op}}
	}
	mixed := six(func(i, j uint64) specs.LinuxSeccompOperator { return ops[(i*5+j*3)%7] })
	always := ioctls(20000, everyArch(), mixed)
	always.Syscalls[0].Args = one(3, 0, 0, specs.OpGreaterEqual)
	never := ioctls(20000, everyArch(), func(i uint64) []specs.LinuxSeccompArg {
		list := mixed(i)
		list[i%6].Op, list[i%6].Value = specs.OpLessThan, 0
		return list
	})
	// Enough names for any table, and more entries than any list of calls.
	names := []string{}
	for id := range arch.ID(arch.NumIDs) {
		names = append(names, id.String())
	}
	plain := ioctls(20000, everyArch(), func(uint64) []specs.LinuxSeccompArg { return nil })
	for i := range plain.Syscalls {
		plain.Syscalls[i].Names = names
		plain.Syscalls[i].Action = []specs.LinuxSeccompAction{specs.ActAllow, specs.ActTrap}[i%2]
	}
	all := ioctls(400, everyArch(), apart(16, 1))
	for i := range all.Syscalls {
		all.Syscalls[i].Names = names
	}
	repeated := ioctls(1, everyArch(), apart(1, 1))
	repeated.Syscalls[0].Names = slices.Repeat([]string{"ioctl"}, 100000)
	alternatives := ioctls(1, everyArch(), func(uint64) (list []specs.LinuxSeccompArg) {
		for i := range uint64(20000) {
			list = append(list, equal(2, i*7))
		}
		return list
	})
	unknown := ioctls(20000, everyArch(), func(uint64) []specs.LinuxSeccompArg { return nil })
	for i := range unknown.Syscalls {
		unknown.Syscalls[i].Names = []string{"nonsense"}
	}
	sockets := ioctls(70000, everyArch(), func(uint64) []specs.LinuxSeccompArg { return nil })
	for i := range sockets.Syscalls {
		sockets.Syscalls[i].Names = []string{"socket"}
	}
	const tooMany = "linux.seccomp: the profile needs more than 4096 instructions, the kernel's limit"
	for _, c := range []struct {
		name    string
		profile *specs.LinuxSeccomp
		want    string // start of the error
	}{
		{"20000 rules of six arguments", ioctls(20000, everyArch(), mixed), tooMany},
		{"20000 inequalities", ioctls(20000, everyArch(), six(func(i, j uint64) specs.LinuxSeccompOperator { return specs.OpNotEqual })), tooMany},
		{"20000 masks", ioctls(20000, everyArch(), func(i uint64) []specs.LinuxSeccompArg {
			return one(1, i*0x9e3779b97f4a7c15|1, i*0xbf58476d1ce4e5b9, specs.OpMaskedEqual)
		}), tooMany},
		{"20000 masks in six arguments", ioctls(20000, everyArch(), six(func(i, j uint64) specs.LinuxSeccompOperator { return specs.OpMaskedEqual })), tooMany},
		{"20000 values in both halves", ioctls(20000, everyArch(), apart(0x9e3779b97f4a7c15, 1)), tooMany},
		{"20000 bounds", ioctls(20000, everyArch(), func(i uint64) []specs.LinuxSeccompArg {
			return one(1, i*0x9e3779b97f4a7c15, 0, ops[1+i%2*3])
		}), ""},
		{"20000 rules, one argument after the other", ioctls(20000, everyArch(), func(i uint64) []specs.LinuxSeccompArg {
			return one(uint(i%6), i*0x9e3779b97f4a7c15, 0, ops[i%6])
		}), tooMany},
		{"behind a rule that always holds", always, ""},
		{"rules that never hold", never, ""},
		{"20000 rules for all calls", plain, ""},
		{"400 rules with arguments for all calls", all, "linux.seccomp.syscalls[132]: more than 65536 rules with args for SCMP_ARCH_X86, which no filter has room for"},
		{"one name again and again", repeated, ""},
		{"one socket call again and again", sockets, ""},
		{"20000 alternatives", alternatives, tooMany},
		{"20000 unknown names", unknown, ""},
		{"more rules with arguments than are kept", ioctls(70000, x86Archs, apart(1, 1)), "linux.seccomp.syscalls[65536]: more than 65536 rules with args for SCMP_ARCH_X86_64"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		f, err := Compile(c.profile, Options{Native: "SCMP_ARCH_X86_64", IntArgs: true})
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		bytes := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %s, %d KB, %v", c.name, took, bytes/1024, err)
		if bytes > 64<<20 {
			t.Errorf("%s: %d MB allocated, expected at most 64", c.name, bytes>>20)
		}
		if took > 30*time.Second { // under the race detector on a busy machine
			t.Errorf("%s: took %s", c.name, took)
		}
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && err == nil:
			t.Errorf("%s: %d instructions, expected an error", c.name, len(f.Instructions))
		case c.want != "" && !strings.HasPrefix(err.Error(), c.want):
			t.Errorf("%s: %v, want %s…", c.name, err, c.want)
		}
	}
}

// TestManyWarnings holds that unknown names without end do not make warnings
// without end.
func TestManyWarnings(t *testing.T) {
	p := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: slices.Repeat([]string{"x"}, 1000), Action: specs.ActTrap}}}
	f, err := Compile(p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "linux.seccomp.syscalls: 900 more names are not system calls of any known architecture"
	if n := len(f.Warnings); n != 101 || f.Warnings[100] != want {
		t.Errorf("%d warnings, the last %q, want 101 and %q", n, f.Warnings[len(f.Warnings)-1], want)
	}
	if _, err := Compile(p, Options{Strict: true}); err == nil || !strings.HasPrefix(err.Error(), `linux.seccomp.syscalls[0].names[0]: "x" is not`) {
		t.Errorf("strict: %v", err)
	}
}
