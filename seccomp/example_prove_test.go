package seccomp_test

import (
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bpf"
)

// amd64 makes the output of the examples the same on every machine.
var amd64 = seccomp.Options{Native: "SCMP_ARCH_X86_64"}

func allowBut(action specs.LinuxSeccompAction, names ...string) *seccomp.Policy {
	p, err := seccomp.NewPolicy(&specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow,
		Syscalls:      []specs.LinuxSyscall{{Names: names, Action: action}},
	}, amd64)
	if err != nil {
		panic(err)
	}
	return p
}

// Verify proves a filter from anywhere, here one written by hand that has
// forgotten something.
func ExampleVerify() {
	policy := allowBut(specs.ActErrno, "ptrace", "bpf")
	prog := []bpf.Instruction{
		{Op: 0x20, K: bpf.OffArch},
		{Op: 0x15, Jt: 1, K: 0xc000003e},
		{Op: 0x06, K: uint32(seccomp.KillProcess)},
		{Op: 0x20, K: bpf.OffNr},
		{Op: 0x15, Jt: 1, K: 101}, // ptrace
		{Op: 0x15, Jf: 1, K: 321}, // bpf
		{Op: 0x06, K: uint32(seccomp.Errno(1))},
		{Op: 0x06, K: uint32(seccomp.Allow)},
	}
	err := seccomp.Verify(prog, policy)
	fmt.Println(err)

	var c *seccomp.Counterexample
	if errors.As(err, &c) {
		fmt.Printf("call %#x on arch %#x\n", c.Call.Nr, c.Call.Arch)
	}
	// Output:
	// seccomp: SCMP_ARCH_X32 read(0x0, 0x0, 0x0, 0x0, 0x0, 0x0): the program returns SCMP_ACT_ALLOW, the policy says SCMP_ACT_KILL_PROCESS
	// call 0x40000000 on arch 0xc000003e
}

// Intersect is what two filters on one process amount to.
func ExampleIntersect() {
	floor := allowBut(specs.ActKillProcess, "bpf", "kexec_load")
	own := allowBut(specs.ActErrno, "bpf", "ptrace")
	both, err := seccomp.Intersect(floor, own)
	if err != nil {
		panic(err)
	}
	const amd64 = 0xc000003e // AUDIT_ARCH_X86_64
	for _, nr := range []uint32{321, 246, 101, 0} {
		fmt.Println(nr, both.Decide(amd64, nr, [6]uint64{}))
	}
	// Output:
	// 321 SCMP_ACT_KILL_PROCESS
	// 246 SCMP_ACT_KILL_PROCESS
	// 101 SCMP_ACT_ERRNO(1 EPERM)
	// 0 SCMP_ACT_ALLOW
}

// Compare says on which calls two profiles differ, and which is stricter.
func ExampleCompare() {
	old := allowBut(specs.ActErrno, "bpf")
	changed := allowBut(specs.ActErrno, "bpf", "userfaultfd", "io_uring_setup")
	c, err := seccomp.Compare(changed, old)
	if err != nil {
		panic(err)
	}
	for _, d := range c.Differences {
		fmt.Println(d)
	}
	fmt.Println("at least as strict:", c.AtLeastAsStrict)
	// Output:
	// SCMP_ARCH_X86_64 userfaultfd: SCMP_ACT_ERRNO(1 EPERM), SCMP_ACT_ALLOW
	// SCMP_ARCH_X86_64 io_uring_setup: SCMP_ACT_ERRNO(1 EPERM), SCMP_ACT_ALLOW
	// at least as strict: true
}
