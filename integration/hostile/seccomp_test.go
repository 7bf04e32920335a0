package hostile

import (
	"fmt"
	"regexp"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// rule replaces the first rule of the profile.
func rule(raw string) edit { return set("linux.seccomp.syscalls[0]", raw) }

// seccompRows are 1 to 21, but for what is accepted.
func seccompRows() []row {
	const (
		profile = "linux.seccomp"
		first   = profile + ".syscalls[0]"
		arg     = profile + ".syscalls[1].args[0]"
	)
	all := []row{
		{n: 1, name: "empty object", edits: []edit{set(profile, `{}`)}, field: profile + ".defaultAction", say: `missing, expected`},
		{n: 1, name: "no default action", edits: []edit{remove(profile + ".defaultAction")}, field: profile + ".defaultAction", say: `missing, expected`},
		{n: 1, name: "empty default action", edits: []edit{set(profile+".defaultAction", `""`)}, field: profile + ".defaultAction", say: `SCMP_ACT_ALLOW`},
		{n: 1, name: "null default action", edits: []edit{set(profile+".defaultAction", `null`)}, field: profile + ".defaultAction", say: `null: expected a string`},
		{n: 2, name: "list", edits: []edit{set(profile, `[]`)}, field: profile, say: `an array: expected an object`},
		{n: 2, name: "string", edits: []edit{set(profile, `"x"`)}, field: profile, say: `"x": expected an object`},
		{n: 2, name: "true", edits: []edit{set(profile, `true`)}, field: profile, say: `true: expected an object`},
		{n: 3, name: "later null", edits: []edit{set("linux.seccomp#", `null`)}, field: profile, say: `duplicate field`},
		{n: 3, name: "later object", edits: []edit{set("linux.seccomp#", `{"defaultAction":"SCMP_ACT_ALLOW"}`)}, field: profile, say: `duplicate field`},
		{n: 3, name: "later linux", edits: []edit{set("linux#", `{}`)}, field: "linux", say: `duplicate field`},
		{n: 3, name: "later default action", edits: []edit{set(profile+".defaultAction#", `"SCMP_ACT_ALLOW"`)}, field: profile + ".defaultAction", say: `duplicate field`},
		{n: 4, name: "SECCOMP", edits: []edit{set("linux.SECCOMP", `{"defaultAction":"SCMP_ACT_ALLOW"}`)}, field: "linux.SECCOMP", say: `did you mean "seccomp"`},
		{n: 4, name: "DefaultAction", edits: []edit{set(profile+".DefaultAction", `"SCMP_ACT_ALLOW"`)}, field: profile + ".DefaultAction", say: `did you mean "defaultAction"`},
		{n: 5, name: "65536", edits: []edit{set(first+".errnoRet", `65536`)}, field: first + ".errnoRet", say: `65536: expected 0 to 4095 with SCMP_ACT_ERRNO`},
		{n: 6, name: "65537", edits: []edit{set(first+".errnoRet", `65537`)}, field: first + ".errnoRet", say: `65537: expected 0 to 4095 with SCMP_ACT_ERRNO`},
		{n: 7, name: "4096", edits: []edit{set(first+".errnoRet", `4096`)}, field: first + ".errnoRet", say: `4096: expected 0 to 4095 with SCMP_ACT_ERRNO`},
		{n: 7, name: "5000", edits: []edit{set(first+".errnoRet", `5000`)}, field: first + ".errnoRet", say: `5000: expected 0 to 4095 with SCMP_ACT_ERRNO`},
		{n: 7, name: "of the default", edits: []edit{set(profile+".defaultAction", `"SCMP_ACT_ERRNO"`), set(profile+".defaultErrnoRet", `4096`),
			rule(`{"names":["execve"],"action":"SCMP_ACT_ALLOW"}`)}, field: profile + ".defaultErrnoRet", say: `4096: expected 0 to 4095 with SCMP_ACT_ERRNO`},
		{n: 7, name: "of an action that has none", edits: []edit{rule(`{"names":["acct"],"action":"SCMP_ACT_KILL","errnoRet":1}`)}, field: first + ".errnoRet", say: `1: expected none with SCMP_ACT_KILL, which returns no errno`},
		{n: 7, name: "of a default that has none", edits: []edit{set(profile+".defaultErrnoRet", `1`)}, field: profile + ".defaultErrnoRet", say: `SCMP_ACT_ALLOW`},
		{n: 8, name: "empty name", edits: []edit{rule(`{"names":["acct",""],"action":"SCMP_ACT_ERRNO"}`)}, field: first + ".names[1]", say: `: empty, expected the name of a system call`},
		{n: 8, name: "empty list", edits: []edit{rule(`{"names":[],"action":"SCMP_ACT_ERRNO"}`)}, field: first + ".names", say: `missing or empty, expected at least one system call`},
		{n: 8, name: "number", edits: []edit{rule(`{"names":[163],"action":"SCMP_ACT_ERRNO"}`)}, field: first + ".names[0]", say: `163: expected a string`},
		{n: 9, name: "at the end", edits: []edit{rule(`{"names":["acct\u0000"],"action":"SCMP_ACT_ERRNO"}`)}, field: first + ".names[0]", say: `expected the name of a system call, without NUL`},
		{n: 9, name: "inside", edits: []edit{rule(`{"names":["acct\u0000x"],"action":"SCMP_ACT_ERRNO"}`)}, field: first + ".names[0]", say: `expected the name of a system call, without NUL`},
		{n: 10, name: "missing", edits: []edit{rule(`{"action":"SCMP_ACT_ERRNO"}`)}, field: first + ".names", say: `missing, expected a value because the field is required`},
		{n: 10, name: "null", edits: []edit{rule(`{"names":null,"action":"SCMP_ACT_ERRNO"}`)}, field: first + ".names", say: `missing, expected a value because the field is required`},
		{n: 10, name: "string", edits: []edit{rule(`{"names":"acct","action":"SCMP_ACT_ERRNO"}`)}, field: first + ".names", say: `"acct": expected an array`},
		{n: 11, name: "no listenerPath", edits: []edit{rule(`{"names":["acct"],"action":"SCMP_ACT_NOTIFY"}`)}, field: profile + ".listenerPath", say: "missing, expected the path of an agent's socket"},
		{n: 11, name: "empty listenerPath", edits: []edit{rule(`{"names":["acct"],"action":"SCMP_ACT_NOTIFY"}`), set(profile+".listenerPath", `""`)}, field: profile + ".listenerPath", say: "missing, expected the path of an agent's socket"},
		{n: 12, name: "6", edits: []edit{set(arg+".index", `6`)}, field: arg + ".index", say: `6: expected 0 to 5`},
		{n: 12, name: "2^32", edits: []edit{set(arg+".index", `4294967296`)}, field: arg + ".index", say: `4294967296: expected .*0 to`},
		{n: 13, name: "value", edits: []edit{set(arg+".value", `-1`)}, field: arg + ".value", say: `-1: expected .*18446744073709551615`},
		{n: 13, name: "valueTwo", edits: []edit{set(arg+".valueTwo", `-1`)}, field: arg + ".valueTwo", say: `-1: expected .*18446744073709551615`},
		{n: 13, name: "index", edits: []edit{set(arg+".index", `-1`)}, field: arg + ".index", say: `-1: expected .*0 to`},
		{n: 13, name: "fraction", edits: []edit{set(arg+".value", `1.5`)}, field: arg + ".value", say: `1\.5: expected an integer`},
		{n: 13, name: "string", edits: []edit{set(arg+".value", `"7"`)}, field: arg + ".value", say: `"7": expected an integer`},
		{n: 13, name: "2^64", edits: []edit{set(arg+".value", `18446744073709551616`)}, field: arg + ".value", say: `18446744073709551616: expected .*18446744073709551615`},
		{n: 19, name: "kill by default, read allowed", edits: []edit{set(profile, `{"defaultAction":"SCMP_ACT_KILL","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}`)}, field: profile, say: `execve is not allowed`},
		{n: 19, name: "kill the process by default", edits: []edit{set(profile, `{"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}`)}, field: profile, say: `execve is not allowed`},
		{n: 20, name: "errno by default, no calls", edits: []edit{set(profile, `{"defaultAction":"SCMP_ACT_ERRNO"}`)}, field: profile, say: `execve is not allowed`},
		{n: 20, name: "errno by default, empty list", edits: []edit{set(profile, `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[]}`)}, field: profile, say: `execve is not allowed`},
		{n: 21, name: "default action", edits: []edit{set(profile+".defaultAction", `"SCMP_ACT_DENY"`)}, field: profile + ".defaultAction", say: `SCMP_ACT_DENY.*SCMP_ACT_ALLOW`},
		{n: 21, name: "action", edits: []edit{set(first+".action", `"SCMP_ACT_DENY"`), remove(first + ".errnoRet")}, field: first + ".action", say: `SCMP_ACT_DENY.*SCMP_ACT_KILL_PROCESS`},
		{n: 21, name: "action, lower case", edits: []edit{set(first+".action", `"scmp_act_errno"`)}, field: first + ".action", say: `scmp_act_errno.*SCMP_ACT_ERRNO`},
		{n: 21, name: "action missing", edits: []edit{rule(`{"names":["acct"]}`)}, field: first + ".action", say: `missing, expected a value because the field is required`},
		{n: 21, name: "operator", edits: []edit{set(arg+".op", `"SCMP_CMP_LIKE"`)}, field: arg + ".op", say: `SCMP_CMP_LIKE.*SCMP_CMP_MASKED_EQ`},
		{n: 21, name: "operator missing", edits: []edit{remove(arg + ".op")}, field: arg + ".op", say: `missing, expected a value because the field is required`},
		{n: 21, name: "architecture", edits: []edit{set(profile+".architectures[0]", `"SCMP_ARCH_VAX"`)}, field: profile + ".architectures[0]", say: `SCMP_ARCH_VAX.*SCMP_ARCH_X86_64`},
		{n: 21, name: "flag", edits: []edit{set(profile+".flags", `["SECCOMP_FILTER_FLAG_NONE"]`)}, field: profile + ".flags[0]", say: `SECCOMP_FILTER_FLAG_NONE.*SECCOMP_FILTER_FLAG_LOG`},
	}
	for _, name := range unknownNames {
		all = append(all, row{n: 8, name: fmt.Sprintf("strict %q", name), flags: []string{"--strict-seccomp"},
			edits: []edit{rule(fmt.Sprintf(`{"names":[%q],"action":"SCMP_ACT_ERRNO"}`, name))}, field: first + ".names[0]", say: regexp.QuoteMeta(fmt.Sprintf("%q is not a system call of any known architecture", name))})
	}
	return all
}

// unknownNames are of no system call: unknown, in capitals, with a space around, a number.
var unknownNames = []string{"no_such_call", "CLOSE", " close", "close ", "3"}

// Accepted rows need programs of single system calls, which are made for one architecture.
var onlyAMD64 = map[int]bool{14: true, 15: true, 16: true, 17: true, 18: true}

func arg(index uint, op specs.LinuxSeccompOperator, value uint64) specs.LinuxSeccompArg {
	return specs.LinuxSeccompArg{Index: index, Value: value, Op: op}
}
