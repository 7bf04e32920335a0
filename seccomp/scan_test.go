package seccomp

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
	rolled "github.com/runseal/runseal/seccomp/internal/dice"
)

func differs(Action, Action) bool { return true }
func weaker(a, b Action) bool     { return b.StricterThan(a) }
func moreStrict(a, b Action) bool { return a.StricterThan(b) }
func never(Action, Action) bool   { return false }
func onlyErrnos(a, b Action) bool { return a.Kind() == b.Kind() }
func dicePolicy(t *testing.T, seed uint64) *Policy {
	t.Helper()
	p, err := NewPolicy(rolled.Random(seed, 400).Profile(), Options{Native: "SCMP_ARCH_X86_64", KillThread: seed%3 == 0})
	if err != nil {
		return nil // a listener that nothing needs, and such
	}
	return p
}

// Scan finds the numbers that Compare finds, for policies and intersections of every shape,
// and so for each condition on the two actions.
func TestScanAgreesWithCompare(t *testing.T) {
	var policies []*Policy
	for seed := uint64(0); len(policies) < 70; seed++ {
		if p := dicePolicy(t, seed); p != nil {
			policies = append(policies, p)
		}
	}
	for i := 0; i+1 < 60; i += 2 { // some of two parts
		if p, err := Intersect(policies[i], policies[i+1]); err == nil {
			policies = append(policies, p)
		}
	}
	found := 0
	for i, a := range policies {
		s := NewScanner(a)
		for _, b := range []*Policy{a, policies[(i+1)%len(policies)], policies[(i*7+3)%len(policies)]} {
			c, err := Compare(a, b)
			if err != nil {
				t.Fatal(err)
			}
			for _, counts := range []func(a, b Action) bool{differs, weaker, moreStrict, never, onlyErrnos} {
				calls, err := s.Scan(b, counts)
				if err != nil {
					t.Fatal(err)
				}
				var want []Calls
				for _, d := range c.Differences {
					if counts(d.A, d.B) {
						want = append(want, Calls{Arch: d.Arch, First: d.First, Last: d.Last})
					}
				}
				if got, want := numbers(calls), numbers(want); got != want {
					t.Fatalf("policies %d: got\n%s\nwant\n%s", i, got, want)
				}
				for _, c := range calls {
					if c.Arch != "" && !slices.Equal(c.Names, names(arch.Lookup(c.Arch), c.First, c.Last)) {
						t.Errorf("%s %d to %d: names %q", c.Arch, c.First, c.Last, c.Names)
					}
				}
				found += len(calls)
			}
		}
	}
	if found < 1000 {
		t.Errorf("%d ranges of calls, expected more to compare", found)
	}
}

// numbers gives ranges, which may overlap, in one form.
func numbers(calls []Calls) string {
	byArch := map[string][][2]uint64{}
	for _, c := range calls {
		byArch[c.Arch] = append(byArch[c.Arch], [2]uint64{uint64(c.First), uint64(c.Last)})
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(byArch)) {
		list := byArch[name]
		slices.SortFunc(list, func(x, y [2]uint64) int { return int(int64(x[0]) - int64(y[0])) })
		fmt.Fprintf(&b, "%s:", name)
		for i := 0; i < len(list); {
			first, last := list[i][0], list[i][1]
			for i++; i < len(list) && list[i][0] <= last+1; i++ {
				last = max(last, list[i][1])
			}
			fmt.Fprintf(&b, " %d-%d", first, last)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// What a hostile profile costs is bounded in all, and what cannot be compared is an error
// that names the call.
func TestScanBounds(t *testing.T) {
	pairs := ioctls(32, x86Archs, func(i uint64) []specs.LinuxSeccompArg {
		return []specs.LinuxSeccompArg{{Index: 1, Value: 1 << i, ValueTwo: 1 << i, Op: specs.OpMaskedEqual}, {Index: 2, Value: 1 << i, ValueTwo: 1 << i, Op: specs.OpMaskedEqual}}
	})
	a, err := NewPolicy(pairs, Options{Native: "SCMP_ARCH_X86_64"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewPolicy(&specs.LinuxSeccomp{DefaultAction: specs.ActAllow}, Options{Native: "SCMP_ARCH_X86_64"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = NewScanner(a).Scan(b, differs)
	if !errors.Is(err, bpf.ErrComplex) || !strings.HasPrefix(err.Error(), "seccomp: the conditions of ioctl on SCMP_ARCH_X86_64 are too many ") {
		t.Errorf("32 pairs of bits: %v", err)
	}

	// Many rules for each of all calls: 17 million conditions, or 120.
	all := ioctls(120, x86Archs, apart(1, 1))
	for i := range all.Syscalls {
		all.Syscalls[i].Names = nil
		for id := range arch.ID(arch.NumIDs) {
			all.Syscalls[i].Names = append(all.Syscalls[i].Names, id.String())
		}
	}
	if a, err = NewPolicy(all, Options{Native: "SCMP_ARCH_X86_64"}); err != nil {
		t.Fatal(err)
	}
	s, before := NewScanner(a), cpuTime(t)
	for range 20 {
		if _, err := s.Scan(b, differs); err != nil {
			t.Fatal(err)
		}
	}
	if took := cpuTime(t) - before; took > 20_000 { // under the race detector and a load it is some 5,000
		t.Errorf("twenty scans took %d ms", took)
	}
}

// cpuTime is this process's, in milliseconds.
func cpuTime(t *testing.T) int64 {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return (u.Utime.Nano() + u.Stime.Nano()) / 1e6
}
