package seccomp

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/bpf"
)

const (
	x64 = unix.AUDIT_ARCH_X86_64
	i86 = unix.AUDIT_ARCH_I386

	eperm  = Action(unix.SECCOMP_RET_ERRNO | 1)
	enosys = Action(unix.SECCOMP_RET_ERRNO | 38)
)

type wantCall struct {
	audit, nr uint32
	args      [6]uint64
	want      Action
}

func arg0(v uint64) [6]uint64 { return [6]uint64{v} }

// TestRules states what each rule of the semantics means, call by call. Every
// case goes through Decide and through the compiled program.
func TestRules(t *testing.T) {
	const all = `"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"],`
	const allow = `"action":"SCMP_ACT_ALLOW"`
	const deny = `"defaultAction":"SCMP_ACT_ERRNO",`
	const noVsock = `{` + all + deny + `"syscalls":[{"names":["socket","clone3"],` + allow + `,"args":[{"index":0,"value":40,"op":"SCMP_CMP_NE"}]}]}`
	const noSti = `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["ioctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":21522,"op":"SCMP_CMP_EQ"}]}]}`
	for _, c := range []struct {
		name, profile string
		options       Options
		calls         []wantCall
	}{
		{"without args beats with args, before", `{` + deny + `"syscalls":[
			{"names":["read"],` + allow + `},
			{"names":["read"],"action":"SCMP_ACT_KILL","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}`, Options{},
			[]wantCall{{x64, 0, arg0(1), Allow}, {x64, 0, arg0(2), Allow}}},
		{"without args beats with args, behind", `{` + deny + `"syscalls":[
			{"names":["read"],"action":"SCMP_ACT_KILL","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},
			{"names":["read"],` + allow + `}]}`, Options{},
			[]wantCall{{x64, 0, arg0(1), Allow}, {x64, 0, arg0(2), Allow}}},
		{"first of two without args wins", `{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"syscalls":[
			{"names":["setns"],` + allow + `},{"names":["setns"],"action":"SCMP_ACT_ERRNO","errnoRet":1}]}`, Options{},
			[]wantCall{{x64, 308, arg0(0), Allow}}},
		{"same action ors", `{` + deny + `"syscalls":[
			{"names":["read"],` + allow + `,"args":[{"index":0,"value":8,"op":"SCMP_CMP_LE"}]},
			{"names":["read"],` + allow + `,"args":[{"index":0,"value":8589934600,"op":"SCMP_CMP_GT"}]}]}`, Options{},
			[]wantCall{{x64, 0, arg0(8), Allow}, {x64, 0, arg0(9), eperm}, {x64, 0, arg0(0x200000008), eperm},
				{x64, 0, arg0(0x200000009), Allow}, {x64, 0, arg0(0x300000000), Allow}, {x64, 0, arg0(0x100000008), eperm}}},
		{"or of ands with a shared term", `{` + deny + `"syscalls":[
			{"names":["read"],` + allow + `,"args":[{"index":0,"value":3,"op":"SCMP_CMP_NE"},{"index":1,"value":2,"op":"SCMP_CMP_EQ"}]},
			{"names":["read"],` + allow + `,"args":[{"index":0,"value":3,"op":"SCMP_CMP_NE"},{"index":2,"value":7,"op":"SCMP_CMP_EQ"}]}]}`, Options{},
			[]wantCall{{x64, 0, [6]uint64{4, 2, 0}, Allow}, {x64, 0, [6]uint64{4, 0, 7}, Allow}, {x64, 0, [6]uint64{3, 2, 7}, eperm},
				{x64, 0, [6]uint64{4, 0, 0}, eperm}, {x64, 0, [6]uint64{0x100000003, 2, 0}, Allow}}},
		{"and is not or (CVE-2017-18367)", `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
			{"names":["read"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":1,"value":2,"op":"SCMP_CMP_EQ"}]}]}`, Options{},
			[]wantCall{{x64, 0, [6]uint64{1, 2}, eperm}, {x64, 0, [6]uint64{1, 0}, Allow}, {x64, 0, [6]uint64{0, 2}, Allow}}},
		{"first match among different actions", `{` + deny + `"syscalls":[
			{"names":["read"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":5,"op":"SCMP_CMP_GE"}]},
			{"names":["read"],` + allow + `,"args":[{"index":0,"value":9,"op":"SCMP_CMP_LE"}]},
			{"names":["read"],"action":"SCMP_ACT_LOG","args":[{"index":1,"value":1,"op":"SCMP_CMP_EQ"}]}]}`, Options{},
			[]wantCall{{x64, 0, arg0(4), Allow}, {x64, 0, arg0(5), Trap}, {x64, 0, arg0(9), Trap}, {x64, 0, arg0(1 << 63), Trap}}},
		{"accumulator between rules (personality)", `{` + deny + `"syscalls":[
			{"names":["personality"],` + allow + `,"args":[{"index":0,"value":0,"op":"SCMP_CMP_EQ"}]},
			{"names":["personality"],` + allow + `,"args":[{"index":0,"value":8,"op":"SCMP_CMP_EQ"}]},
			{"names":["personality"],` + allow + `,"args":[{"index":0,"value":4294967295,"op":"SCMP_CMP_EQ"}]}]}`, Options{},
			[]wantCall{{x64, 135, arg0(0), Allow}, {x64, 135, arg0(8), Allow}, {x64, 135, arg0(56), eperm}, {x64, 135, arg0(0xffffffff), Allow},
				{x64, 135, arg0(1<<64 - 1), eperm}, {x64, 135, arg0(1 << 32), eperm}}},
		{"an index twice makes alternatives", `{` + deny + `"syscalls":[
			{"names":["read"],` + allow + `,"args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":1,"value":7,"op":"SCMP_CMP_EQ"},{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]}]}`, Options{},
			[]wantCall{{x64, 0, [6]uint64{1, 0}, Allow}, {x64, 0, [6]uint64{2, 0}, Allow}, {x64, 0, [6]uint64{0, 7}, Allow}, {x64, 0, [6]uint64{3, 3}, eperm}}},
		{"masked comparison", `{` + deny + `"syscalls":[
			{"names":["clone"],` + allow + `,"args":[{"index":0,"value":1095216660480,"valueTwo":18446742974197923840,"op":"SCMP_CMP_MASKED_EQ"}]},
			{"names":["read"],` + allow + `,"args":[{"index":0,"value":0,"valueTwo":5,"op":"SCMP_CMP_MASKED_EQ"}]}]}`, Options{},
			[]wantCall{{x64, 56, arg0(0xff_00000000), eperm}, {x64, 56, arg0(0), Allow}, {x64, 56, arg0(0xf00_12345678), Allow}, {x64, 0, arg0(77), Allow}}},
		{"masked comparisons in a row", `{` + deny + `"syscalls":[
			{"names":["read"],` + allow + `,"args":[{"index":0,"value":6,"valueTwo":2,"op":"SCMP_CMP_MASKED_EQ"}]},
			{"names":["read"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":5,"valueTwo":5,"op":"SCMP_CMP_MASKED_EQ"}]},
			{"names":["read"],"action":"SCMP_ACT_LOG","args":[{"index":0,"value":8,"op":"SCMP_CMP_EQ"}]}]}`, Options{},
			[]wantCall{{x64, 0, arg0(2), Allow}, {x64, 0, arg0(0xf3), Allow}, {x64, 0, arg0(0xfd), Trap}, {x64, 0, arg0(7), Trap}, {x64, 0, arg0(8), Log}, {x64, 0, arg0(0x18), eperm}}},
		{"32-bit architectures compare 32 bits", `{` + all + deny + `"syscalls":[
			{"names":["read"],` + allow + `,"args":[{"index":0,"value":8589934593,"op":"SCMP_CMP_EQ"}]},
			{"names":["write"],` + allow + `,"args":[{"index":2,"value":18446744073709551615,"op":"SCMP_CMP_LE"}]}]}`, Options{},
			[]wantCall{{x64, 0, arg0(1), eperm}, {x64, 0, arg0(0x200000001), Allow}, {i86, 3, arg0(1), Allow}, {i86, 3, arg0(0xffffffff00000001), Allow},
				{x64, 0x40000000, arg0(1), Allow}, {i86, 4, [6]uint64{0, 0, 1 << 63}, Allow}, {x64, 1, [6]uint64{0, 0, 1 << 63}, Allow}}},
		{"64-bit order", `{` + deny + `"syscalls":[
			{"names":["read"],` + allow + `,"args":[{"index":0,"value":4294967296,"op":"SCMP_CMP_LT"}]},
			{"names":["write"],` + allow + `,"args":[{"index":5,"value":4294967301,"op":"SCMP_CMP_GE"}]},
			{"names":["open"],` + allow + `,"args":[{"index":0,"value":0,"op":"SCMP_CMP_LT"}]},
			{"names":["close"],` + allow + `,"args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_LE"}]}]}`, Options{},
			[]wantCall{{x64, 0, arg0(0xffffffff), Allow}, {x64, 0, arg0(1 << 32), eperm}, {x64, 0, arg0(1 << 63), eperm},
				{x64, 1, [6]uint64{5: 0x100000004}, eperm}, {x64, 1, [6]uint64{5: 0x100000005}, Allow}, {x64, 1, [6]uint64{5: 0x200000000}, Allow}, {x64, 1, [6]uint64{5: 5}, eperm},
				{x64, 2, arg0(0), eperm}, {x64, 3, arg0(1<<64 - 1), Allow}}},
		{"a name known elsewhere applies there", `{` + all + deny + `"syscalls":[
			{"names":["_newselect","exit_group"],` + allow + `},{"names":["s390_runtime_instr","riscv_flush_icache"],` + allow + `}]}`, Options{Strict: true},
			[]wantCall{{i86, 142, arg0(0), Allow}, {x64, 142, arg0(0), eperm}, {x64, 231, arg0(0), Allow}, {i86, 252, arg0(0), Allow}}},
		{"a rule equal to the default shadows nothing", `{` + deny + `"syscalls":[
			{"names":["read"],"action":"SCMP_ACT_ERRNO","errnoRet":1},{"names":["read"],` + allow + `},
			{"names":["write"],"action":"SCMP_ACT_ERRNO","errnoRet":2},{"names":["write"],` + allow + `},
			{"names":["open"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},
			{"names":["open"],` + allow + `,"args":[{"index":0,"value":9,"op":"SCMP_CMP_LE"}]}]}`, Options{},
			[]wantCall{{x64, 0, arg0(0), Allow}, {x64, 1, arg0(0), Errno(2)}, {x64, 2, arg0(1), Allow}}},
		{"an unlisted architecture kills", `{` + deny + `"syscalls":[{"names":["read"],` + allow + `}]}`, Options{Native: "SCMP_ARCH_X86_64"},
			[]wantCall{{i86, 3, arg0(0), KillProcess}, {0, 0, arg0(0), KillProcess}, {x64, 0x3fffffff, arg0(0), enosys},
				{x64, 0x40000000, arg0(0), KillProcess}, {x64, 0x80000000, arg0(0), KillProcess}, {x64, 0xfffffffe, arg0(0), KillProcess},
				{x64, 0xffffffff, arg0(0), eperm}}},
		{"or kills the thread", `{` + deny + `"syscalls":[{"names":["read"],` + allow + `}]}`, Options{Native: "SCMP_ARCH_X86_64", KillThread: true},
			[]wantCall{{i86, 3, arg0(0), KillThread}, {x64, 0x40000000, arg0(0), KillThread}, {x64, 0xffffffff, arg0(0), eperm}}},
		{"native is always included", `{"architectures":["SCMP_ARCH_X86"],` + deny + `"syscalls":[{"names":["read"],` + allow + `}]}`, Options{Native: "SCMP_ARCH_X86_64"},
			[]wantCall{{x64, 0, arg0(0), Allow}, {i86, 3, arg0(0), Allow}, {x64, 0x40000000, arg0(0), KillProcess}}},
		{"x32 without x86_64", `{"architectures":["SCMP_ARCH_X32"],` + deny + `"syscalls":[{"names":["read"],` + allow + `}]}`, Options{Native: "SCMP_ARCH_AARCH64"},
			[]wantCall{{x64, 0, arg0(0), KillProcess}, {x64, 0x3fffffff, arg0(0), KillProcess}, {x64, 0x40000000, arg0(0), Allow},
				{x64, 0x40000001, arg0(0), enosys}, {unix.AUDIT_ARCH_AARCH64, 63, arg0(0), Allow}}},
		{"x32 numbers", `{` + all + deny + `"syscalls":[{"names":["read","execve","rt_sigaction","pwritev2","_sysctl","clone3"],` + allow + `}]}`, Options{},
			[]wantCall{{x64, 0x40000000, arg0(0), Allow}, {x64, 59, arg0(0), Allow}, {x64, 0x40000000 | 59, arg0(0), eperm}, {x64, 0x40000000 | 520, arg0(0), Allow},
				{x64, 0x40000000 | 512, arg0(0), Allow}, {x64, 0x40000000 | 547, arg0(0), Allow}, {x64, 0x40000000 | 548, arg0(0), enosys}, {x64, 520, arg0(0), enosys},
				{x64, 0x40000000 | 434, arg0(0), eperm}, {x64, 0x40000000 | 436, arg0(0), enosys}, {x64, 0x40000000 | 511, arg0(0), enosys}, {x64, 0x40000000 | 513, arg0(0), eperm},
				{x64, 156, arg0(0), Allow}, {x64, 0x40000000 | 156, arg0(0), eperm}, {x64, 0xffffffff, arg0(0), enosys}}},
		{"beyond the profile is ENOSYS, per architecture", `{` + all + `"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":[
			{"names":["read","openat"],` + allow + `},{"names":["getrandom"],"action":"SCMP_ACT_KILL_PROCESS"}]}`, Options{},
			[]wantCall{{x64, 256, arg0(0), KillProcess}, {x64, 257, arg0(0), Allow}, {x64, 317, arg0(0), KillProcess}, {x64, 318, arg0(0), KillProcess}, {x64, 319, arg0(0), enosys},
				{i86, 295, arg0(0), Allow}, {i86, 355, arg0(0), KillProcess}, {i86, 356, arg0(0), enosys}, {i86, 0xffffffff, arg0(0), enosys},
				{x64, 0x40000000 | 318, arg0(0), KillProcess}, {x64, 0x40000000 | 319, arg0(0), enosys}}},
		{"not where the default is TRACE", `{"defaultAction":"SCMP_ACT_TRACE","defaultErrnoRet":7,"syscalls":[{"names":["read"],` + allow + `}]}`, Options{},
			[]wantCall{{x64, 400, arg0(0), Trace(7)}}},
		{"not where the default is ALLOW", `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_TRAP"}]}`, Options{},
			[]wantCall{{x64, 400, arg0(0), Allow}, {x64, 0, arg0(0), Trap}}},
		{"not where the default is LOG", `{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["read"],"action":"SCMP_ACT_TRAP"}]}`, Options{},
			[]wantCall{{x64, 400, arg0(0), Log}}},
		{"nothing is beyond a profile without names", `{"defaultAction":"SCMP_ACT_TRAP"}`, Options{},
			[]wantCall{{x64, 0, arg0(0), Trap}, {x64, 400, arg0(0), Trap}}},
		{"default errno 38", `{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"syscalls":[{"names":["read"],` + allow + `}]}`, Options{},
			[]wantCall{{x64, 1, arg0(0), enosys}, {x64, 4000, arg0(0), enosys}}},
		{"socketcall", `{` + all + deny + `"syscalls":[
			{"names":["socket"],` + allow + `,"args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},
			{"names":["accept"],` + allow + `},
			{"names":["bind"],` + allow + `,"args":[{"index":0,"value":3,"op":"SCMP_CMP_EQ"},{"index":2,"value":16,"op":"SCMP_CMP_EQ"}]},
			{"names":["semop"],` + allow + `},{"names":["clone3"],` + allow + `}]}`, Options{},
			[]wantCall{{i86, 102, arg0(1), Allow}, {i86, 102, arg0(5), Allow}, {i86, 102, arg0(3), eperm}, {i86, 102, [6]uint64{2, 3, 16}, Allow}, {i86, 102, [6]uint64{2, 3, 15}, eperm}, {i86, 102, [6]uint64{2, 3, 1<<32 | 16}, Allow},
				{i86, 359, arg0(1), Allow}, {i86, 359, arg0(2), eperm}, {i86, 117, arg0(1), Allow}, {i86, 117, arg0(2), eperm}, {x64, 102, arg0(1), eperm}, {x64, 41, arg0(1), Allow}, {x64, 43, arg0(9), Allow}}},
		{"socketcall itself beats its members", `{` + all + deny + `"syscalls":[
			{"names":["socket"],"action":"SCMP_ACT_TRAP"},{"names":["socketcall"],` + allow + `}]}`, Options{},
			[]wantCall{{i86, 102, arg0(1), Allow}, {i86, 359, arg0(1), Trap}}},
		{"actions", `{` + deny + `"defaultErrnoRet":4095,"syscalls":[
			{"names":["read"],"action":"SCMP_ACT_KILL"},{"names":["write"],"action":"SCMP_ACT_KILL_THREAD"},{"names":["open"],"action":"SCMP_ACT_KILL_PROCESS"},
			{"names":["close"],"action":"SCMP_ACT_TRAP"},{"names":["stat"],"action":"SCMP_ACT_ERRNO"},{"names":["fstat"],"action":"SCMP_ACT_TRACE"},
			{"names":["lstat"],"action":"SCMP_ACT_TRACE","errnoRet":65535},{"names":["poll"],"action":"SCMP_ACT_LOG"},{"names":["lseek"],"action":"SCMP_ACT_ERRNO","errnoRet":0},
			{"names":["exit_group"],` + allow + `}]}`, Options{},
			[]wantCall{{x64, 0, arg0(0), KillThread}, {x64, 1, arg0(0), KillThread}, {x64, 2, arg0(0), KillProcess}, {x64, 3, arg0(0), Trap}, {x64, 4, arg0(0), eperm},
				{x64, 5, arg0(0), Trace(1)}, {x64, 6, arg0(0), Trace(65535)}, {x64, 7, arg0(0), Log}, {x64, 8, arg0(0), Errno(0)}, {x64, 9, arg0(0), Errno(4095)}}},
		{"a rule without args beats those with args through a multiplexer, too", `{"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],` + deny + `"syscalls":[
			{"names":["socket","semop"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":40,"op":"SCMP_CMP_EQ"}]},
			{"names":["bind"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":40,"op":"SCMP_CMP_EQ"}]},
			{"names":["socket","semop"],` + allow + `},{"names":["bind"],"action":"SCMP_ACT_ERRNO"},{"names":["socket"],"action":"SCMP_ACT_LOG"}]}`, Options{},
			[]wantCall{{x64, 41, arg0(40), Allow}, {i86, 359, arg0(40), Allow}, {i86, 102, arg0(1), Allow}, {i86, 117, arg0(1), Allow},
				{i86, 102, arg0(2), Trap}, {i86, 102, arg0(3), eperm}}},
		{"every version of ipc", `{"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_S390X"],"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
			{"names":["semget"],"action":"SCMP_ACT_ERRNO"},{"names":["socket"],"action":"SCMP_ACT_ERRNO"}]}`, Options{},
			[]wantCall{{i86, 117, arg0(2), eperm}, {i86, 117, arg0(0x10002), eperm}, {i86, 117, arg0(0xffff0002), eperm}, {i86, 117, arg0(1<<32 | 2), eperm}, {i86, 117, arg0(0x10003), Allow},
				{unix.AUDIT_ARCH_S390X, 117, arg0(1<<48 | 0x10002), eperm}, {i86, 102, arg0(1), eperm}, {i86, 102, arg0(0x10001), Allow}}},
		{"only version 0 of ipc, as runc", `{"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
			{"names":["semget"],"action":"SCMP_ACT_ERRNO"}]}`, Options{AsRunc: true},
			[]wantCall{{i86, 117, arg0(2), eperm}, {i86, 117, arg0(0x10002), Allow}}},
		{"aarch64 and arm", `{"architectures":["SCMP_ARCH_ARM"],` + deny + `"syscalls":[{"names":["set_tls","openat"],` + allow + `}]}`, Options{Native: "SCMP_ARCH_AARCH64"},
			[]wantCall{{unix.AUDIT_ARCH_AARCH64, 56, arg0(0), Allow}, {unix.AUDIT_ARCH_ARM, 983045, arg0(0), Allow}, {unix.AUDIT_ARCH_ARM, 322, arg0(0), Allow},
				{unix.AUDIT_ARCH_ARM, 321, arg0(0), eperm}, {unix.AUDIT_ARCH_ARM, 323, arg0(0), enosys}, {unix.AUDIT_ARCH_ARM, 983039, arg0(0), enosys}, {unix.AUDIT_ARCH_ARM, 983040, arg0(0), eperm},
				{unix.AUDIT_ARCH_ARM, 983046, arg0(0), eperm}, {unix.AUDIT_ARCH_ARM, 983044, arg0(0), eperm}, {unix.AUDIT_ARCH_AARCH64, 57, arg0(0), enosys}, {x64, 0, arg0(0), KillProcess}}},
		{"as runc counts", `{"architectures":["SCMP_ARCH_ARM"],` + deny + `"syscalls":[{"names":["set_tls","openat"],` + allow + `}]}`, Options{Native: "SCMP_ARCH_AARCH64", AsRunc: true},
			[]wantCall{{unix.AUDIT_ARCH_ARM, 323, arg0(0), eperm}, {unix.AUDIT_ARCH_ARM, 983046, arg0(0), enosys}, {unix.AUDIT_ARCH_AARCH64, 57, arg0(0), enosys}}},
		{"big-endian halves", `{"architectures":["SCMP_ARCH_PPC64LE","SCMP_ARCH_PPC"],` + deny + `"syscalls":[
			{"names":["read"],` + allow + `,"args":[{"index":1,"value":4294967298,"op":"SCMP_CMP_EQ"}]},
			{"names":["write"],"action":"SCMP_ACT_TRAP","args":[{"index":5,"value":1095216660480,"valueTwo":4294967296,"op":"SCMP_CMP_MASKED_EQ"}]}]}`, Options{Native: "SCMP_ARCH_S390X"},
			[]wantCall{{unix.AUDIT_ARCH_S390X, 3, [6]uint64{1: 0x100000002}, Allow}, {unix.AUDIT_ARCH_S390X, 3, [6]uint64{1: 0x200000001}, eperm},
				{unix.AUDIT_ARCH_PPC64LE, 3, [6]uint64{1: 0x100000002}, Allow}, {unix.AUDIT_ARCH_PPC64LE, 3, [6]uint64{1: 0x200000001}, eperm},
				{unix.AUDIT_ARCH_PPC, 3, [6]uint64{1: 2}, Allow}, {unix.AUDIT_ARCH_PPC, 3, [6]uint64{1: 0x200000001}, eperm},
				{unix.AUDIT_ARCH_S390X, 4, [6]uint64{5: 0x100000000}, Trap}, {unix.AUDIT_ARCH_S390X, 4, [6]uint64{5: 1}, eperm},
				{unix.AUDIT_ARCH_S390, 3, arg0(2), KillProcess}}},
		{"mips numbers", `{"architectures":["SCMP_ARCH_MIPSEL64","SCMP_ARCH_MIPS"],"defaultAction":"SCMP_ACT_TRAP","syscalls":[
			{"names":["read","openat"],` + allow + `}]}`, Options{Native: "SCMP_ARCH_MIPS64"},
			[]wantCall{{unix.AUDIT_ARCH_MIPS64, 5000, arg0(0), Allow}, {unix.AUDIT_ARCH_MIPSEL64, 5000, arg0(0), Allow}, {unix.AUDIT_ARCH_MIPS, 4003, arg0(0), Allow},
				{unix.AUDIT_ARCH_MIPS64, 0, arg0(0), Trap}, {unix.AUDIT_ARCH_MIPS64, 4999, arg0(0), Trap}, {unix.AUDIT_ARCH_MIPS64, 4003, arg0(0), Trap},
				{unix.AUDIT_ARCH_MIPS64, 5001, arg0(0), Trap}, {unix.AUDIT_ARCH_MIPS64, 5247, arg0(0), Allow}, {unix.AUDIT_ARCH_MIPS64, 5248, arg0(0), enosys},
				{unix.AUDIT_ARCH_MIPS, 3, arg0(0), Trap}, {unix.AUDIT_ARCH_MIPS, 4288, arg0(0), Allow}, {unix.AUDIT_ARCH_MIPS, 4289, arg0(0), enosys},
				{unix.AUDIT_ARCH_MIPS, 5000, arg0(0), enosys}, {unix.AUDIT_ARCH_MIPSEL, 4003, arg0(0), KillProcess}}},
		{"multiplexers elsewhere", `{"architectures":["SCMP_ARCH_PPC64","SCMP_ARCH_MIPS","SCMP_ARCH_RISCV64"],` + deny + `"syscalls":[
			{"names":["socket"],` + allow + `,"args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},{"names":["shmat","clone3"],` + allow + `}]}`, Options{Native: "SCMP_ARCH_S390X"},
			[]wantCall{{unix.AUDIT_ARCH_S390X, 102, arg0(1), Allow}, {unix.AUDIT_ARCH_S390X, 102, arg0(2), eperm}, {unix.AUDIT_ARCH_S390X, 102, arg0(1<<32 | 1), eperm},
				{unix.AUDIT_ARCH_S390X, 117, arg0(21), Allow}, {unix.AUDIT_ARCH_S390X, 117, arg0(22), eperm}, {unix.AUDIT_ARCH_S390X, 359, arg0(1), Allow},
				{unix.AUDIT_ARCH_PPC64, 102, arg0(1), Allow}, {unix.AUDIT_ARCH_PPC64, 117, arg0(21), Allow}, {unix.AUDIT_ARCH_PPC64, 326, arg0(2), eperm},
				{unix.AUDIT_ARCH_MIPS, 4102, arg0(1), Allow}, {unix.AUDIT_ARCH_MIPS, 4117, arg0(21), Allow}, {unix.AUDIT_ARCH_MIPS, 4102, arg0(7<<32 | 1), Allow},
				{unix.AUDIT_ARCH_RISCV64, 102, arg0(1), eperm}, {unix.AUDIT_ARCH_RISCV64, 117, arg0(21), eperm}}},
		{"AF_VSOCK, the whole register", noVsock, Options{},
			[]wantCall{{x64, 41, arg0(40), eperm}, {x64, 41, arg0(0x100000028), Allow}, {i86, 359, arg0(0x100000028), eperm}, {x64, 41, arg0(2), Allow}}},
		{"AF_VSOCK, as the kernel sees it", noVsock, Options{IntArgs: true},
			[]wantCall{{x64, 41, arg0(40), eperm}, {x64, 41, arg0(0x100000028), eperm}, {x64, 41, arg0(1<<63 | 40), eperm}, {i86, 359, arg0(0x100000028), eperm},
				{x64, 41, arg0(2), Allow}, {x64, 41, arg0(0x2800000000), Allow}}},
		{"TIOCSTI, the whole register (CVE-2019-10063)", noSti, Options{},
			[]wantCall{{x64, 16, [6]uint64{0, 0x5412}, eperm}, {x64, 16, [6]uint64{0, 0x100005412}, Allow}}},
		{"TIOCSTI, as the kernel sees it (CVE-2019-10063)", noSti, Options{IntArgs: true},
			[]wantCall{{x64, 16, [6]uint64{0, 0x5412}, eperm}, {x64, 16, [6]uint64{0, 0x100005412}, eperm}, {x64, 16, [6]uint64{0, 0xffffffff_00005412}, eperm},
				{x64, 16, [6]uint64{0, 0x5413}, Allow}, {x64, 16, [6]uint64{0, 0x5412_00000000}, Allow}}},
		{"only arguments that are ints", `{` + deny + `"syscalls":[
			{"names":["prctl","clone"],` + allow + `,"args":[{"index":0,"value":7,"op":"SCMP_CMP_LE"},{"index":1,"value":4294967297,"op":"SCMP_CMP_EQ"}]}]}`, Options{IntArgs: true},
			[]wantCall{{x64, 157, [6]uint64{7, 0x100000001}, Allow}, {x64, 157, [6]uint64{0xf00000007, 0x100000001}, Allow}, {x64, 157, [6]uint64{7, 1}, eperm}, {x64, 157, [6]uint64{8, 0x100000001}, eperm},
				{x64, 56, [6]uint64{7, 0x100000001}, Allow}, {x64, 56, [6]uint64{0xf00000007, 0x100000001}, eperm}}},
		{"the selector of a multiplexer is an int", `{"architectures":["SCMP_ARCH_S390X"],` + deny + `"syscalls":[{"names":["bind","clone3"],` + allow + `,"args":[{"index":2,"value":16,"op":"SCMP_CMP_EQ"}]}]}`, Options{IntArgs: true},
			[]wantCall{{unix.AUDIT_ARCH_S390X, 102, [6]uint64{1<<32 | 2, 0, 16}, Allow}, {unix.AUDIT_ARCH_S390X, 102, [6]uint64{2, 0, 1<<32 | 16}, eperm},
				{unix.AUDIT_ARCH_S390X, 361, [6]uint64{2, 0, 1<<32 | 16}, Allow}, {x64, 435, [6]uint64{2: 1<<32 | 16}, eperm}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.options.Native == "" {
				c.options.Native = "SCMP_ARCH_X86_64"
			}
			p, err := NewPolicy(parse(t, c.profile), c.options)
			if err != nil {
				t.Fatal(err)
			}
			f, _ := agree(t, p)
			vm, err := bpf.NewVM(f.Instructions)
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range c.calls {
				if got := p.Decide(call.audit, call.nr, call.args); got != call.want {
					t.Errorf("Decide(%#x, %d, %#x) = %s, want %s", call.audit, call.nr, call.args, got, call.want)
				}
				if got := Action(vm.Run(&bpf.Data{Nr: call.nr, Arch: call.audit, Args: call.args})); got != call.want {
					t.Errorf("program(%#x, %d, %#x) = %s, want %s", call.audit, call.nr, call.args, got, call.want)
				}
			}
		})
	}
}

func TestAllowsExecve(t *testing.T) {
	for _, c := range []struct{ name, profile, want string }{
		{"allowed", `{"defaultAction":"SCMP_ACT_KILL","syscalls":[{"names":["execve"],"action":"SCMP_ACT_ALLOW"}]}`, ""},
		{"logged", `{"defaultAction":"SCMP_ACT_LOG"}`, ""},
		{"traced", `{"defaultAction":"SCMP_ACT_TRACE"}`, ""},
		{"on a condition", `{"defaultAction":"SCMP_ACT_KILL","syscalls":[{"names":["execve"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}`, ""},
		{"only read", `{"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}`,
			"linux.seccomp: execve is not allowed on SCMP_ARCH_X86_64 (action SCMP_ACT_ERRNO(38 ENOSYS)), so the container process could never start"},
		{"killed", `{"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":[{"names":["clone3"],"action":"SCMP_ACT_ALLOW"}]}`,
			"linux.seccomp: execve is not allowed on SCMP_ARCH_X86_64 (action SCMP_ACT_KILL_PROCESS), so the container process could never start"},
		{"no rules", `{"defaultAction":"SCMP_ACT_ERRNO"}`,
			"linux.seccomp: execve is not allowed on SCMP_ARCH_X86_64 (action SCMP_ACT_ERRNO(1 EPERM)), so the container process could never start"},
		{"on a condition that never holds", `{"defaultAction":"SCMP_ACT_TRAP","syscalls":[{"names":["execve"],"action":"SCMP_ACT_ALLOW","args":[
			{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":1,"value":0,"op":"SCMP_CMP_LT"}]}]}`,
			"linux.seccomp: execve is not allowed on SCMP_ARCH_X86_64 (action SCMP_ACT_TRAP), so the container process could never start"},
		{"denied without and allowed with condition", `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
			{"names":["execve"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},{"names":["execve"],"action":"SCMP_ACT_TRAP"}]}`,
			"linux.seccomp: execve is not allowed on SCMP_ARCH_X86_64 (action SCMP_ACT_TRAP), so the container process could never start"},
	} {
		p, err := NewPolicy(parse(t, c.profile), Options{Native: "SCMP_ARCH_X86_64"})
		if err != nil {
			t.Fatal(c.name, err)
		}
		got := ""
		if err := p.AllowsExecve(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWarnings(t *testing.T) {
	src := `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["execve"," openat","READ","59","nonsense"],"action":"SCMP_ACT_ALLOW"}]}`
	f, err := Compile(parse(t, src), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`linux.seccomp.syscalls[0].names[1]: " openat" is not a system call of any known architecture, did you mean "openat"; the entry has no effect`,
		`linux.seccomp.syscalls[0].names[2]: "READ" is not a system call of any known architecture, did you mean "read"; the entry has no effect`,
		`linux.seccomp.syscalls[0].names[3]: "59" is not a system call of any known architecture; the entry has no effect`,
		`linux.seccomp.syscalls[0].names[4]: "nonsense" is not a system call of any known architecture; the entry has no effect`,
	}
	if got := strings.Join(f.Warnings, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("warnings:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
	if _, err := Compile(parse(t, src), Options{Strict: true}); err == nil || !strings.HasPrefix(err.Error(), `linux.seccomp.syscalls[0].names[1]: " openat"`) {
		t.Errorf("strict: %v", err)
	}
}
