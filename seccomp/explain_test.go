package seccomp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

const explained = `{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls": [
	{"names": ["read"], "action": "SCMP_ACT_ERRNO"},
	{"names": ["nonsense"], "action": "SCMP_ACT_TRAP"},
	{"names": ["write", "read", "socket"], "action": "SCMP_ACT_ALLOW"},
	{"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
	{"names": ["personality"], "action": "SCMP_ACT_LOG", "args": [{"index": 0, "value": 9, "op": "SCMP_CMP_LE"}, {"index": 1, "value": 3, "op": "SCMP_CMP_NE"}]},
	{"names": ["write"], "action": "SCMP_ACT_TRAP"},
	{"names": ["clone"], "action": "SCMP_ACT_TRAP", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]},
	{"names": ["clone"], "action": "SCMP_ACT_ALLOW"}]}`

func explainText(list []Outcome) string {
	var lines []string
	for _, o := range list {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s", o.Action, o.Conditions()))+": "+o.Cause.String())
	}
	return strings.Join(lines, "\n")
}

func is(index uint, value uint64) specs.LinuxSeccompArg {
	return specs.LinuxSeccompArg{Index: index, Value: value, Op: specs.OpEqualTo}
}

func TestExplain(t *testing.T) {
	p := policy(t, explained)
	const allow, log = "SCMP_ACT_ALLOW if arg0 == 0x8: linux.seccomp.syscalls[3]",
		"SCMP_ACT_LOG if arg0 <= 0x9 and arg1 != 0x3 unless arg0 == 0x8: linux.seccomp.syscalls[4]"
	for _, c := range []struct {
		arch, call string
		given      []specs.LinuxSeccompArg
		want       string
	}{
		{"SCMP_ARCH_X86_64", "read", nil, "SCMP_ACT_ALLOW: linux.seccomp.syscalls[2]"}, // entry 0 says what happens anyway
		{"SCMP_ARCH_X86_64", "write", nil, "SCMP_ACT_ALLOW: linux.seccomp.syscalls[2]"},
		{"SCMP_ARCH_X86_64", "clone", nil, "SCMP_ACT_ALLOW: linux.seccomp.syscalls[7]"},
		{"SCMP_ARCH_X86_64", "close", nil, "SCMP_ACT_ERRNO(1 EPERM): linux.seccomp.defaultAction"},
		{"SCMP_ARCH_X86_64", "openat2", nil, "SCMP_ACT_ERRNO(38 ENOSYS): newer than every call in linux.seccomp.syscalls"},
		{"SCMP_ARCH_X32", "read", nil, "SCMP_ACT_KILL_PROCESS: not in linux.seccomp.architectures"},
		{"SCMP_ARCH_S390X", "read", nil, "SCMP_ACT_KILL_PROCESS: not in linux.seccomp.architectures"},
		{"SCMP_ARCH_X86_64", "personality", nil, allow + "\n" + log +
			"\nSCMP_ACT_ERRNO(1 EPERM) unless arg0 == 0x8, or arg0 <= 0x9 and arg1 != 0x3: linux.seccomp.defaultAction"},
		{"SCMP_ARCH_X86_64", "personality", []specs.LinuxSeccompArg{is(0, 8)}, "SCMP_ACT_ALLOW: linux.seccomp.syscalls[3]"},
		{"SCMP_ARCH_X86_64", "personality", []specs.LinuxSeccompArg{is(0, 1<<32+8)}, "SCMP_ACT_ERRNO(1 EPERM): linux.seccomp.defaultAction"},
		{"SCMP_ARCH_X86", "personality", []specs.LinuxSeccompArg{is(0, 1<<32+8)}, "SCMP_ACT_ALLOW: linux.seccomp.syscalls[3]"},
		{"SCMP_ARCH_X86_64", "personality", []specs.LinuxSeccompArg{is(0, 5)},
			"SCMP_ACT_LOG if arg1 != 0x3: linux.seccomp.syscalls[4]\nSCMP_ACT_ERRNO(1 EPERM) unless arg1 != 0x3: linux.seccomp.defaultAction"},
		{"SCMP_ARCH_X86", "personality", []specs.LinuxSeccompArg{{Value: 1<<32 + 3, Op: specs.OpLessEqual}}, // in 32 bits
			"SCMP_ACT_LOG if arg1 != 0x3: linux.seccomp.syscalls[4]\nSCMP_ACT_ERRNO(1 EPERM) unless arg1 != 0x3: linux.seccomp.defaultAction"},
		{"SCMP_ARCH_X86", "socketcall", []specs.LinuxSeccompArg{is(0, 1)}, "SCMP_ACT_ALLOW: linux.seccomp.syscalls[2]"},
		{"SCMP_ARCH_X86", "socketcall", nil, "SCMP_ACT_ALLOW if arg0 == 0x1: linux.seccomp.syscalls[2]\n" +
			"SCMP_ACT_ERRNO(1 EPERM) unless arg0 == 0x1: linux.seccomp.defaultAction"},
	} {
		a := arch.Lookup(c.arch)
		nr, ok := a.Number(c.call)
		if !ok {
			t.Fatalf("%s has no %s", c.arch, c.call)
		}
		list, err := p.Explain(a.Audit, nr, c.given...)
		if got := explainText(list); err != nil || got != c.want {
			t.Errorf("%s %s %v: %v\n%s\nwant\n%s", c.arch, c.call, c.given, err, got, c.want)
		}
	}
	list, err := p.Explain(arch.Lookup("SCMP_ARCH_X86_64").Audit, noCall)
	if got := explainText(list); err != nil || got != "SCMP_ACT_ERRNO(1 EPERM): linux.seccomp.defaultAction" {
		t.Errorf("no call: %s, %v", got, err)
	}
}

// Of an intersection the stricter part is the cause, of equals the newer one.
func TestExplainIntersection(t *testing.T) {
	floor := policy(t, `{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
		{"names": ["chdir", "close"], "action": "SCMP_ACT_ERRNO"}]}`)
	both, err := Intersect(floor, policy(t, explained))
	if err != nil {
		t.Fatal(err)
	}
	for call, want := range map[string]string{
		"write": "1 linux.seccomp.syscalls[2]", "chdir": "1 linux.seccomp.defaultAction", "clone": "1 linux.seccomp.syscalls[7]",
	} {
		checkPart(t, both, call, want)
	}
	if both, err = Intersect(policy(t, explained), floor); err != nil {
		t.Fatal(err)
	}
	for call, want := range map[string]string{
		"write": "1 linux.seccomp.defaultAction", "chdir": "1 linux.seccomp.syscalls[0]", "bpf": "0 newer than every call in linux.seccomp.syscalls",
	} {
		checkPart(t, both, call, want)
	}
	names := ""
	for _, a := range both.Archs() {
		names += " " + a.Scmp
	}
	if names != " SCMP_ARCH_X86_64 SCMP_ARCH_X86" {
		t.Errorf("architectures%s", names)
	}
}

func checkPart(t *testing.T, p *Policy, call, want string) {
	t.Helper()
	a := arch.Lookup("SCMP_ARCH_X86_64")
	nr, _ := a.Number(call)
	list, err := p.Explain(a.Audit, nr)
	if err != nil || len(list) != 1 || fmt.Sprintf("%d %s", list[0].Cause.Part, list[0].Cause) != want {
		t.Errorf("%s: %+v, %v, want %s", call, list, err, want)
	}
}

// TestExplainAgrees holds outcomes against Decide: with all arguments given there
// is exactly one, and its action is what Decide says.
func TestExplainAgrees(t *testing.T) {
	p := policy(t, explained)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		a := p.Archs()[rng.IntN(2)]
		nr, _ := a.Number([]string{"personality", "clone", "socket", "openat2", "mount"}[rng.IntN(5)])
		var args [6]uint64
		var given []specs.LinuxSeccompArg
		for i := range args {
			args[i] = rng.Uint64N(12) | rng.Uint64N(2)<<32
			given = append(given, is(uint(i), args[i]))
		}
		list, err := p.Explain(a.Audit, nr, given...)
		if err != nil || len(list) != 1 || list[0].Action != p.Decide(a.Audit, nr, args) || list[0].Conditions() != "" {
			t.Fatalf("%s %d %#x: %s, %v, want %s", a.Scmp, nr, args, explainText(list), err, p.Decide(a.Audit, nr, args))
		}
	}
}

func TestExplainErrors(t *testing.T) {
	p := policy(t, explained)
	audit := arch.Lookup("SCMP_ARCH_X86_64").Audit
	for want, given := range map[string][]specs.LinuxSeccompArg{
		"given[1].index: 6: expected 0 to 5":                   {is(0, 0), is(6, 0)},
		"given[0].op: missing, expected one of":                {{}},
		"given: no argument meets arg0 == 0x1 and arg0 == 0x2": {is(0, 1), is(0, 2)},
	} {
		if _, err := p.Explain(audit, 135, given...); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	many := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow}
	for i := range uint64(3000) {
		many.Syscalls = append(many.Syscalls, specs.LinuxSyscall{Names: []string{"ioctl"}, Action: specs.ActTrap, Args: []specs.LinuxSeccompArg{
			{Index: uint(i % 6), Op: specs.OpMaskedEqual, Value: i*0x9e3779b97f4a7c15 | 1, ValueTwo: i * 0xbf58476d1ce4e5b9}}})
	}
	big, err := NewPolicy(many, Options{Native: "SCMP_ARCH_X86_64"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := big.Explain(audit, 16); !errors.Is(err, bpf.ErrComplex) {
		t.Errorf("3000 masks: %v, want ErrComplex", err)
	}
	// With all arguments given there is nothing to be complicated: the definition is asked.
	stack, err := Intersect(big, big)
	if err != nil {
		t.Fatal(err)
	}
	hits := 0
	for i := range uint64(50) {
		var given []specs.LinuxSeccompArg
		var args [6]uint64
		args[i%6] = i * 0xbf58476d1ce4e5b9
		for k, v := range args {
			given = append(given, is(uint(k), v))
		}
		for _, q := range []*Policy{big, stack} {
			list, err := q.Explain(audit, 16, given...)
			if err != nil || len(list) != 1 || list[0].Action != q.Decide(audit, 16, args) || list[0].Conditions() != "" {
				t.Fatalf("%v, %v", list, err)
			}
			if c := list[0].Cause; (c.By == ByRule) != (list[0].Action == Trap) || c.By == ByRule && uint64(c.Entry) > i {
				t.Errorf("%d: %+v", i, list[0])
			} else if c.By == ByRule {
				hits++
			}
		}
	}
	if hits < 50 {
		t.Errorf("%d rules that decide", hits)
	}
}

// What is too complicated is known soon, also of a call with thousands of rules.
func TestExplainManyRules(t *testing.T) {
	p := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno}
	for i := range uint64(20_000) {
		p.Syscalls = append(p.Syscalls, specs.LinuxSyscall{Names: []string{"personality"}, Action: specs.ActAllow,
			Args: []specs.LinuxSeccompArg{{Index: 0, Value: 3 * i, Op: specs.OpEqualTo}}})
	}
	policy, err := NewPolicy(p, Options{Native: "SCMP_ARCH_X86_64"})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	nr, _ := arch.Lookup("SCMP_ARCH_X86_64").Number("personality")
	if _, err := policy.Explain(arch.Lookup("SCMP_ARCH_X86_64").Audit, nr); !errors.Is(err, bpf.ErrComplex) {
		t.Errorf("%v, want %v", err, bpf.ErrComplex)
	}
	if took := time.Since(start); took > 20*time.Second { // below 1 s; minutes without a look at the bound in between
		t.Errorf("it took %s", took)
	}
}
