//go:build libseccomp

package libseccomp

import (
	"fmt"
	"slices"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
)

// machines are the architectures that the profiles are compared for.
var machines = []struct {
	native specs.Arch
	more   []specs.Arch
}{
	{specs.ArchX86_64, []specs.Arch{specs.ArchX86, specs.ArchX32}},
	{specs.ArchX86_64, nil},
	{specs.ArchAARCH64, []specs.Arch{specs.ArchARM}},
}

// TestDecisions compares all decisions, and shows that the list of differences is not
// longer than it has to be.
func TestDecisions(t *testing.T) {
	var o oracle
	t.Run("real", func(t *testing.T) { realDecisions(t, &o) })
	t.Run("small", func(t *testing.T) { smallProfiles(t, &o) })
	if o.calls < 1_000_000 {
		t.Errorf("only %d calls compared", o.calls)
	}
	t.Logf("libseccomp %s", Version())
	for i, d := range differences {
		t.Logf("%d of %d calls differ: %s", o.met[i], o.calls, d.reason)
		if o.met[i] == 0 && !d.age {
			t.Error("this difference has gone")
		}
	}
}

// realDecisions compares on the profiles that engines use today, as they are and
// without the names that the library is too old for.
func realDecisions(t *testing.T, o *oracle) {
	for _, p := range realProfiles(t) {
		for _, m := range machines {
			p.Architectures = append([]specs.Arch{m.native}, m.more...)
			for _, level := range []int{1, 2} {
				t.Run(fmt.Sprintf("%s/%s+%d/level %d", p.Name, m.native, len(m.more), level), func(t *testing.T) {
					f := o.compare(t, p.LinuxSeccomp, m.native, level, seccomp.Options{})
					if len(f.Unknown) > 0 {
						t.Logf("without the names that are unknown to the library: %s", f.Unknown)
						o.compare(t, without(p.LinuxSeccomp, f.Unknown), m.native, level, seccomp.Options{})
					}
				})
			}
		}
	}
}

// With the options for it a call from an architecture that is not listed is no
// difference any more, nor is what counts as newer. With x32 listed every number belongs to an architecture.
func TestKillThread(t *testing.T) {
	var o oracle
	for _, p := range realProfiles(t) {
		p.Architectures = machines[0].more
		f, err := Compile(p.LinuxSeccomp, specs.ArchX86_64, 2)
		if err != nil {
			t.Fatal(err)
		}
		o.compare(t, without(p.LinuxSeccomp, f.Unknown), specs.ArchX86_64, 2, seccomp.Options{KillThread: true, AsRunc: true})
	}
	for i, d := range differences {
		if o.met[i] != 0 && !d.age {
			t.Errorf("%d calls differ: %s", o.met[i], d.reason)
		}
	}
}

// without returns the profile without these names.
func without(p *specs.LinuxSeccomp, names []string) *specs.LinuxSeccomp {
	q := *p
	q.Syscalls = nil
	for _, s := range p.Syscalls {
		s.Names = slices.DeleteFunc(slices.Clone(s.Names), func(n string) bool { return slices.Contains(names, n) })
		if len(s.Names) > 0 {
			q.Syscalls = append(q.Syscalls, s)
		}
	}
	return &q
}

func realProfiles(t *testing.T) []Profile {
	t.Helper()
	few, err := Profiles(false)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Profiles(true)
	if err != nil {
		t.Fatal(err)
	}
	return append(few, all...)
}
