package seccomp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

func policy(t testing.TB, src string) *Policy {
	t.Helper()
	p, err := NewPolicy(parse(t, src), Options{Native: "SCMP_ARCH_X86_64"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCompare(t *testing.T) {
	rule := func(name, action, args string) string {
		return fmt.Sprintf(`{"names":[%q],"action":%q,"args":[%s]}`, name, action, args)
	}
	arg := func(i int, op string, v, w uint64) string {
		return fmt.Sprintf(`{"index":%d,"op":"SCMP_CMP_%s","value":%d,"valueTwo":%d}`, i, op, v, w)
	}
	profile := func(def string, rules ...string) string {
		return fmt.Sprintf(`{"defaultAction":%q,"syscalls":[%s]}`, def, strings.Join(rules, ","))
	}
	const allow, errno, kill = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS"
	for _, c := range []struct {
		name, a, b      string
		want            []string
		atLeast, atMost bool
	}{
		{"equal", profile(allow, rule("bpf", errno, "")), profile(allow, rule("bpf", errno, "")), nil, true, true},
		{"equal in other words", profile(errno, rule("socket", allow, arg(0, "LT", 5, 0))),
			profile(errno, rule("socket", allow, arg(0, "EQ", 4, 0)), rule("socket", allow, arg(0, "LE", 3, 0))), nil, true, true},
		{"one call", profile(allow, rule("bpf", errno, "")), profile(allow),
			[]string{"SCMP_ARCH_X86_64 bpf: SCMP_ACT_ERRNO(1 EPERM), SCMP_ACT_ALLOW"}, true, false},
		{"neighbours", profile(allow, rule("write", errno, ""), rule("read", errno, "")), profile(allow),
			[]string{"SCMP_ARCH_X86_64 0 to 1 (read, write): SCMP_ACT_ERRNO(1 EPERM), SCMP_ACT_ALLOW"}, true, false},
		{"same strictness", profile(allow, rule("bpf", errno, "")), profile(allow, `{"names":["bpf"],"action":"SCMP_ACT_ERRNO","errnoRet":38}`),
			[]string{"SCMP_ARCH_X86_64 bpf: SCMP_ACT_ERRNO(1 EPERM), SCMP_ACT_ERRNO(38 ENOSYS)"}, true, true},
		{"both ways", profile(allow, rule("bpf", errno, "")), profile(allow, rule("ptrace", kill, "")),
			[]string{"SCMP_ARCH_X86_64 ptrace: SCMP_ACT_ALLOW, SCMP_ACT_KILL_PROCESS", "SCMP_ARCH_X86_64 bpf: SCMP_ACT_ERRNO(1 EPERM), SCMP_ACT_ALLOW"}, false, false},
		{"argument", profile(allow, rule("socket", errno, arg(0, "EQ", 40, 0))), profile(allow),
			[]string{"SCMP_ARCH_X86_64 socket if arg0 == 0x28: SCMP_ACT_ERRNO(1 EPERM), SCMP_ACT_ALLOW"}, true, false},
		{"exceptions", profile(allow, rule("personality", errno, "")),
			profile(errno, rule("personality", allow, arg(0, "EQ", 0, 0)), rule("personality", allow, arg(0, "MASKED_EQ", 0xff00, 0x800)), rule("read", allow, "")),
			nil, false, false}, // looked at below
		{"bound", profile(errno, rule("socket", allow, arg(1, "LE", 10, 0)+","+arg(0, "EQ", 1, 0))),
			profile(errno, rule("socket", allow, arg(1, "LE", 11, 0)+","+arg(0, "EQ", 1, 0))),
			[]string{"SCMP_ARCH_X86_64 socket if arg1 <= 0xb and arg0 == 0x1 unless arg1 <= 0xa and arg0 == 0x1: SCMP_ACT_ERRNO(1 EPERM), SCMP_ACT_ALLOW"}, true, false},
		{"architecture", profile(allow), `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"]}`,
			[]string{"SCMP_ARCH_X86 0 to 4294967295"}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Compare(policy(t, c.a), policy(t, c.b))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range r.Differences {
				got = append(got, d.String())
			}
			if c.name == "exceptions" {
				at := slices.IndexFunc(got, func(s string) bool { return strings.HasPrefix(s, "SCMP_ARCH_X86_64 personality") })
				if at < 0 || !strings.HasPrefix(got[at], "SCMP_ARCH_X86_64 personality if arg0 == 0x0: SCMP_ACT_ERRNO(1 EPERM), SCMP_ACT_ALLOW") ||
					!strings.HasPrefix(got[at+1], "SCMP_ARCH_X86_64 personality if arg0 & 0xff00 == 0x800: ") {
					t.Errorf("got %q", got)
				}
				return
			}
			if c.name == "architecture" {
				for i := range got {
					got[i] = got[i][:min(len(got[i]), len(c.want[0]))]
				}
			}
			if !slices.Equal(got, c.want) || r.AtLeastAsStrict != c.atLeast || r.AtMostAsStrict != c.atMost {
				t.Errorf("got %q %v %v, want %q %v %v", got, r.AtLeastAsStrict, r.AtMostAsStrict, c.want, c.atLeast, c.atMost)
			}
		})
	}
}

// holdsFor says whether the difference is about the call.
func (f Difference) holdsFor(t *testing.T, audit, nr uint32, args [6]uint64) bool {
	a := arch.ByCall(audit, nr)
	if nr == noCall && f.Arch == "SCMP_ARCH_X86_64" { // ptrace's "no call" is not x32's
		a = arch.Lookup(f.Arch)
	}
	if f.Arch == "" || a == nil || a.Scmp != f.Arch || a.Audit != audit || nr < f.First || nr > f.Last {
		return false
	}
	holds := func(list []specs.LinuxSeccompArg) bool {
		conds, err := parseConds(0, list)
		if err != nil {
			t.Fatal(err)
		}
		if a.Bits == 32 {
			conds = cut(conds, allArgs)
		}
		return match(conds, &args)
	}
	return holds(f.If) && !slices.ContainsFunc(f.Unless, holds)
}

func randomPolicy(t *testing.T, rng *rand.Rand) *Policy {
	data := make([]byte, 40+rng.IntN(100))
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	p, err := NewPolicy((&dice{data}).profile(), Options{Native: "SCMP_ARCH_X86_64"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sample thins a list out.
func sample(list [][6]uint64) [][6]uint64 {
	var out [][6]uint64
	for i := 0; i < len(list); i += 1 + len(list)/200 {
		out = append(out, list[i])
	}
	return out
}

// Over random pairs of policies: every sampled call is in exactly one
// difference, with its actions, or in none if the policies agree; the examples
// are real; strictness is what the combined function says; the intersection
// decides as both together, and its program is proved.
func TestCompareAndIntersectRandom(t *testing.T) {
	rng, rounds := rand.New(rand.NewPCG(9, 10)), 60
	if testing.Short() {
		rounds = 10
	}
	for round := range rounds {
		a, b := randomPolicy(t, rng), randomPolicy(t, rng)
		r, err := Compare(a, b)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Differences {
			e := f.Example
			if got, want := a.Decide(e.Arch, e.Nr, e.Args), b.Decide(e.Arch, e.Nr, e.Args); got != f.A || want != f.B || got == want {
				t.Fatalf("round %d: %s: the example %s is %s, %s", round, f, callText(&e), got, want)
			}
			if f.Arch != "" && !f.holdsFor(t, e.Arch, e.Nr, e.Args) {
				t.Fatalf("round %d: %s does not describe its example %s", round, f, callText(&e))
			}
		}
		d := bdd.New(1 << 20)
		weaker := d.Combine(func(x, y uint32) uint32 {
			if strictness(x) > strictness(y) {
				return 1
			}
			return 0
		}, a.meaning(d), b.meaning(d))
		if r.AtLeastAsStrict != (weaker == bdd.False) {
			t.Fatalf("round %d: at least as strict: %v", round, r.AtLeastAsStrict)
		}
		both, err := Intersect(a, b)
		if err != nil {
			t.Fatal(err)
		}
		for _, audit := range []uint32{unix.AUDIT_ARCH_X86_64, unix.AUDIT_ARCH_I386, unix.AUDIT_ARCH_ARM} {
			for _, nr := range append(a.bounds(audit), b.bounds(audit)...) {
				for _, args := range slices.Concat(sample(testArgs(a, audit, nr)), sample(testArgs(b, audit, nr))) {
					x, y := a.Decide(audit, nr, args), b.Decide(audit, nr, args)
					in := 0
					for _, f := range r.Differences {
						if f.holdsFor(t, audit, nr, args) {
							in++
							if f.A != x || f.B != y {
								t.Fatalf("round %d: arch %#x nr %d args %#x: %s, %s, but it is in %s", round, audit, nr, args, x, y, f)
							}
						}
					}
					want := 0
					if x != y {
						want = 1
					}
					// Of an architecture that neither lists there is one difference, without a name.
					if listed := slices.Contains(both.audits(), audit); listed && in != want {
						t.Fatalf("round %d: arch %#x nr %d args %#x: %s, %s is in %d differences", round, audit, nr, args, x, y, in)
					}
					strict := y
					if strictness(uint32(x)) < strictness(uint32(y)) {
						strict = x
					}
					if got := both.Decide(audit, nr, args); got != strict {
						t.Fatalf("round %d: intersection of %s and %s is %s", round, x, y, got)
					}
				}
			}
		}
		f, err := both.Compile()
		if err != nil {
			t.Fatal(err)
		}
		if err := Verify(f.Instructions, both); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
}

func TestIntersectRealProfiles(t *testing.T) {
	all := realProfiles(t)
	floor := policy(t, `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"],"syscalls":[
		{"names":["bpf","perf_event_open","userfaultfd","add_key","keyctl"],"action":"SCMP_ACT_KILL_PROCESS"},
		{"names":["socket"],"action":"SCMP_ACT_ERRNO","errnoRet":97,"args":[{"index":0,"op":"SCMP_CMP_EQ","value":38}]}]}`)
	for name, profile := range all {
		p, err := NewPolicy(profile, Options{Native: "SCMP_ARCH_X86_64"})
		if err != nil {
			t.Fatal(err)
		}
		both, err := Intersect(floor, p)
		if err != nil {
			t.Fatal(err)
		}
		f, err := both.Compile()
		if err != nil {
			t.Fatal(err)
		}
		if err := Verify(f.Instructions, both); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, other := range []*Policy{floor, p} {
			if r, err := Compare(both, other); err != nil || !r.AtLeastAsStrict {
				t.Errorf("%s: the intersection is weaker than one of its parts: %v", name, err)
			}
		}
		alone, err := p.Compile()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d instructions, %d under the floor", name, len(alone.Instructions), len(f.Instructions))
		if len(f.Instructions) > len(alone.Instructions)+60 {
			t.Errorf("%s: %d instructions, %d under the floor", name, len(alone.Instructions), len(f.Instructions))
		}
		if err := both.AllowsExecve(); err != nil {
			t.Error(err)
		}
	}
	var c *Counterexample
	p := policy(t, `{"defaultAction":"SCMP_ACT_ALLOW"}`)
	both, err := Intersect(floor, p)
	if err != nil {
		t.Fatal(err)
	}
	f, err := both.Compile()
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(f.Instructions, p); !errors.As(err, &c) {
		t.Errorf("got %v, want a counterexample", err)
	}
}

func x32Calls() (n int) {
	for id := range arch.ID(arch.NumIDs) {
		if _, ok := arch.Lookup("SCMP_ARCH_X32").NumberOf(id); ok {
			n++
		}
	}
	return n
}

// What people read in odd cases.
func TestDifferenceText(t *testing.T) {
	const socket40 = `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["socket"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"op":"SCMP_CMP_EQ","value":40}]}]}`
	narrow, err := NewPolicy(parse(t, socket40), Options{Native: "SCMP_ARCH_X86_64", IntArgs: true})
	if err != nil {
		t.Fatal(err)
	}
	var many []string
	for v := range 9 {
		many = append(many, fmt.Sprintf(`{"index":0,"op":"SCMP_CMP_EQ","value":%d}`, 3*v))
	}
	for _, c := range []struct {
		a, b *Policy
		want string
	}{
		{narrow, policy(t, socket40), "SCMP_ARCH_X86_64 socket if arg0 & 0xffffffff == 0x28 unless arg0 == 0x28: SCMP_ACT_ERRNO(1 EPERM), SCMP_ACT_ALLOW"},
		{policy(t, `{"defaultAction":"SCMP_ACT_ALLOW"}`), policy(t, `{"defaultAction":"SCMP_ACT_TRAP","architectures":["SCMP_ARCH_X32"]}`),
			"SCMP_ARCH_X86_64 no call (-1): SCMP_ACT_ALLOW, SCMP_ACT_TRAP"},
		{policy(t, `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X32"]}`), policy(t, `{"defaultAction":"SCMP_ACT_TRAP","architectures":["SCMP_ARCH_X32"]}`),
			fmt.Sprintf("SCMP_ARCH_X32 0x40000000+0 to 4294967294 (read, write, open ... pwritev2, %d calls): SCMP_ACT_ALLOW, SCMP_ACT_TRAP", x32Calls())},
		{policy(t, `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X32"]}`),
			policy(t, `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X32"],"syscalls":[{"names":["rt_sigreturn"],"action":"SCMP_ACT_TRAP"}]}`),
			"SCMP_ARCH_X32 rt_sigreturn: SCMP_ACT_ALLOW, SCMP_ACT_TRAP"},
		{policy(t, `{"defaultAction":"SCMP_ACT_ALLOW"}`),
			policy(t, `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[`+strings.Join(many, ",")+`]}]}`),
			"SCMP_ARCH_X86_64 socket unless arg0 == 0x0, or arg0 == 0x3, or arg0 == 0x6, or arg0 == 0x9, or arg0 == 0xc, or 4 other conditions: SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(1 EPERM)"},
	} {
		r, err := Compare(c.a, c.b)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range r.Differences {
			got = append(got, d.String())
		}
		if !slices.Contains(got, c.want) {
			t.Errorf("no %q in\n%s", c.want, strings.Join(got, "\n"))
		}
	}
}

// However many rules and differences there are, the answer or the error comes
// soon and in bounded memory.
func TestCompareBounds(t *testing.T) {
	rules := func(n int, format string) *Policy {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"names":["ioctl"],"action":"SCMP_ACT_ALLOW","args":[`+format+`]}`, i))
		}
		return policy(t, `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[`+strings.Join(list, ",")+`]}`)
	}
	a := rules(3000, `{"index":1,"op":"SCMP_CMP_EQ","value":%d}`)
	b := policy(t, `{"defaultAction":"SCMP_ACT_TRAP"}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Compare(a, b); err != nil && !errors.Is(err, bpf.ErrComplex) {
		t.Error(err)
	}
	if _, err := Compare(a, rules(3000, `{"index":2,"op":"SCMP_CMP_EQ","value":%d}`)); !errors.Is(err, bpf.ErrComplex) {
		t.Errorf("9 million pairs of rules: %v", err)
	}
	runtime.ReadMemStats(&after)
	if total := (after.TotalAlloc - before.TotalAlloc) >> 20; total > 400 {
		t.Errorf("%d MiB allocated", total)
	}
}
