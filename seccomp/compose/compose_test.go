package compose

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/internal/dice"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

var x64 = seccomp.Options{Native: "SCMP_ARCH_X86_64"}

func policy(t testing.TB, p *specs.LinuxSeccomp) *seccomp.Policy {
	t.Helper()
	q, err := seccomp.NewPolicy(p, x64)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func parse(t testing.TB, text string) *specs.LinuxSeccomp {
	t.Helper()
	p, err := seccomp.ParseProfile([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return p
}

func named(profiles ...*specs.LinuxSeccomp) (parts []Part) {
	for i, p := range profiles {
		parts = append(parts, Part{string(rune('A' + i)), p})
	}
	return parts
}

// calls are all calls of the architectures with arguments on both sides of every
// condition.
func calls(profiles ...*specs.LinuxSeccomp) (list []bpf.Data) {
	values := map[string][]uint64{}
	for _, p := range profiles {
		for _, s := range p.Syscalls {
			for _, name := range s.Names {
				for _, a := range s.Args {
					values[name] = append(values[name], a.Value-1, a.Value, a.Value+1, a.ValueTwo, a.Value^1<<33, uint64(uint32(a.Value)))
				}
			}
		}
	}
	for _, scmp := range []string{"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_ARM"} {
		a := arch.Lookup(scmp)
		for nr := a.Base; nr <= a.Dense+2; nr++ {
			some := values[a.Name(nr)]
			if name := a.Name(nr); name == "socketcall" || name == "ipc" {
				some = append([]uint64{1, 5, 21}, slices.Concat(values["socket"], values["accept"], values["shmat"])...)
			}
			list = append(list, bpf.Data{Arch: a.Audit, Nr: nr})
			for i, x := range some {
				y := some[(i*7+3)%len(some)]
				list = append(list, bpf.Data{Arch: a.Audit, Nr: nr, Args: [6]uint64{x, y, x}}, bpf.Data{Arch: a.Audit, Nr: nr, Args: [6]uint64{y, x, y}})
			}
		}
	}
	return append(list, bpf.Data{Arch: unix.AUDIT_ARCH_X86_64, Nr: 1<<32 - 1}, bpf.Data{Arch: 7})
}

// check holds the result against the definition of what each part means, call by call.
func check(t *testing.T, what string, merge bool, result *specs.LinuxSeccomp, parts ...*specs.LinuxSeccomp) (seen int) {
	t.Helper()
	q := policy(t, result)
	var policies []*seccomp.Policy
	for _, p := range parts {
		policies = append(policies, policy(t, p))
	}
	for _, d := range calls(parts...) {
		best, any := int32(0), []seccomp.Action{}
		for i, p := range policies {
			a := p.Decide(d.Arch, d.Nr, d.Args)
			switch kind := int32(a.Kind()); {
			case i == 0 || merge && kind > best || !merge && kind < best:
				best, any = kind, []seccomp.Action{a}
			case kind == best:
				any = append(any, a)
			}
		}
		got := q.Decide(d.Arch, d.Nr, d.Args)
		if d.Nr == noCall { // its errno is nobody's business
			for i := range any {
				any[i] = any[i].Kind()
			}
			got = got.Kind()
		}
		if !slices.Contains(any, got) || !merge && got != any[0] {
			t.Errorf("%s: %s is %s, want %v", what, text(&d), got, any)
			return
		}
		seen++
	}
	return seen
}

// real returns the profiles that engines use.
func real(t testing.TB) (dockers, containerd *specs.LinuxSeccomp) {
	t.Helper()
	dockers, err := docker.Default(docker.Host{Caps: docker.Capabilities(), Arch: specs.ArchX86_64})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../testdata/containerd-all.json")
	if err != nil {
		t.Fatal(err)
	}
	return dockers, parse(t, string(data))
}

func TestRealProfiles(t *testing.T) {
	d, c := real(t)
	recorded := parse(t, `{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],"syscalls":[
		{"names":["read","write","execve","exit_group","mount"],"action":"SCMP_ACT_ALLOW"},
		{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":40,"op":"SCMP_CMP_EQ"}]}]}`)
	for _, parts := range [][]*specs.LinuxSeccomp{{d, c}, {c, d}, {d}, {c, c}, {recorded}} {
		for _, merge := range []bool{true, false} {
			r, err := compose(named(parts...), x64, merge)
			if err != nil {
				t.Errorf("merge %v: %v", merge, err)
				continue
			}
			if n := check(t, "real", merge, r.Profile, parts...); n < 1800 {
				t.Errorf("only %d calls", n)
			}
			if len(r.Profile.Syscalls) > 80 || len(r.Warnings) > 0 {
				t.Errorf("merge %v: %d entries, %q", merge, len(r.Profile.Syscalls), r.Warnings)
			}
		}
	}
	// One that lists fewer architectures: what all allow is easy, and what any allows
	// cannot be said.
	for _, parts := range [][]*specs.LinuxSeccomp{{recorded, d}, {d, recorded}, {c, recorded, d}} {
		r, err := Intersect(named(parts...), x64)
		if err != nil {
			t.Error(err)
			continue
		}
		check(t, "recorded", false, r.Profile, parts...)
		if !slices.Equal(r.Profile.Architectures, []specs.Arch{specs.ArchX86_64}) {
			t.Errorf("architectures %v", r.Profile.Architectures)
		}
	}
	const want = "call mount: what it should get on SCMP_ARCH_X86_64 is not what it should get on SCMP_ARCH_X86 " +
		"(SCMP_ACT_ALLOW and SCMP_ACT_ERRNO(1 EPERM) for mount()), but the rules of a profile are for all of its architectures"
	if _, err := Merge(named(d, recorded), x64); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	recorded.Architectures = d.Architectures
	for _, parts := range [][]*specs.LinuxSeccomp{{recorded, d}, {d, recorded}, {c, recorded, d}} {
		r, err := Merge(named(parts...), x64)
		if err != nil {
			t.Error(err)
			continue
		}
		check(t, "recorded", true, r.Profile, parts...)
	}
}

// An intersection is what the kernel does with both filters, the first one installed
// last.
func TestIntersectIsTheKernels(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many cases in one goroutine")
	}
	const listener = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER // seccomp.Intersect keeps it if no call is left to the agent
	made, failed := 0, 0
	for seed := range uint64(120) {
		a, b := dice.Random(2*seed, 120).Profile(), dice.Random(2*seed+1, 120).Profile()
		r, err := Intersect(named(a, b), x64)
		if errors.Is(err, bpf.ErrComplex) {
			t.Fatalf("seed %d: %v", seed, err)
		} else if err != nil {
			failed++
			t.Logf("seed %d: %v", seed, err)
			continue
		}
		made++
		stack, err := seccomp.Intersect(policy(t, b), policy(t, a))
		if err != nil {
			continue // two listeners, of which one is left
		}
		c, err := seccomp.Compare(policy(t, r.Profile), stack)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range c.Differences {
			if d.First != noCall || d.A.Kind() != d.B.Kind() {
				t.Errorf("seed %d: %s", seed, d)
			}
		}
		if f, err := policy(t, r.Profile).Compile(); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		} else if g, err := stack.Compile(); err != nil || f.Flags&^listener != g.Flags&^listener {
			t.Errorf("seed %d: flags %#x, want %#x, %v", seed, f.Flags, g.Flags, err)
		}
	}
	t.Logf("%d made, %d cannot be said", made, failed)
	if made < 85 {
		t.Errorf("only %d of 120 intersections", made)
	}
}

func TestRandom(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many cases in one goroutine")
	}
	made := map[bool]int{}
	for seed := range uint64(60) {
		a, b := dice.Random(1000+2*seed, 100).Profile(), dice.Random(1001+2*seed, 100).Profile()
		if seed%2 == 0 { // more of them can be said
			b.Architectures, b.DefaultAction, b.DefaultErrnoRet = a.Architectures, a.DefaultAction, a.DefaultErrnoRet
		}
		for _, merge := range []bool{true, false} {
			r, err := compose(named(a, b), x64, merge)
			if err != nil {
				if strings.Contains(err.Error(), "internal") || strings.Contains(err.Error(), "rounds") {
					t.Errorf("seed %d: %v", seed, err)
				}
				continue
			}
			made[merge]++
			check(t, "random", merge, r.Profile, a, b)
		}
	}
	t.Logf("%d merged, %d intersected", made[true], made[false])
	if made[true] < 27 || made[false] < 42 {
		t.Errorf("only %v of 60", made)
	}
}

func TestEqualResults(t *testing.T) {
	d, c := real(t)
	first, err := Merge(named(d, c), x64)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		again, err := Merge(named(d, c), x64)
		if err != nil || !reflect.DeepEqual(again, first) {
			t.Fatalf("another result, %v", err)
		}
	}
}
