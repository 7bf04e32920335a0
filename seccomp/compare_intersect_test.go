package seccomp

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/bdd"
)

// Compare looks at every number of which a part of an intersection has a rule,
// not only at those that the other policy knows.
func TestCompareIntersection(t *testing.T) {
	open := policy(t, `{"defaultAction":"SCMP_ACT_ALLOW"}`)
	floor := policy(t, `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["bpf"],"action":"SCMP_ACT_KILL_PROCESS"}]}`)
	both, err := Intersect(floor, open)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Compare(both, open)
	if err != nil {
		t.Fatal(err)
	}
	const want = "SCMP_ARCH_X86_64 bpf: SCMP_ACT_KILL_PROCESS, SCMP_ACT_ALLOW"
	if len(r.Differences) != 1 || r.Differences[0].String() != want || !r.AtLeastAsStrict || r.AtMostAsStrict {
		t.Errorf("got %v %v %v, want %s", r.Differences, r.AtLeastAsStrict, r.AtMostAsStrict, want)
	}
}

func TestCompareIntersectionRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	differ, compared := 0, 0
	for round := range 30 {
		a, b := randomPolicy(t, rng), randomPolicy(t, rng)
		x, err := Intersect(a, b)
		if err != nil {
			t.Fatal(err)
		}
		y := []*Policy{a, b, randomPolicy(t, rng)}[round%3]
		if round%2 == 1 {
			if y, err = Intersect(b, y); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Compare(x, y)
		if err != nil {
			continue // too complicated
		}
		compared++
		d := bdd.New(1 << 20)
		f, g := x.meaning(d), y.meaning(d)
		if (f == g) != (len(r.Differences) == 0) {
			t.Fatalf("round %d: equal %v, but %d differences", round, f == g, len(r.Differences))
		}
		weaker := func(f, g bdd.Ref) bool {
			return d.Combine(func(x, y uint32) uint32 {
				if strictness(x) > strictness(y) {
					return 1
				}
				return 0
			}, f, g) != bdd.False
		}
		if d.Full() {
			t.Fatal("full")
		}
		if r.AtLeastAsStrict != !weaker(f, g) || r.AtMostAsStrict != !weaker(g, f) {
			t.Fatalf("round %d: strictness %v %v", round, r.AtLeastAsStrict, r.AtMostAsStrict)
		}
		for _, c := range r.Differences {
			e := c.Example
			if got, want := x.Decide(e.Arch, e.Nr, e.Args), y.Decide(e.Arch, e.Nr, e.Args); got != c.A || want != c.B || got == want {
				t.Fatalf("round %d: %s: the example %s is %s, %s", round, c, callText(&e), got, want)
			}
			differ++
		}
	}
	if compared < 20 || differ < 100 {
		t.Errorf("only %d pairs compared, with %d differences", compared, differ)
	}
}

// What an intersection has besides its decisions.
func TestIntersectFlags(t *testing.T) {
	make := func(o Options, listener string, flags ...specs.LinuxSeccompFlag) *Policy {
		p := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Flags: flags, Syscalls: []specs.LinuxSyscall{{Names: []string{"no such call"}, Action: specs.ActTrap}}}
		if listener != "" {
			p.ListenerPath, p.Syscalls = listener, []specs.LinuxSyscall{{Names: []string{"read"}, Action: specs.ActNotify}}
		}
		q, err := NewPolicy(p, o)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	x64 := Options{Native: "SCMP_ARCH_X86_64"}
	none, logs, plain, agent := make(x64, "", []specs.LinuxSeccompFlag{}...), make(x64, "", specs.LinuxSeccompFlagLog), make(x64, ""), make(x64, "/run/agent")
	none.flags, none.unasked = 0, 0
	for _, c := range []struct {
		a, b     *Policy
		want     uint
		warnings int
	}{
		{plain, plain, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, 2},
		{plain, none, 0, 2},
		{none, plain, 0, 2},
		{logs, plain, unix.SECCOMP_FILTER_FLAG_LOG, 2},
		{plain, agent, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW | unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, 1},
	} {
		p, err := Intersect(c.a, c.b)
		if err != nil {
			t.Fatal(err)
		}
		if p.flags != c.want || len(p.Warnings) != c.warnings {
			t.Errorf("flags %#x and %#x: %#x and %d warnings, want %#x and %d", c.a.flags, c.b.flags, p.flags, len(p.Warnings), c.want, c.warnings)
		}
		f, err := p.Compile()
		if err != nil {
			t.Fatal(err)
		}
		if want := c.want&^unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW == 0; f.PrctlSuffices() != want {
			t.Errorf("flags %#x: prctl suffices: %v", p.flags, !want)
		}
	}
	if _, err := Intersect(agent, agent); err == nil || !strings.Contains(err.Error(), "SCMP_ACT_NOTIFY") {
		t.Errorf("two listeners: %v", err)
	}
	if _, err := Intersect(plain, make(Options{Native: "SCMP_ARCH_AARCH64"}, "")); err == nil || !strings.Contains(err.Error(), "SCMP_ARCH_AARCH64") {
		t.Errorf("two kernels: %v", err)
	}
	thread := make(Options{Native: "SCMP_ARCH_X86_64", KillThread: true}, "")
	for i, pair := range [][2]*Policy{{thread, plain}, {plain, thread}} {
		p, err := Intersect(pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		agree(t, p)
		if got := p.Decide(uint32(unix.AUDIT_ARCH_ARM), 0, [6]uint64{}); got != KillProcess {
			t.Errorf("%d: an unlisted architecture: %s", i, got)
		}
	}
	r, err := Compare(thread, plain)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(r.Differences, func(d Difference) bool { return d.Arch == "" })
	if at < 0 || r.Differences[at].String() != "any other architecture: SCMP_ACT_KILL_THREAD, SCMP_ACT_KILL_PROCESS" || r.AtLeastAsStrict || !r.AtMostAsStrict {
		t.Errorf("got %v", r.Differences)
	}
}

// Of two actions the stricter wins in either order, argument or not, and of equal
// ones the newer; the program says so too.
func TestIntersectEveryPair(t *testing.T) {
	actions := []specs.LinuxSeccompAction{specs.ActKillProcess, specs.ActKill, specs.ActTrap, specs.ActErrno, specs.ActTrace, specs.ActLog, specs.ActAllow}
	make := func(i int, args []specs.LinuxSeccompArg, errno uint) *Policy {
		s := specs.LinuxSyscall{Names: []string{"read"}, Action: actions[i], Args: args}
		if actions[i] == specs.ActErrno || actions[i] == specs.ActTrace {
			s.ErrnoRet = &errno
		}
		return must1(t, &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Syscalls: []specs.LinuxSyscall{s}})
	}
	for i := range actions {
		for j := range actions {
			for _, args := range [][]specs.LinuxSeccompArg{nil, {equal(0, 1)}} {
				a, b := make(i, args, 7), make(j, []specs.LinuxSeccompArg{equal(1, 2)}, 9)
				p, err := Intersect(a, b)
				if err != nil {
					t.Fatal(err)
				}
				want := b.Decide(x64, 0, [6]uint64{1, 2})
				if i < j {
					want = a.Decide(x64, 0, [6]uint64{1, 2})
				}
				if got := p.Decide(x64, 0, [6]uint64{1, 2}); got != want {
					t.Errorf("%s and %s: %s, want %s", actions[i], actions[j], got, want)
				}
				f, err := p.Compile()
				if err != nil {
					t.Fatal(err)
				}
				if err := Verify(f.Instructions, p); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func must1(t *testing.T, profile *specs.LinuxSeccomp) *Policy {
	t.Helper()
	p, err := NewPolicy(profile, Options{Native: "SCMP_ARCH_X86_64"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Only one part lists x86_64, and neither is made for such a kernel: "no call" of
// the other part is a call from an unlisted architecture.
func TestIntersectForeignX32(t *testing.T) {
	arm := Options{Native: "SCMP_ARCH_AARCH64"}
	lists, err := NewPolicy(parse(t, `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"]}`), arm)
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewPolicy(parse(t, `{"defaultAction":"SCMP_ACT_ALLOW"}`), arm)
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]*Policy{{lists, other}, {other, lists}} {
		p, err := Intersect(pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		f, _ := agree(t, p)
		if err := Verify(f.Instructions, p); err != nil {
			t.Error(err)
		}
		if got := p.Decide(x64, noCall, [6]uint64{}); got != KillProcess {
			t.Errorf("no call: %s", got)
		}
	}
}

// A call that i386 has through ipc(2) only counts as known up to ipc's number.
func TestMultiplexerIsTheLast(t *testing.T) {
	p, err := NewPolicy(parse(t, `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["semop"],"action":"SCMP_ACT_ALLOW"}]}`), Options{Native: "SCMP_ARCH_X86"})
	if err != nil {
		t.Fatal(err)
	}
	for nr, want := range map[uint32]Action{116: eperm, 117: eperm, 118: enosys} {
		if got := p.Decide(i86, nr, [6]uint64{}); got != want {
			t.Errorf("Decide(%d) = %s, want %s", nr, got, want)
		}
	}
}
