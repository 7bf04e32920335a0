package enforced

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

func parse(t *testing.T, text string) *specs.LinuxSeccomp {
	t.Helper()
	p, err := seccomp.ParseProfile([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

func policyOf(t *testing.T, p *specs.LinuxSeccomp, o seccomp.Options) *seccomp.Policy {
	t.Helper()
	policy, err := seccomp.NewPolicy(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

func installed(t *testing.T, p *specs.LinuxSeccomp, o seccomp.Options) seccomp.InstalledFilter {
	t.Helper()
	f, err := policyOf(t, p, o).Compile()
	if err != nil {
		t.Fatal(err)
	}
	return seccomp.InstalledFilter{Instructions: f.Instructions, Flags: f.Flags & unix.SECCOMP_FILTER_FLAG_LOG}
}

func analyse(t *testing.T, filters ...seccomp.InstalledFilter) *Analysis {
	t.Helper()
	a, err := Analyse(filters...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func dockerDefault(t *testing.T) *specs.LinuxSeccomp {
	t.Helper()
	p, err := docker.Default(docker.Host{Caps: docker.Capabilities(), Arch: specs.ArchX86_64, Kernel: "6.1"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// holds evaluates the conditions of an outcome for 64-bit arguments.
func holds(o seccomp.Outcome, args [6]uint64) bool {
	all := func(list []specs.LinuxSeccompArg) bool {
		for _, c := range list {
			v := args[c.Index]
			switch c.Op {
			case specs.OpEqualTo:
				if v != c.Value {
					return false
				}
			case specs.OpNotEqual:
				if v == c.Value {
					return false
				}
			case specs.OpLessEqual:
				if v > c.Value {
					return false
				}
			case specs.OpGreaterEqual:
				if v < c.Value {
					return false
				}
			case specs.OpMaskedEqual:
				if v&c.Value != c.ValueTwo&c.Value {
					return false
				}
			default:
				panic(c.Op)
			}
		}
		return true
	}
	return all(o.If) && !slices.ContainsFunc(o.Unless, all)
}

// What is said of every call is what the policy decides.
func TestAnalyse(t *testing.T) {
	if arch.Native != "SCMP_ARCH_X86_64" {
		t.Skip("the profile is one of x86_64")
	}
	for name, p := range map[string]*specs.LinuxSeccomp{
		"docker": dockerDefault(t),
		"small": parse(t, `{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86"],"syscalls":[
			{"names":["read","socket"],"action":"SCMP_ACT_ALLOW"},
			{"names":["ioctl"],"action":"SCMP_ACT_TRAP","args":[{"index":1,"value":21505,"op":"SCMP_CMP_GE"}]},
			{"names":["ioctl"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":255,"valueTwo":7,"op":"SCMP_CMP_MASKED_EQ"},{"index":2,"value":5,"op":"SCMP_CMP_LT"}]}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			policy := policyOf(t, p, seccomp.Options{})
			a := analyse(t, installed(t, p, seccomp.Options{}))
			if a.Mixed || a.Unlisted != seccomp.KillProcess {
				t.Errorf("mixed %v, unlisted %s", a.Mixed, a.Unlisted)
			}
			var archs []string
			for _, l := range a.Archs {
				archs = append(archs, l.Arch.Scmp)
				check := func(nr uint32, outcomes []seccomp.Outcome) {
					rng := rand.New(rand.NewPCG(uint64(nr), 7))
					for range 40 {
						var args [6]uint64
						for i := range args {
							args[i] = []uint64{0, 1, 4, 5, 7, 8, 16, 38, 39, 40, 41, 0x20000, 0x1ff, 21504, 21505, 1<<31 | 7, 0x7E020000}[rng.IntN(17)]
						}
						want := policy.Decide(l.Arch.Audit, nr, args)
						at := slices.IndexFunc(outcomes, func(o seccomp.Outcome) bool { return holds(o, args) })
						if at < 0 || outcomes[at].Action != want {
							t.Fatalf("%s %d %x: outcome %d of %v, want %s", l.Arch.Scmp, nr, args, at, outcomes, want)
						}
					}
				}
				for _, c := range l.Calls {
					check(c.Number, c.Outcomes)
				}
				for _, r := range l.Others {
					check(r.First, r.Outcomes)
					check(r.Last, r.Outcomes)
				}
				if n := len(namesOf(l.Arch)); len(l.Calls) != n {
					t.Errorf("%s: %d calls, want %d", l.Arch.Scmp, len(l.Calls), n)
				}
			}
			want := []string{"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"}
			if name == "docker" {
				want = append(want, "SCMP_ARCH_X32")
			}
			slices.Sort(archs[1:])
			slices.Sort(want[1:])
			if !slices.Equal(archs, want) {
				t.Errorf("architectures %v, want %v", archs, want)
			}
		})
	}
}

func text(list []seccomp.Outcome) string {
	var lines []string
	for _, o := range list {
		lines = append(lines, strings.TrimSpace(o.Action.String()+" "+o.Conditions()))
	}
	return strings.Join(lines, "; ")
}

// Conditions are found as a person would write them.
func TestOutcomes(t *testing.T) {
	if arch.Native != "SCMP_ARCH_X86_64" {
		t.Skip("the profiles are of x86_64")
	}
	rule := func(action, args string) string {
		return fmt.Sprintf(`{"names":["ioctl"],"action":"SCMP_ACT_%s","args":[%s]}`, action, args)
	}
	eq := func(i int, v uint64) string { return fmt.Sprintf(`{"index":%d,"value":%d,"op":"SCMP_CMP_EQ"}`, i, v) }
	for _, c := range []struct{ rules, want string }{
		{rule("ALLOW", eq(0, 40)), "SCMP_ACT_ALLOW if arg0 == 0x28; SCMP_ACT_ERRNO(1 EPERM) unless arg0 == 0x28"},
		{rule("ALLOW", eq(0, 0)+","+eq(0, 8)+","+eq(0, 1<<40)),
			"SCMP_ACT_ALLOW if arg0 == 0x0; SCMP_ACT_ALLOW if arg0 == 0x8; SCMP_ACT_ALLOW if arg0 == 0x10000000000; SCMP_ACT_ERRNO(1 EPERM) unless arg0 == 0x0, or arg0 == 0x8, or arg0 == 0x10000000000"},
		{rule("ALLOW", `{"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}`),
			"SCMP_ACT_ALLOW if arg0 & 0x7e020000 == 0x0; SCMP_ACT_ERRNO(1 EPERM) unless arg0 & 0x7e020000 == 0x0"},
		{rule("ALLOW", eq(0, 16)+","+eq(2, 9)), "SCMP_ACT_ALLOW if arg0 == 0x10 and arg2 == 0x9; SCMP_ACT_ERRNO(1 EPERM) unless arg0 == 0x10 and arg2 == 0x9"},
		{rule("ALLOW", `{"index":0,"value":16,"op":"SCMP_CMP_NE"}`) + "," + rule("ALLOW", `{"index":2,"value":9,"op":"SCMP_CMP_NE"}`),
			"SCMP_ACT_ALLOW unless arg0 == 0x10 and arg2 == 0x9; SCMP_ACT_ERRNO(1 EPERM) if arg0 == 0x10 and arg2 == 0x9"},
		{rule("ALLOW", `{"index":0,"value":16,"op":"SCMP_CMP_LE"}`), "SCMP_ACT_ALLOW if arg0 <= 0x10; SCMP_ACT_ERRNO(1 EPERM) unless arg0 <= 0x10"},
		{rule("ALLOW", `{"index":0,"value":4294967295,"valueTwo":40,"op":"SCMP_CMP_MASKED_EQ"}`),
			"SCMP_ACT_ALLOW if arg0 & 0xffffffff == 0x28; SCMP_ACT_ERRNO(1 EPERM) unless arg0 & 0xffffffff == 0x28"},
		{rule("TRAP", `{"index":0,"value":16,"op":"SCMP_CMP_LT"}`) + "," + rule("ALLOW", `{"index":0,"value":32,"op":"SCMP_CMP_LT"}`),
			"SCMP_ACT_ALLOW unless arg0 >= 0x20, or arg0 <= 0xf; SCMP_ACT_TRAP if arg0 <= 0xf; SCMP_ACT_ERRNO(1 EPERM) if arg0 >= 0x20"},
	} {
		p := parse(t, `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[`+c.rules+`]}`)
		a := analyse(t, installed(t, p, seccomp.Options{}))
		i := slices.IndexFunc(a.Archs[0].Calls, func(c Call) bool { return c.Name == "ioctl" })
		got := text(a.Archs[0].Calls[i].Outcomes)
		sorted := func(s string) []string {
			list := strings.Split(s, "; ")
			slices.Sort(list)
			return list
		}
		if !slices.Equal(sorted(got), sorted(c.want)) {
			t.Errorf("%s\n%s\nwant\n%s", c.rules, got, c.want)
		}
	}
}

// A profile that is found is proved to be the one that the filter was made of.
func TestProfileDocker(t *testing.T) {
	if arch.Native != "SCMP_ARCH_X86_64" {
		t.Skip("the profile is one of x86_64")
	}
	source := dockerDefault(t)
	for _, o := range []seccomp.Options{{}, {KillThread: true}} {
		p, err := analyse(t, installed(t, source, o)).Profile(Options{})
		if err != nil {
			t.Fatal(err)
		}
		if p.KillThread != o.KillThread || len(p.Notes) != len(map[bool][]int{true: {1}}[o.KillThread]) {
			t.Errorf("kill thread %v, notes %q", p.KillThread, p.Notes)
		}
		r, err := seccomp.Compare(policyOf(t, source, seccomp.Options{}), policyOf(t, p.Seccomp, seccomp.Options{}))
		if err != nil || len(r.Differences) != 0 {
			t.Errorf("%v, %v", r, err)
		}
		var again specs.LinuxSeccomp
		if err := json.Unmarshal(p.JSON, &again); err != nil || again.DefaultAction != specs.ActErrno {
			t.Errorf("%v, default %s", err, again.DefaultAction)
		}
	}
}

// Whatever a program computes: no panic, and what is said of a call is what the
// interpreter returns for it.
func FuzzAnalyse(f *testing.F) {
	for _, text := range []string{plain, `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["ioctl"],"action":"SCMP_ACT_TRAP","args":[{"index":1,"value":255,"valueTwo":7,"op":"SCMP_CMP_MASKED_EQ"}]}]}`} {
		p, err := seccomp.ParseProfile([]byte(text))
		if err != nil {
			f.Fatal(err)
		}
		filter, err := seccomp.Compile(p, seccomp.Options{})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filter.Bytes(), uint64(7))
	}
	f.Fuzz(func(t *testing.T, raw []byte, arg uint64) {
		var prog []bpf.Instruction
		for ; len(raw) >= 8 && len(prog) < 60; raw = raw[8:] {
			prog = append(prog, bpf.Instruction{Op: binary.NativeEndian.Uint16(raw), Jt: raw[2], Jf: raw[3], K: binary.NativeEndian.Uint32(raw[4:])})
		}
		vm, err := bpf.NewVM(prog)
		if err != nil {
			return
		}
		a, err := Analyse(seccomp.InstalledFilter{Instructions: prog})
		if err != nil {
			return
		}
		for _, l := range a.Archs {
			for _, c := range l.Calls {
				if c.Complex != nil || l.Arch.Bits == 32 {
					continue
				}
				args := [6]uint64{arg, arg >> 7, arg << 7, arg ^ 1, arg & 0xff, 0}
				want := seccomp.Action(vm.Run(&bpf.Data{Arch: l.Arch.Audit, Nr: c.Number, Args: args}))
				at := slices.IndexFunc(c.Outcomes, func(o seccomp.Outcome) bool { return holds(o, args) })
				if at < 0 || c.Outcomes[at].Action != want {
					t.Fatalf("%s %s %x: outcome %d of %v, want %s", l.Arch.Scmp, c.Name, args, at, c.Outcomes, want)
				}
			}
		}
	})
}
