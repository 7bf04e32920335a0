package seccomp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func TestErrors(t *testing.T) {
	rule := func(s string) string {
		return `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"},` + s + `]}`
	}
	for _, c := range []struct{ profile, want string }{
		{`{}`, "linux.seccomp.defaultAction: missing, expected one of SCMP_ACT_ALLOW, "},
		{`{"defaultAction":"ALLOW"}`, `linux.seccomp.defaultAction: unknown action "ALLOW", expected one of SCMP_ACT_ALLOW, SCMP_ACT_ERRNO,`},
		{`{"defaultAction":"SCMP_ACT_NOTIFY"}`, "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY is not allowed as the default"},
		{`{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":1}`, "linux.seccomp.defaultErrnoRet: 1 is set but defaultAction SCMP_ACT_ALLOW returns no errno"},
		{`{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":4096}`, "linux.seccomp.defaultErrnoRet: 4096 is out of range for SCMP_ACT_ERRNO, expected 0 to 4095"},
		{`{"defaultAction":"SCMP_ACT_TRACE","defaultErrnoRet":65536}`, "linux.seccomp.defaultErrnoRet: 65536 is out of range for SCMP_ACT_TRACE, expected 0 to 65535"},
		{`{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG","SPEC_ALLOW"]}`, `linux.seccomp.flags[1]: unknown flag "SPEC_ALLOW", expected one of SECCOMP_FILTER_FLAG_LOG,`},
		{`{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}`, "linux.seccomp.flags[0]: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is only allowed with SCMP_ACT_NOTIFY"},
		{`{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86","x86"]}`, `linux.seccomp.architectures[1]: unknown architecture "x86", expected one of SCMP_ARCH_X86_64, SCMP_ARCH_X86,`},
		{`{"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"x"}`, "linux.seccomp.listenerMetadata: set without listenerPath"},
		{rule(`{"names":["read"]}`), "linux.seccomp.syscalls[1].action: missing, expected one of"},
		{rule(`{"names":["read"],"action":"scmp_act_allow"}`), `linux.seccomp.syscalls[1].action: unknown action "scmp_act_allow"`},
		{rule(`{"names":["read"],"action":"SCMP_ACT_NOTIFY"}`), "linux.seccomp.syscalls[1].action: SCMP_ACT_NOTIFY is not supported yet"},
		{rule(`{"action":"SCMP_ACT_ALLOW"}`), "linux.seccomp.syscalls[1].names: missing or empty"},
		{rule(`{"names":[],"action":"SCMP_ACT_ALLOW"}`), "linux.seccomp.syscalls[1].names: missing or empty"},
		{rule(`{"names":["write",""],"action":"SCMP_ACT_ALLOW"}`), "linux.seccomp.syscalls[1].names[1]: empty"},
		{rule(`{"names":["write\u0000x"],"action":"SCMP_ACT_ALLOW"}`), `linux.seccomp.syscalls[1].names[0]: "write\x00x" contains a NUL byte`},
		{rule(`{"names":["write"],"action":"SCMP_ACT_ALLOW","errnoRet":5}`), "linux.seccomp.syscalls[1].errnoRet: 5 is set but action SCMP_ACT_ALLOW returns no errno"},
		{rule(`{"names":["write"],"action":"SCMP_ACT_KILL_PROCESS","errnoRet":0}`), "linux.seccomp.syscalls[1].errnoRet: 0 is set but action SCMP_ACT_KILL_PROCESS returns no errno"},
		{rule(`{"names":["write"],"action":"SCMP_ACT_ERRNO","errnoRet":65537}`), "linux.seccomp.syscalls[1].errnoRet: 65537 is out of range for SCMP_ACT_ERRNO, expected 0 to 4095"},
		{rule(`{"names":["write"],"action":"SCMP_ACT_ERRNO","errnoRet":18446744073709551615}`), "linux.seccomp.syscalls[1].errnoRet: 18446744073709551615 is out of range"},
		{rule(`{"names":["write"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}`), "linux.seccomp.syscalls[1].args[1].index: 6, expected 0 to 5"},
		{rule(`{"names":["write"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1}]}`), "linux.seccomp.syscalls[1].args[0].op: missing, expected one of SCMP_CMP_EQ,"},
		{rule(`{"names":["write"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"=="}]}`), `linux.seccomp.syscalls[1].args[0].op: unknown operator "==", expected one of SCMP_CMP_EQ,`},
	} {
		if _, err := Compile(parse(t, c.profile), Options{}); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s:\n%v\nwant %s…", c.profile, err, c.want)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: more than one line: %q", c.profile, err)
		}
	}
	if _, err := Compile(nil, Options{}); err == nil || err.Error() != "linux.seccomp: missing" {
		t.Errorf("nil: %v", err)
	}
	if _, err := Compile(parse(t, `{"defaultAction":"SCMP_ACT_ALLOW"}`), Options{Native: "x"}); err == nil || !strings.Contains(err.Error(), `native architecture "x"`) {
		t.Errorf("native: %v", err)
	}
}

// TestManyRules holds that size is either compiled away or refused with the
// count, below a second. The bounds in time are loose: they are there to catch
// quadratic behaviour.
func TestManyRules(t *testing.T) {
	values := func(n int, step uint64, args ...uint) *specs.LinuxSeccomp {
		p := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Architectures: x86Archs}
		for i := range n {
			r := specs.LinuxSyscall{Names: []string{"ioctl"}, Action: specs.ActAllow}
			for _, a := range args {
				r.Args = append(r.Args, specs.LinuxSeccompArg{Index: a, Value: uint64(i) * step, Op: specs.OpEqualTo})
			}
			p.Syscalls = append(p.Syscalls, r)
		}
		return p
	}
	for _, c := range []struct {
		name    string
		profile *specs.LinuxSeccomp
		most    int // instructions; 0: too many for the kernel
	}{
		{"4200 values in a row", values(4200, 1, 1), 60},
		{"20000 values in a row", values(20000, 1, 1), 60},
		{"1000 values apart", values(1000, 16, 1), 3200},
		{"4200 values apart", values(4200, 16, 1), 0},
		{"20000 upper halves", values(20000, 1<<32|1, 1), 0},
		{"20000 pairs", values(20000, 3, 1, 2), 0},
	} {
		start := time.Now()
		p, err := NewPolicy(c.profile, Options{Native: "SCMP_ARCH_X86_64"})
		if err != nil {
			t.Fatal(err)
		}
		f, err := p.Compile()
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: took %s", c.name, took)
		}
		if c.most == 0 {
			var n, over int
			if err == nil {
				t.Errorf("%s: %d instructions, expected an error", c.name, len(f.Instructions))
			} else if _, scan := fmt.Sscanf(err.Error(), "linux.seccomp: the profile needs %d instructions, %d more than the kernel's limit of 4096", &n, &over); scan != nil || n-over != 4096 || over < 1 {
				t.Errorf("%s: %v", c.name, err)
			}
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
