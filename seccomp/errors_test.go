package seccomp

import (
	"strings"
	"testing"
)

func TestErrors(t *testing.T) {
	rule := func(s string) string {
		return `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"},` + s + `]}`
	}
	for _, c := range []struct{ profile, want string }{
		{`{}`, "linux.seccomp.defaultAction: missing, expected one of SCMP_ACT_ALLOW, "},
		{`{"defaultAction":"ALLOW"}`, `linux.seccomp.defaultAction: "ALLOW": expected one of SCMP_ACT_ALLOW, SCMP_ACT_ERRNO,`},
		{`{"defaultAction":"SCMP_ACT_NOTIFY"}`, "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY is not allowed as the default"},
		{`{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":1}`, "linux.seccomp.defaultErrnoRet: 1: expected none with SCMP_ACT_ALLOW, which returns no errno"},
		{`{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":4096}`, "linux.seccomp.defaultErrnoRet: 4096: expected 0 to 4095 with SCMP_ACT_ERRNO"},
		{`{"defaultAction":"SCMP_ACT_TRACE","defaultErrnoRet":65536}`, "linux.seccomp.defaultErrnoRet: 65536: expected 0 to 65535 with SCMP_ACT_TRACE"},
		{`{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG","SPEC_ALLOW"]}`, `linux.seccomp.flags[1]: "SPEC_ALLOW": expected one of SECCOMP_FILTER_FLAG_LOG,`},
		{`{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}`, "linux.seccomp.flags[0]: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: expected a rule with SCMP_ACT_NOTIFY beside it"},
		{`{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86","x86"]}`, `linux.seccomp.architectures[1]: "x86": expected one of SCMP_ARCH_X86_64, SCMP_ARCH_X86,`},
		{`{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_S390X","SCMP_ARCH_S390"]}`, `linux.seccomp.architectures[1]: "SCMP_ARCH_S390": expected one that this program has a system call table for: SCMP_ARCH_X86_64, SCMP_ARCH_X86,`},
		{`{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_MIPS64N32"]}`, `linux.seccomp.architectures[0]: "SCMP_ARCH_MIPS64N32": expected one that this program has a system call table for:`},
		{`{"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"x"}`, "linux.seccomp.listenerMetadata: set without listenerPath"},
		{rule(`{"names":["read"]}`), "linux.seccomp.syscalls[1].action: missing, expected one of"},
		{rule(`{"names":["read"],"action":"scmp_act_allow"}`), `linux.seccomp.syscalls[1].action: "scmp_act_allow"`},
		{rule(`{"names":["write"],"action":"SCMP_ACT_NOTIFY"}`), "linux.seccomp.listenerPath: missing, expected the path of an agent's socket"},
		{rule(`{"action":"SCMP_ACT_ALLOW"}`), "linux.seccomp.syscalls[1].names: missing or empty"},
		{rule(`{"names":[],"action":"SCMP_ACT_ALLOW"}`), "linux.seccomp.syscalls[1].names: missing or empty"},
		{rule(`{"names":["write",""],"action":"SCMP_ACT_ALLOW"}`), "linux.seccomp.syscalls[1].names[1]: empty"},
		{rule(`{"names":["write\u0000x"],"action":"SCMP_ACT_ALLOW"}`), `linux.seccomp.syscalls[1].names[0]: "write\x00x": expected the name of a system call, without NUL`},
		{rule(`{"names":["write"],"action":"SCMP_ACT_ALLOW","errnoRet":5}`), "linux.seccomp.syscalls[1].errnoRet: 5: expected none with SCMP_ACT_ALLOW, which returns no errno"},
		{rule(`{"names":["write"],"action":"SCMP_ACT_KILL_PROCESS","errnoRet":0}`), "linux.seccomp.syscalls[1].errnoRet: 0: expected none with SCMP_ACT_KILL_PROCESS, which returns no errno"},
		{rule(`{"names":["write"],"action":"SCMP_ACT_ERRNO","errnoRet":65537}`), "linux.seccomp.syscalls[1].errnoRet: 65537: expected 0 to 4095 with SCMP_ACT_ERRNO"},
		{rule(`{"names":["write"],"action":"SCMP_ACT_ERRNO","errnoRet":18446744073709551615}`), "linux.seccomp.syscalls[1].errnoRet: 18446744073709551615: expected 0 to 4095 with SCMP_ACT_ERRNO"},
		{rule(`{"names":["write"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}`), "linux.seccomp.syscalls[1].args[1].index: 6: expected 0 to 5"},
		{rule(`{"names":["write"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1}]}`), "linux.seccomp.syscalls[1].args[0].op: missing, expected one of SCMP_CMP_EQ,"},
		{rule(`{"names":["write"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"=="}]}`), `linux.seccomp.syscalls[1].args[0].op: "==": expected one of SCMP_CMP_EQ,`},
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
