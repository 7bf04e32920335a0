package policy

import (
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
)

// ones are n rules, each with these names and the arguments that make returns.
func ones(n int, names []string, make func(i uint64) []specs.LinuxSeccompArg) *specs.LinuxSeccomp {
	p := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32}}
	for i := range uint64(n) {
		// Four actions, so that neighbours are not one range.
		action := []specs.LinuxSeccompAction{specs.ActErrno, specs.ActTrap, specs.ActLog, specs.ActKill}[i%4]
		p.Syscalls = append(p.Syscalls, specs.LinuxSyscall{Names: names, Action: action, Args: make(i)})
	}
	return p
}

func bits(i uint64) []specs.LinuxSeccompArg {
	return []specs.LinuxSeccompArg{{Index: 1, Value: 1 << i, ValueTwo: 1 << i, Op: specs.OpMaskedEqual}, {Index: 2, Value: 1 << i, ValueTwo: 1 << i, Op: specs.OpMaskedEqual}}
}

func value(i uint64) []specs.LinuxSeccompArg {
	return []specs.LinuxSeccompArg{{Index: 1, Value: i, Op: specs.OpEqualTo}}
}

// A pod's author cannot make create work for long: what is expensive to compare is refused
// after little work, or admitted by what needs no comparison.
func TestHostileProfiles(t *testing.T) {
	var names []string
	for id := range arch.ID(arch.NumIDs) {
		if name := id.String(); name != "execve" {
			names = append(names, name)
		}
	}
	six := func(i uint64) (list []specs.LinuxSeccompArg) {
		for j := range uint64(6) {
			v := (i*6 + j) * 0x9e3779b97f4a7c15
			list = append(list, specs.LinuxSeccompArg{Index: uint(j), Value: v, ValueTwo: v * 3, Op: specs.OpMaskedEqual})
		}
		return list
	}
	begin := cpuTime(t)
	for _, c := range []struct {
		name    string
		profile *specs.LinuxSeccomp
	}{
		{"4000 rules for one call", ones(4000, []string{"ioctl"}, value)},
		{"60 rules of six arguments", ones(60, []string{"personality"}, six)},
		{"32 pairs of bits", ones(32, []string{"ioctl"}, bits)},
		{"12 rules of six arguments for all calls", ones(12, names, six)},
		{"120 rules for all calls", ones(120, names, value)},
	} {
		for _, text := range []string{`{"require": "runtime/default"}`, `{"allowed": ["runtime/default", "localhost/floor.json"]}`} {
			p, err := node(t, text)
			if err != nil {
				t.Fatal(err)
			}
			config := &specs.Spec{Linux: &specs.Linux{Seccomp: c.profile}}
			if _, err := p.Decide(config, false); err == nil || len(err.Error()) > 600 || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s, %s: error %v, expected one", c.name, text, err)
			}
		}
	}
	// It takes 1 s; with seccomp.Compare it took 9.
	if took := cpuTime(t) - begin; took > 7_000 {
		t.Errorf("took %d ms", took)
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

// A profile that is too complicated for a comparison is admitted where none is needed:
// everything is allowed, or it is the very profile of the policy.
func TestAdmittedWithoutComparison(t *testing.T) {
	complicated := ones(32, []string{"ioctl"}, bits)
	profileFiles["complicated.json"] = string(appendProfile(nil, complicated))
	defer delete(profileFiles, "complicated.json")
	for policy, want := range map[string]string{
		`{"require": "localhost/complicated.json"}`:                            "own profile, require localhost/complicated.json",
		`{"allowed": ["localhost/strict.json", "*"]}`:                          "own profile, allowed[1] *",
		`{"allowed": ["localhost/strict.json", "localhost/complicated.json"]}`: "own profile, allowed[1] localhost/complicated.json",
		`{"allowed": ["localhost/strict.json", "localhost/floor.json"]}`:       "",
	} {
		p, err := node(t, policy)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Decide(&specs.Spec{Linux: &specs.Linux{Seccomp: complicated}}, false)
		switch {
		case want == "":
			if err == nil || !strings.Contains(err.Error(), "allowed[0]: compared with localhost/strict.json: seccomp: the conditions of ioctl on ") {
				t.Errorf("%s: %v", policy, err)
			}
		case err != nil || s.Decision != want:
			t.Errorf("%s: %+v, %v, expected %q", policy, s, err, want)
		}
	}
}
