package graph

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// small has all that a graph can show, and is small enough for its graph to be read.
const small = `{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls": [
	{"names": ["read", "socket", "execve"], "action": "SCMP_ACT_ALLOW"},
	{"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
	{"names": ["personality"], "action": "SCMP_ACT_LOG", "args": [{"index": 0, "value": 9, "op": "SCMP_CMP_LE"}]},
	{"names": ["mount", "reboot"], "action": "SCMP_ACT_TRACE", "errnoRet": 7},
	{"names": ["clone"], "action": "SCMP_ACT_TRAP", "args": [{"index": 0, "value": 2114060288, "valueTwo": 268435456, "op": "SCMP_CMP_MASKED_EQ"}]},
	{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "value": 1, "op": "SCMP_CMP_NE"}]}]}`

// wide has the architectures with both byte orders, and x32.
const wide = `{"defaultAction": "SCMP_ACT_KILL_PROCESS", "architectures":
	["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_S390X", "SCMP_ARCH_AARCH64"], "syscalls": [
	{"names": ["read", "write", "exit_group", "ppoll", "openat"], "action": "SCMP_ACT_ALLOW"},
	{"names": ["ioctl", "socket"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "value": 4294967298, "op": "SCMP_CMP_GT"}]},
	{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 18446744071562067968, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]}]}`

func compile(t testing.TB, text string) (*seccomp.Policy, *seccomp.Filter) {
	t.Helper()
	profile, err := seccomp.ParseProfile([]byte(text))
	if text == "docker/default" {
		profile, err = profiles.Load(text, profiles.Options{Host: docker.Host{Caps: docker.Capabilities()}})
	}
	if err != nil {
		t.Fatal(err)
	}
	policy, err := seccomp.NewPolicy(profile, seccomp.Options{Native: "SCMP_ARCH_X86_64"})
	if err != nil {
		t.Fatal(err)
	}
	filter, err := policy.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return policy, filter
}

// interesting are values of arguments about which conditions are likely to differ.
var interesting = []uint64{0, 1, 8, 9, 10, 38, 39, 40, 0x20000, 0x20008, 0x10000000, 0x7e020000, 1<<31 - 1, 1 << 31,
	1<<32 - 1, 1 << 32, 1<<32 + 1, 1<<32 + 2, 1<<32 + 3, 1<<32 + 8, 1<<63 - 1, 1 << 63, 1<<64 - 1}

func sampleArgs(r *rand.Rand) (args [6]uint64) {
	for i := range args {
		args[i] = interesting[r.IntN(len(interesting))]
	}
	return args
}

// Every way from the start to a return decides as the policy does: for all calls and
// all numbers beside them, in each graph of the architecture and of all.
func TestDecide(t *testing.T) {
	for _, text := range []string{small, wide, "docker/default"} {
		policy, filter := compile(t, text)
		all, err := New(filter.Instructions, Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		check := func(audit, nr uint32, graphs ...*Graph) {
			t.Helper()
			call := bpf.Data{Arch: audit, Nr: nr, Args: sampleArgs(r), IP: r.Uint64()}
			want := policy.Decide(audit, nr, call.Args)
			for i, g := range graphs {
				if got := seccomp.Action(g.Decide(&call)); got != want {
					t.Fatalf("graph %d: %+v: %s, want %s", i, call, got, want)
				}
			}
		}
		for i := range arch.All() {
			a := &arch.All()[i]
			one, err := New(filter.Instructions, Options{Arch: a})
			if err != nil {
				t.Fatal(err)
			}
			spread := one.Spread(1)
			step := uint32(1)
			if !slices.Contains(policy.Archs(), a) { // they are all alike
				step = 100
			}
			for nr := a.Base; nr <= a.Dense+2; nr += step {
				for range 3 {
					check(a.Audit, nr, all, one, spread)
				}
			}
			for _, nr := range []uint32{0, 1<<30 - 1, 1 << 30, 1<<31 - 1, 1 << 31, 1<<32 - 2, 1<<32 - 1} {
				if n := own(a); n.lo <= nr && nr <= n.hi {
					check(a.Audit, nr, one, spread)
				}
				check(a.Audit, nr, all)
			}
		}
		check(0, 0, all)
		check(1<<32-1, 1<<32-1, all)
	}
}

// The graph of one call has no test of its number.
func TestCall(t *testing.T) {
	policy, filter := compile(t, wide)
	r := rand.New(rand.NewPCG(3, 4))
	for _, name := range []string{"read", "ioctl", "socket", "clone", "ppoll", "reboot", "socketcall"} {
		all, err := New(filter.Instructions, Options{Call: name})
		if err != nil {
			t.Fatal(err)
		}
		for i := range arch.All() {
			a := &arch.All()[i]
			nr, exists := a.Number(name)
			one, err := New(filter.Instructions, Options{Arch: a, Call: name})
			if exists != (err == nil) {
				t.Fatalf("%s in %s: %v", name, a.Scmp, err)
			}
			if !exists {
				continue
			}
			for _, n := range one.Nodes {
				if n.Kind == Test && (strings.HasPrefix(n.Label, "nr") || strings.HasPrefix(n.Label, "arch")) {
					t.Errorf("%s in %s: a test %q", name, a.Scmp, n.Label)
				}
			}
			for range 50 {
				call := bpf.Data{Arch: a.Audit, Nr: nr, Args: sampleArgs(r)}
				want := uint32(policy.Decide(a.Audit, nr, call.Args))
				if got := one.Decide(&call); got != want {
					t.Fatalf("%s, one architecture: %+v: %#x, want %#x", name, call, got, want)
				}
				if got := all.Decide(&call); got != want {
					t.Fatalf("%s, all architectures: %+v: %#x, want %#x", name, call, got, want)
				}
			}
		}
	}
	for _, o := range []Options{{Call: "forc"}, {Call: "vserver", Arch: arch.Lookup("SCMP_ARCH_AARCH64")}} {
		if _, err := New(filter.Instructions, o); err == nil || !strings.HasPrefix(err.Error(), `call "`+o.Call+`": `) {
			t.Errorf("%s: %v", o.Call, err)
		}
	}
}

// Nothing is drawn twice, and nothing that cannot be reached.
func TestMinimal(t *testing.T) {
	_, filter := compile(t, "docker/default")
	g, err := New(filter.Instructions, Options{})
	if err != nil {
		t.Fatal(err)
	}
	type same struct {
		label, equal string
		then, other  int
	}
	seen := map[same]bool{}
	count := g.parents()
	for i, n := range g.Nodes {
		key := same{n.Label, fmt.Sprint(n.test.equal), n.Then, n.Else}
		if seen[key] {
			t.Errorf("twice: %+v", n)
		}
		seen[key] = true
		if i > 0 && count[i] == 0 {
			t.Errorf("nothing leads to %+v", n)
		}
		if n.Kind == Test && n.Then == n.Else {
			t.Errorf("a test that decides nothing: %+v", n)
		}
		for _, next := range n.next() {
			if next <= i {
				t.Errorf("node %d leads back to %d", i, next)
			}
		}
	}
	if len(g.Nodes) > len(filter.Instructions) {
		t.Errorf("%d nodes for %d instructions", len(g.Nodes), len(filter.Instructions))
	}
}

// In a row of tests for equality the values become one test.
func TestJoin(t *testing.T) {
	var a bpf.Assembler
	allow, deny := a.NewLabel(), a.NewLabel()
	a.Load(bpf.OffNr)
	for nr := range uint32(100) {
		next := a.NewLabel()
		a.JumpIf(bpf.JEQ, 3*nr, allow, next)
		a.Bind(next)
	}
	a.Load(bpf.OffArgLow(0, false))
	a.JumpIf(bpf.JEQ, 3, allow, deny)
	a.Bind(deny)
	a.Ret(uint32(seccomp.Errno(1)))
	a.Bind(allow)
	a.Ret(uint32(seccomp.Allow))
	prog, err := a.Assemble()
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(prog, Options{Arch: arch.Lookup("SCMP_ARCH_X86_64")})
	if err != nil || len(g.Nodes) != 5 {
		t.Fatalf("%v, %d nodes, want start, two tests and two returns", err, len(g.Nodes))
	}
	if n := g.Nodes[1]; !strings.HasPrefix(n.Label, "nr == 0 (read), 3 (close),\n") || !strings.HasSuffix(n.Label, "\nand more, 100 values in all") ||
		!strings.Contains(n.Note, ", 297 (rt_tgsigqueueinfo)") {
		t.Errorf("%+v", n)
	}
	vm, err := bpf.NewVM(prog)
	if err != nil {
		t.Fatal(err)
	}
	for nr := range uint32(310) {
		for _, arg := range []uint64{2, 3} {
			call := bpf.Data{Arch: unix.AUDIT_ARCH_X86_64, Nr: nr, Args: [6]uint64{arg}}
			if got, want := g.Decide(&call), vm.Run(&call); got != want {
				t.Errorf("%d(%d): %#x, want %#x", nr, arg, got, want)
			}
		}
	}
}

// The notes of returns name all calls, each where it can end.
func TestNotes(t *testing.T) {
	policy, filter := compile(t, small)
	a := arch.Lookup("SCMP_ARCH_X86_64")
	g, err := New(filter.Instructions, Options{Arch: a})
	if err != nil {
		t.Fatal(err)
	}
	ends := map[string][]string{}
	for _, n := range g.Spread(1).Nodes {
		if n.Kind != Return {
			continue
		}
		_, list, _ := strings.Cut(n.Note, ": ")
		for name := range strings.SplitSeq(list, ", ") {
			ends[name] = append(ends[name], n.Label)
		}
	}
	for nr := a.Base; nr <= a.Max; nr++ {
		name := a.Name(nr)
		outcomes, err := policy.Explain(a.Audit, nr)
		if name == "" || err != nil {
			continue
		}
		want := map[string]bool{}
		for _, o := range outcomes {
			want[o.Action.String()] = true
		}
		got := map[string]bool{}
		for _, label := range ends[name] {
			got[label] = true
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s ends in %v, want %v", name, got, want)
		}
	}
}
