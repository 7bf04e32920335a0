package lint

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
)

const (
	x86 = `"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],`
	x32 = `"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X32"],`
	// start is an entry without which most profiles start nothing.
	start = `{"names":["execve","exit_group","read"],"action":"SCMP_ACT_ALLOW"}`
)

// deny is a profile that denies what its entries do not allow, allow the opposite.
func deny(top string, entries ...string) string {
	return profileText("SCMP_ACT_ERRNO", top, append([]string{start}, entries...))
}

func allow(top string, entries ...string) string { return profileText("SCMP_ACT_ALLOW", top, entries) }

func profileText(action, top string, entries []string) string {
	return fmt.Sprintf(`{"defaultAction":%q,%s"syscalls":[%s]}`, action, top, strings.Join(entries, ","))
}

// rule is an entry: rule("read write", "ALLOW") or, with conditions,
// rule("socket", "ALLOW", "0 EQ 40", "1 MASKED_EQ 15 1"). An action may have an errno.
func rule(names, action string, conditions ...string) string {
	action, errno, hasErrno := strings.Cut(action, " ")
	s := specs.LinuxSyscall{Names: strings.Fields(names), Action: specs.LinuxSeccompAction("SCMP_ACT_" + action)}
	if hasErrno {
		n := new(uint)
		fmt.Sscan(errno, n)
		s.ErrnoRet = n
	}
	for _, c := range conditions {
		var a specs.LinuxSeccompArg
		var op string
		parts := strings.Fields(c)
		fmt.Sscan(parts[0], &a.Index)
		op = parts[1]
		fmt.Sscan(parts[2], &a.Value)
		if len(parts) > 3 {
			fmt.Sscan(parts[3], &a.ValueTwo)
		}
		a.Op = specs.LinuxSeccompOperator("SCMP_CMP_" + op)
		s.Args = append(s.Args, a)
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// conditionWith is an entry whose condition has one more member.
func conditionWith(member string) string {
	return fmt.Sprintf(`{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":15,"op":"SCMP_CMP_MASKED_EQ",%q:1}]}`, member)
}

// lintCase is a profile and what a rule is to say about it: findings that contain
// these texts, in order, and no others.
type lintCase struct {
	name    string
	profile string
	want    []string
}

// cases has, for each rule, profiles with findings and profiles without.
var cases = map[string][]lintCase{
	"invalid-profile": {
		{"action", `{"defaultAction":"SCMP_ACT_FOO"}`, []string{`linux.seccomp.defaultAction: "SCMP_ACT_FOO"`}},
		{"errno without use", deny("", rule("write", "ALLOW 3")), []string{"linux.seccomp.syscalls[1].errnoRet: 3: expected none with SCMP_ACT_ALLOW"}},
		{"untabled", deny(`"architectures":["SCMP_ARCH_S390"],`), []string{`linux.seccomp.architectures[0]: "SCMP_ARCH_S390": expected one that this program has a system call table for`}},
		{"no listener", deny("", rule("write", "NOTIFY")), []string{"linux.seccomp.listenerPath: missing"}},
		{"wait without notify", deny(`"flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],`), []string{"linux.seccomp.flags[0]: "}},
		{"valid", deny(""), nil},
	},
	"unknown-member": {
		{"of the profile", deny(`"syscall":[],"flgas":null,"x":{"args":[{"arg":1}]},`), []string{
			`linux.seccomp.flgas: "flgas" is skipped: no member of linux.seccomp has this name (did you mean "flags"?)`,
			`linux.seccomp.syscall: "syscall" is skipped: no member of linux.seccomp has this name (did you mean "syscalls"?)`,
			`linux.seccomp.x: "x" is skipped: no member of linux.seccomp has this name`}},
		{"of a rule", deny("", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","arg":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}`), []string{
			`linux.seccomp.syscalls[1].arg: "arg" is skipped: no member of a rule has this name (did you mean "args"?)`}},
		{"of a condition, and often", deny("", conditionWith("valueTow"), conditionWith("valueTow"), conditionWith("valueTwo")), []string{
			`linux.seccomp.syscalls[1].args[0].valueTow: "valueTow" is skipped: no member of a condition has this name (did you mean "valueTwo"?), 2 times`}},
		{"all are known", deny(`"comment":"c","$schema":"s","architectures":null,"flags":[],"listenerPath":"/l","listenerMetadata":"m","defaultErrnoRet":1,`,
			`{"names":["write"],"action":"SCMP_ACT_ERRNO","errnoRet":2,"args":null,"comment":"c"}`), nil},
	},
	"unknown-call": {
		{"misspelt", deny("", rule("opnat write bogusbogusbogus Read", "ALLOW")), []string{
			`linux.seccomp.syscalls[1].names[0]: no system call of any architecture: "opnat" (did you mean "openat"?), "bogusbogusbogus", "Read" (did you mean "read"?)`}},
		{"each entry", deny("", rule("mkdri", "ALLOW"), rule("sys_mkdir", "ALLOW")), []string{`"mkdri" (did you mean "mkdir"?)`, `"sys_mkdir" (did you mean "mkdir"?)`}},
		{"known", deny("", rule("openat riscv_hwprobe", "ALLOW")), nil},
	},
	"call-of-other-architecture": {
		{"arm", deny("", rule("write set_tls riscv_hwprobe", "ALLOW")), []string{"syscalls[1].names[1]: no call of SCMP_ARCH_X86_64: set_tls, riscv_hwprobe"}},
		{"i386", deny("", rule("mmap2", "ALLOW")), []string{"mmap2"}},
		{"i386 listed", deny(x86, rule("mmap2", "ALLOW")), nil},
	},
	"duplicate-name": {
		{"twice", deny("", rule("write close write write", "ALLOW")), []string{"syscalls[1].names[2]: the entry has the name already: write, write"}},
		{"in two entries", deny("", rule("write", "ALLOW"), rule("write", "ALLOW")), nil},
	},
	"native-architecture-missing": {
		{"only compat", deny(`"architectures":["SCMP_ARCH_X86"],`), []string{"linux.seccomp.architectures: SCMP_ARCH_X86_64"}},
		{"only another machine's", deny(`"architectures":["SCMP_ARCH_AARCH64"],`), []string{"linux.seccomp.architectures: SCMP_ARCH_X86_64"}},
		{"listed", deny(x86), nil},
		{"no list", deny(""), nil},
	},
	"architecture-of-other-machine": {
		{"arm64", deny(`"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_AARCH64","SCMP_ARCH_ARM"],`), []string{
			"architectures[1]: a kernel for SCMP_ARCH_X86_64 runs no programs of SCMP_ARCH_AARCH64, SCMP_ARCH_ARM"}},
		{"compat", deny(x86), nil},
	},
	"duplicate-architecture": {
		{"twice", deny(`"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X86_64"],`), []string{"architectures[2]: SCMP_ARCH_X86_64 is"}},
		{"once", deny(x86), nil},
	},
	"compat-architecture": {
		{"i386", deny(x86), []string{"architectures[1]: programs can make 32-bit calls"}},
		{"x32", deny(x32), nil},
	},
	"x32-architecture": {
		{"x32", deny(x32), []string{"architectures[1]: programs can make x32 calls"}},
		{"i386", deny(x86), nil},
	},
	"architecture-gap": {
		{"less than 2^32 is none in 32 bits", allow(x86, rule("lseek", "ERRNO", "1 LT 4294967296")), []string{
			"syscalls[0].args[0]: lseek passes by its arguments only on SCMP_ARCH_X86_64, but on SCMP_ARCH_X86 it is SCMP_ACT_ALLOW"}},
		{"the same in 32 bits", allow(x86, rule("lseek", "ERRNO", "1 LT 65536")), nil},
		{"stricter in 32 bits", deny(x86, rule("lseek", "ALLOW", "1 LT 4294967296")), nil},
		{"one architecture", allow("", rule("lseek", "ERRNO", "1 LT 4294967296")), nil},
	},
	"multiplexer-bypass": {
		{"condition lost", deny(x86, rule("socket", "ALLOW", "0 EQ 1")), []string{
			"syscalls[1].args[0]: socket (AF_ALG, AF_VSOCK): restricted on SCMP_ARCH_X86_64, but passing through socketcall on SCMP_ARCH_X86 whatever the arguments (linux.seccomp.syscalls[1])"}},
		{"not named", deny(x86, rule("socketcall", "ALLOW"), rule("bind", "ERRNO 13")), []string{
			"linux.seccomp.syscalls[1]: accept, accept4, bind, connect, getpeername"}},
		{"denied list", allow(x86, rule("socket", "ERRNO", "0 EQ 40"), rule("socketcall", "LOG")), []string{"socket (AF_VSOCK): restricted"}},
		{"multiplexer denied", deny(x86, rule("socketcall", "ERRNO 13"), rule("socket", "ALLOW", "0 EQ 1")), nil},
		{"free anyway", deny(x86, rule("socket", "ALLOW")), nil},
		{"no multiplexer", deny(x32, rule("socket", "ALLOW", "0 EQ 1")), nil},
	},
	"multiplexer-pointer": {
		{"argument 1", deny(x86, rule("socket", "ALLOW", "0 EQ 1", "1 EQ 2")), []string{"syscalls[1].args[0]: socket: through socketcall on SCMP_ARCH_X86 the condition compares a pointer"}},
		{"argument 0", deny(x86, rule("socket", "ALLOW", "0 EQ 1")), nil},
		{"no multiplexer", deny("", rule("socket", "ALLOW", "1 EQ 2")), nil},
	},
	"multiplexer-strict": {
		{"all denied", allow(x86, rule("socket", "ERRNO", "0 EQ 40")), []string{"socket: passes on SCMP_ARCH_X86_64, but never through socketcall on SCMP_ARCH_X86"}},
		{"not named", allow(x86, rule("socketcall", "ERRNO")), nil},
		{"free", allow(x86), nil},
	},
	"duplicate-argument": {
		{"range", deny("", rule("lseek", "ALLOW", "0 GT 1", "0 LT 5")), []string{"syscalls[1].args: an index occurs twice"}},
		{"different", deny("", rule("lseek", "ALLOW", "0 GT 1", "1 LT 5")), nil},
	},
	"condition-always": {
		{"operators", deny("", rule("lseek", "ALLOW", "0 GE 0", "1 LE 18446744073709551615", "2 MASKED_EQ 0 7")), []string{
			"args[0]: SCMP_CMP_GE 0x0 holds for every value", "args[1]: SCMP_CMP_LE 0xffffffffffffffff", "args[2]: SCMP_CMP_MASKED_EQ with mask 0x0"}},
		{"near", deny("", rule("lseek", "ALLOW", "0 GE 1", "1 LE 18446744073709551614", "2 MASKED_EQ 1 0")), nil},
	},
	"condition-never": {
		{"operators", deny("", rule("lseek", "ALLOW", "0 LT 0", "1 GT 18446744073709551615")), []string{"args[0]: SCMP_CMP_LT 0x0 holds for no", "args[1]: SCMP_CMP_GT 0xffffffffffffffff"}},
		{"alone", deny("", rule("lseek", "ALLOW", "0 LT 0")), []string{"so that the rule never applies"}},
		{"alternatives", deny("", rule("lseek", "ALLOW", "0 LT 0", "0 EQ 1")), []string{"holds for no value [condition-never]"}},
		{"lost in a multiplexer", deny(x86, rule("socket", "ALLOW", "0 LT 0")), []string{"so that the rule applies through a multiplexer only"}},
		{"near", deny("", rule("lseek", "ALLOW", "0 LT 1", "1 GT 18446744073709551614")), nil},
	},
	"mask-ignores-bits": {
		{"outside", deny("", rule("lseek", "ALLOW", "0 MASKED_EQ 3 18")), []string{"syscalls[1].args[0]: bits 0x10 of valueTwo 0x12 are outside the mask 0x3"}},
		{"inside", deny("", rule("lseek", "ALLOW", "0 MASKED_EQ 18 2")), nil},
	},
	"value-two-unused": {
		{"EQ", deny("", rule("lseek", "ALLOW", "0 EQ 3 18")), []string{"syscalls[1].args[0]: SCMP_CMP_EQ ignores valueTwo 0x12"}},
		{"masked", deny("", rule("lseek", "ALLOW", "0 MASKED_EQ 18 2")), nil},
	},
	"wide-value-32-bit": {
		{"value", deny(x86, rule("lseek", "ALLOW", "1 LE 4294967297")), []string{"syscalls[1].args[0]: on SCMP_ARCH_X86 value 0x100000001 counts as 0x1"}},
		{"x32", deny(x32, rule("lseek", "ALLOW", "1 LE 4294967297")), []string{"on SCMP_ARCH_X32"}},
		{"negative", deny(x86, rule("lseek", "ALLOW", "1 EQ 18446744073709551615")), nil},
		{"64 bits only", deny("", rule("lseek", "ALLOW", "1 LE 4294967297")), nil},
		{"not a call there", deny(x86, rule("newfstatat", "ALLOW", "1 LE 4294967297")), nil},
	},
	"int-argument-64-bit": {
		{"denied value", allow("", rule("socket", "ERRNO", "0 EQ 40")), []string{
			"syscalls[0].args[0]: socket(0x100000028) gets SCMP_ACT_ALLOW, although the kernel reads it as socket(0x28), which the profile decides as SCMP_ACT_ERRNO(1 EPERM)"}},
		{"TIOCSTI", allow("", rule("ioctl", "ERRNO", "1 EQ 0x5412")), []string{"ioctl(0x0, 0x100005412) gets SCMP_ACT_ALLOW"}},
		{"allowed above", deny("", rule("socket", "ALLOW", "0 GT 40")), []string{"socket(0x100000000) gets SCMP_ACT_ALLOW"}},
		{"not equal", deny("", rule("socket", "ALLOW", "0 NE 40")), []string{"syscalls[1].args[0]: socket(0x100000028) gets"}},
		{"one condition, two calls", allow("", rule("socket dup", "ERRNO", "0 EQ 40")), []string{"; the same for socket"}},
		{"allowed values", deny("", rule("personality", "ALLOW", "0 EQ 0"), rule("personality", "ALLOW", "0 EQ 8")), nil},
		{"masked", allow("", rule("socket", "ERRNO", "0 MASKED_EQ 4294967295 40")), nil},
		{"a mode, which has 16 bits", allow("", rule("fchmod mkdirat", "ERRNO", "1 MASKED_EQ 4294967295 2541"), rule("mkdirat", "ERRNO", "1 EQ 5000000000", "2 MASKED_EQ 4294967295 511")), []string{
			"syscalls[0].args[0]: fchmod(0x0, 0x109ed) gets SCMP_ACT_ALLOW, although the kernel reads it as fchmod(0x0, 0x9ed), which the profile decides as SCMP_ACT_ERRNO(1 EPERM): a mode has 16 bits",
			"syscalls[1].args[1]: mkdirat(0x0, 0x12a05f200, 0x101ff) gets SCMP_ACT_ALLOW"}},
		{"a mode that is masked", allow("", rule("fchmod", "ERRNO", "1 MASKED_EQ 4095 2541"), rule("chmod", "ERRNO", "1 MASKED_EQ 2048 2048")), nil},
		{"modes that are allowed", deny("", rule("fchmod", "ALLOW", "1 MASKED_EQ 4294967295 420")), nil},
		{"a long argument", allow("", rule("clone", "ERRNO", "0 EQ 40")), nil},
		{"stricter only", deny("", rule("socket", "ALLOW", "0 LT 40")), nil},
		{"value above 32 bits", allow("", rule("dup", "ERRNO", "0 EQ 18446744073709551615")), []string{
			"dup(0xffffffff) gets SCMP_ACT_ALLOW, but SCMP_ACT_ERRNO(1 EPERM) if 32 bits are compared, which is what the kernel reads: a value of the profile is above them"}},
	},
	"shadowed-rule": {
		{"by one entry in two", deny("", rule("clone setns", "TRAP"), rule("clone", "LOG"), rule("setns", "LOG")), []string{
			"syscalls[2]: clone: never SCMP_ACT_LOG by this entry", "syscalls[3]: setns: never SCMP_ACT_LOG by this entry"}},
		{"unconditional first", deny("", rule("setns", "ALLOW"), rule("write setns", "ERRNO 13")), []string{
			"syscalls[2].names[1]: setns: never SCMP_ACT_ERRNO(13 EACCES) by this entry, because linux.seccomp.syscalls[1] decides with SCMP_ACT_ALLOW"}},
		{"unconditional last", deny("", rule("setns", "ERRNO 13", "1 EQ 0"), rule("setns", "ALLOW")), []string{"syscalls[1]: setns: never SCMP_ACT_ERRNO(13 EACCES)"}},
		{"covered", deny("", rule("lseek", "ALLOW", "2 LT 5"), rule("lseek", "TRAP", "2 EQ 3")), []string{"syscalls[2]: lseek: never SCMP_ACT_TRAP"}},
		{"not covered", deny("", rule("lseek", "ALLOW", "2 LT 5"), rule("lseek", "TRAP", "2 EQ 5")), nil},
		{"same action", deny("", rule("lseek", "ALLOW", "2 LT 5"), rule("lseek", "ALLOW", "2 EQ 3")), nil},
		{"same action where it matches", deny("", rule("lseek", "ALLOW", "2 EQ 1"), rule("lseek", "ALLOW", "2 EQ 1"), rule("lseek", "TRAP", "2 EQ 2")), nil},
	},
	"redundant-rule": {
		{"again", deny("", rule("write", "ALLOW"), rule("write", "ALLOW")), []string{"syscalls[2]: write: linux.seccomp.syscalls[1] says the same"}},
		{"part", deny("", rule("lseek", "ALLOW", "2 EQ 3"), rule("lseek", "ALLOW", "2 LT 5")), []string{"syscalls[1]: lseek: other entries say the same"}},
		{"one name", deny("", rule("write", "ALLOW"), rule("close write", "ALLOW")), []string{"syscalls[2].names[1]: write: "}},
		{"together", deny("", rule("lseek", "ALLOW", "2 LT 5"), rule("lseek", "ALLOW", "2 GE 3"), rule("lseek", "ALLOW", "2 LE 2")), []string{"syscalls[3]: lseek"}},
		{"needed", deny("", rule("lseek", "ALLOW", "2 EQ 3"), rule("lseek", "ALLOW", "2 GT 5")), nil},
		{"never matches", deny("", rule("lseek", "ALLOW", "2 LT 0")), nil},
		{"keeps another from deciding", deny("", rule("lseek", "ALLOW", "2 LT 5"), rule("lseek", "TRAP", "2 EQ 3"), rule("lseek", "ALLOW", "2 LT 10")), nil},
		{"does not count through a multiplexer either", deny(`"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_S390X"],`,
			rule("socket", "ALLOW", "1 EQ 3"), rule("socketcall", "LOG", "1 LT 9"), rule("socket", "ALLOW")), []string{
			"syscalls[1]: socket: linux.seccomp.syscalls[3] says the same"}},
	},
	"overlapping-rules": {
		{"both match", deny("", rule("lseek", "ALLOW", "2 LT 5"), rule("lseek", "TRAP", "2 GT 3")), []string{
			"syscalls[2]: lseek: linux.seccomp.syscalls[1] matches as well and wins because it is first: lseek(0x0, 0x0, 0x4) gets SCMP_ACT_ALLOW, not SCMP_ACT_TRAP"}},
		{"two arguments", deny("", rule("lseek", "ALLOW", "2 EQ 5"), rule("lseek", "TRAP", "1 EQ 3")), []string{"lseek(0x0, 0x3, 0x5)"}},
		{"a third decides", deny("", rule("lseek", "LOG", "0 EQ 0"), rule("lseek", "ALLOW", "2 LT 5"), rule("lseek", "TRAP", "2 GT 3")), []string{
			"syscalls[2]: lseek: linux.seccomp.syscalls[1] matches", "syscalls[3]: lseek: linux.seccomp.syscalls[1] matches",
			"linux.seccomp.syscalls[2] matches as well and is first: calls such as lseek(0x0, 0x0, 0x4) get SCMP_ACT_ALLOW, not SCMP_ACT_TRAP, unless a third entry decides them"}},
		{"apart", deny("", rule("lseek", "ALLOW", "2 LT 5"), rule("lseek", "TRAP", "2 GE 5")), nil},
		{"same action", deny("", rule("lseek", "ALLOW", "2 LT 5"), rule("lseek", "ALLOW", "2 GT 3")), nil},
		{"same only in 32 bits", deny(x86, rule("lseek", "ALLOW", "1 EQ 1"), rule("lseek", "TRAP", "1 EQ 4294967297")), []string{"lseek(0x0, 0x1)"}},
	},
	"default-action-rule": {
		{"same", deny("", rule("mount", "ERRNO")), []string{"syscalls[1]: mount: SCMP_ACT_ERRNO(1 EPERM) is the default action"}},
		{"counts", deny("", rule("mount openat2", "ERRNO")), []string{"instead of ENOSYS"}},
		{"counts in two entries", deny("", rule("openat2", "ERRNO"), rule("openat2 mount", "ERRNO")), []string{
			"syscalls[1]: openat2: SCMP_ACT_ERRNO(1 EPERM) is the default action [default-action-rule]",
			"syscalls[2]: mount, openat2: SCMP_ACT_ERRNO(1 EPERM) is the default action [default-action-rule]"}},
		{"another errno", deny("", rule("mount", "ERRNO 13")), nil},
	},
	"default-action-yields": {
		{"first", deny("", rule("mount", "ERRNO"), rule("mount", "ALLOW", "0 EQ 0")), []string{
			"syscalls[1]: mount: SCMP_ACT_ERRNO(1 EPERM) is the default action, so that the entry does not keep linux.seccomp.syscalls[2] (SCMP_ACT_ALLOW) from deciding"}},
		{"alone", deny("", rule("mount", "ERRNO")), nil},
	},
	"errno-zero": {
		{"entry", deny("", rule("setuid", "ERRNO 0"), rule("chown", "ERRNO 0")), []string{"syscalls[1].errnoRet: chown, setuid: not executed, but returns success"}},
		{"default", deny(`"defaultErrnoRet":0,`), []string{"linux.seccomp.defaultErrnoRet: every call"}},
		{"others", deny("", rule("setuid", "ERRNO 1")), nil},
	},
	"kill-thread": {
		{"entry", deny("", rule("mount", "KILL"), rule("bpf", "KILL_THREAD")), []string{"syscalls[1].action: bpf, mount: kills one thread"}},
		{"default", profileText("SCMP_ACT_KILL", "", []string{start, rule("mount", "KILL")}), []string{"linux.seccomp.defaultAction: every call"}},
		{"process", profileText("SCMP_ACT_KILL_PROCESS", "", []string{start, rule("mount", "KILL_PROCESS")}), nil},
	},
	"trace-action": {
		{"entry", deny("", rule("mount", "TRACE 5")), []string{"syscalls[1].action: mount: ENOSYS, unless"}},
		{"default", profileText("SCMP_ACT_TRACE", "", []string{start}), []string{"linux.seccomp.defaultAction: every call"}},
		{"none", deny(""), nil},
	},
	"notify-continue": {
		{"notify", deny(`"listenerPath":"/run/agent",`, rule("mount mknod", "NOTIFY")), []string{"syscalls[1].action: mknod, mount: the agent must not"}},
		{"none", deny(""), nil},
	},
	"listener-unused": {
		{"no notify", deny(`"listenerPath":"/run/agent",`), []string{"linux.seccomp.listenerPath: no entry"}},
		{"notify", deny(`"listenerPath":"/run/agent",`, rule("mount", "NOTIFY")), nil},
		{"no path", deny(""), nil},
	},
	"default-allow": {
		{"allow", allow(""), []string{"linux.seccomp.defaultAction: calls that no entry names are executed, those"}},
		{"log", profileText("SCMP_ACT_LOG", "", nil), []string{"executed and logged"}},
		{"errno", deny(""), nil},
	},
	"newer-calls": {
		{"EPERM", deny("", rule("openat2", "ALLOW")), []string{"linux.seccomp.defaultAction: SCMP_ACT_ERRNO(1 EPERM) and not ENOSYS, on which programs fall back, for pidfd_send_signal, io_uring_setup"}},
		{"killed", profileText("SCMP_ACT_KILL_PROCESS", "", []string{start, rule("clone3", "ALLOW")}), []string{"SCMP_ACT_KILL_PROCESS and not ENOSYS"}},
		{"ENOSYS", deny(`"defaultErrnoRet":38,`, rule("openat2", "ALLOW")), nil},
		{"old calls only", deny("", rule("write", "ALLOW")), nil},
		{"all passes", allow("", rule("openat2", "ERRNO")), nil},
	},
	"sibling-call": {
		{"denied", allow("", rule("open clone umount2", "ERRNO")), []string{
			"syscalls[0].names[1]: restricts clone, but not clone3; open, but not openat, openat2, creat"}},
		{"i386", allow(x86, rule("umount2", "ERRNO")), []string{"restricts umount2, but not umount (SCMP_ARCH_X86)"}},
		{"clone3 beside a mask", deny("", rule("clone", "ALLOW", "0 MASKED_EQ 2114060288"), rule("clone3", "ALLOW")), []string{"syscalls[1].names[0]: restricts clone, but not clone3"}},
		{"clone3 denied", deny("", rule("clone", "ALLOW", "0 MASKED_EQ 2114060288"), rule("clone3", "ERRNO 38")), nil},
		{"not named", deny("", rule("openat2", "ALLOW")), nil},
		{"both free", deny("", rule("clone clone3", "ALLOW")), nil},
	},
	"dangerous-call": {
		{"allowed", deny("", rule("bpf kexec_load init_module io_uring_setup", "ALLOW")), []string{
			"names[0]: bpf: loads programs", "names[2]: init_module, kexec_load: replace or extend", "names[3]: io_uring_setup: what the ring"}},
		{"logged", deny("", rule("setns", "LOG")), []string{"setns: "}},
		{"by default", allow("", rule("bpf", "ERRNO")), []string{"linux.seccomp.defaultAction: no entry denies create_module, init_module, finit_module"}},
		{"by its arguments", deny("", rule("keyctl", "ALLOW", "0 EQ 1")), nil},
		{"asked for", deny(`"listenerPath":"/run/agent",`, rule("mount", "NOTIFY")), nil},
		{"denied", deny("", rule("mount bpf", "ERRNO 38")), nil},
	},
	"sensitive-call": {
		{"allowed", deny("", rule("ptrace personality", "ALLOW")), []string{"names[0]: ptrace: read and change", "names[1]: personality: switches off"}},
		{"by its arguments", deny("", rule("personality", "ALLOW", "0 EQ 0")), nil},
	},
	"user-namespace": {
		{"free", deny("", rule("clone clone3", "ALLOW"), rule("unshare", "ALLOW")), []string{"syscalls[1].names[0]: clone, unshare, clone3 with CLONE_NEWUSER"}},
		{"another flag masked", deny("", rule("clone", "ALLOW", "0 MASKED_EQ 0x20000 0")), []string{"clone with CLONE_NEWUSER"}},
		{"masked", deny("", rule("clone", "ALLOW", "0 MASKED_EQ 2114060288 0")), nil},
		{"denied", deny(""), nil},
	},
	"terminal-input": {
		{"free", deny("", rule("ioctl", "ALLOW")), []string{"names[0]: ioctl with TIOCSTI and TIOCLINUX can put"}},
		{"one denied", allow("", rule("ioctl", "ERRNO", "1 MASKED_EQ 4294967295 0x5412")), []string{"linux.seccomp.defaultAction: ioctl with TIOCLINUX can"}},
		{"both denied", allow("", rule("ioctl", "ERRNO", "1 EQ 0x5412"), rule("ioctl", "ERRNO", "1 EQ 0x541c")), nil},
	},
	"socket-family": {
		{"free", deny("", rule("socket", "ALLOW")), []string{"socket with AF_ALG and AF_VSOCK can be made"}},
		{"one denied", deny("", rule("socket", "ALLOW", "0 NE 40")), []string{"socket with AF_ALG can be made"}},
		{"both denied", deny("", rule("socket", "ALLOW", "0 LT 38")), nil},
	},
	"speculation-flag": {
		{"absent", deny(""), []string{"linux.seccomp.flags: absent"}},
		{"set", deny(`"flags":["SECCOMP_FILTER_FLAG_SPEC_ALLOW"],`), []string{"linux.seccomp.flags[0]: "}},
		{"empty", deny(`"flags":[],`), nil},
	},
	"log-flag": {
		{"set", deny(`"flags":["SECCOMP_FILTER_FLAG_LOG"],`), []string{"linux.seccomp.flags[0]: calls that are not allowed are logged"}},
		{"not set", deny(`"flags":[],`), nil},
	},
	"tsync-flag": {
		{"set", deny(`"flags":["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_TSYNC"],`), []string{"linux.seccomp.flags[1]: no effect"}},
		{"not set", deny(`"flags":[],`), nil},
	},
	"execve-denied": {
		{"denied", profileText("SCMP_ACT_ERRNO", "", []string{rule("read", "ALLOW")}), []string{"linux.seccomp.defaultAction: execve is not allowed"}},
		{"by an entry", allow("", rule("execve", "KILL_PROCESS")), []string{"linux.seccomp.syscalls[0].names[0]: execve is not allowed"}},
		{"allowed", deny(""), nil},
	},
	"essential-call": {
		{"missing", deny(""), []string{"nearly every program needs what is denied: arch_prctl, brk, close, fstat, mmap, mprotect, munmap, openat, write"}},
		{"enough", deny("", rule("arch_prctl brk close newfstatat mmap mprotect munmap open write", "ALLOW")), nil},
	},
	"filter-too-large": {
		{"too large", deny("", scattered(3000)...), []string{"linux.seccomp.syscalls: the profile needs "}},
		{"small", deny(""), nil},
	},
	"filter-size": {
		{"small", deny(""), []string{"linux.seccomp: "}},
		{"too large", deny("", scattered(3000)...), nil},
	},
	"not-checked": {
		{"many rules", deny("", scattered(200)...), []string{"findings may be missing, for lseek"}},
		{"few", deny("", scattered(20)...), nil},
	},
}

// scattered are n entries for one call whose conditions do not collapse.
func scattered(n int) []string {
	var list []string
	for i := range n {
		list = append(list, rule("lseek", "ALLOW", fmt.Sprintf("0 EQ %d", 2*i), fmt.Sprintf("1 EQ %d", 3*i)))
	}
	return list
}

func parse(t testing.TB, text string) *specs.LinuxSeccomp {
	t.Helper()
	p, err := seccomp.ParseProfile([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

var onX86 = Options{Native: "SCMP_ARCH_X86_64"}
