package seccomp_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"runtime"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/strictjson"
)

// The examples are about x86_64, on whatever machine they run.
var x86 = seccomp.Options{Native: "SCMP_ARCH_X86_64"}

// A profile is the specification's struct; Compile makes the program of it.
func ExampleCompile() {
	enosys := uint(unix.ENOSYS)
	profile := &specs.LinuxSeccomp{
		DefaultAction:   specs.ActErrno,
		DefaultErrnoRet: &enosys,
		Syscalls: []specs.LinuxSyscall{
			{Names: []string{"read", "write", "exit_group", "raed"}, Action: specs.ActAllow},
			// socket(AF_UNIX, ...)
			{Names: []string{"socket"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{
				{Index: 0, Value: unix.AF_UNIX, Op: specs.OpEqualTo}}},
		},
	}
	filter, err := seccomp.Compile(profile, x86)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("fits the kernel:", len(filter.Instructions) <= bpf.MaxInstructions)
	for _, w := range filter.Warnings {
		fmt.Println("warning:", w)
	}
	// Output:
	// fits the kernel: true
	// warning: linux.seccomp.syscalls[0].names[3]: "raed" is not a system call of any known architecture; the entry has no effect
}

// A profile's text is read strictly. Errors name the field.
func ExampleParseProfile() {
	profile, err := seccomp.ParseProfile([]byte(`{
		"defaultAction": "SCMP_ACT_ALLOW",
		"syscalls": [{"names": ["mount", "umount2"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]
	}`))
	if err != nil {
		log.Fatal(err)
	}
	if _, err = seccomp.Compile(profile, x86); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(profile.Syscalls), "rule")

	// A rule must not get lost because somebody wrote "name".
	_, err = seccomp.ParseProfile([]byte(`{
		"defaultAction": "SCMP_ACT_ALLOW",
		"syscalls": [{"name": "mount", "action": "SCMP_ACT_ERRNO"}]
	}`))
	fmt.Println(err)
	var field *strictjson.FieldError
	if errors.As(err, &field) {
		fmt.Println("field:", field.Field)
	}
	// Output:
	// 1 rule
	// linux.seccomp.syscalls[0].names: missing, expected a value because the field is required
	// field: linux.seccomp.syscalls[0].names
}

func ExampleFilter_Disassemble() {
	profile := &specs.LinuxSeccomp{
		DefaultAction: specs.ActErrno,
		Syscalls:      []specs.LinuxSyscall{{Names: []string{"getpid"}, Action: specs.ActAllow}},
	}
	filter, err := seccomp.Compile(profile, x86)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(filter.Disassemble())
	// Output:
	//    0: ld   arch
	//    1: jeq  0xc000003e (SCMP_ARCH_X86_64)  -> 2, 10
	//    2: ld   nr
	//    3: jge  40 (sendfile)  -> 4, 6
	//    4: jge  1073741824 (read)  -> 5, 7
	//    5: jge  4294967295  -> 9, 10
	//    6: jge  39 (getpid)  -> 8, 9
	//    7: ret  SCMP_ACT_ERRNO(38 ENOSYS)
	//    8: ret  SCMP_ACT_ALLOW
	//    9: ret  SCMP_ACT_ERRNO(1 EPERM)
	//   10: ret  SCMP_ACT_KILL_PROCESS
}

// Decide says what becomes of a call, without a kernel and without a program.
func ExamplePolicy_Decide() {
	profile, err := seccomp.ParseProfile([]byte(`{
		"defaultAction": "SCMP_ACT_ALLOW",
		"syscalls": [{
			"names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
			"args": [{"index": 0, "value": 268435456, "valueTwo": 268435456, "op": "SCMP_CMP_MASKED_EQ"}]
		}]
	}`))
	if err != nil {
		log.Fatal(err)
	}
	policy, err := seccomp.NewPolicy(profile, x86)
	if err != nil {
		log.Fatal(err)
	}
	const clone = 56 // on x86_64
	fmt.Println("a process:       ", policy.Decide(unix.AUDIT_ARCH_X86_64, clone, [6]uint64{uint64(unix.SIGCHLD)}))
	fmt.Println("a user namespace:", policy.Decide(unix.AUDIT_ARCH_X86_64, clone, [6]uint64{unix.CLONE_NEWUSER | uint64(unix.SIGCHLD)}))
	fmt.Println("from i386:       ", policy.Decide(unix.AUDIT_ARCH_I386, 120, [6]uint64{}))
	// Output:
	// a process:        SCMP_ACT_ALLOW
	// a user namespace: SCMP_ACT_ERRNO(1 EPERM)
	// from i386:        SCMP_ACT_KILL_PROCESS
}

// The program itself can be run in user space, call by call.
func ExampleFilter_simulate() {
	profile := &specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow,
		Syscalls:      []specs.LinuxSyscall{{Names: []string{"ptrace"}, Action: specs.ActKillProcess}},
	}
	filter, err := seccomp.Compile(profile, x86)
	if err != nil {
		log.Fatal(err)
	}
	vm, err := bpf.NewVM(filter.Instructions)
	if err != nil {
		log.Fatal(err)
	}
	for _, nr := range []uint32{0, 101} { // read and ptrace on x86_64
		ret := vm.Run(&bpf.Data{Arch: unix.AUDIT_ARCH_X86_64, Nr: nr})
		fmt.Println(nr, seccomp.Action(ret))
	}
	// Output:
	// 0 SCMP_ACT_ALLOW
	// 101 SCMP_ACT_KILL_PROCESS
}

// A filter belongs to a thread, so the goroutine is locked to its thread first
// and never unlocked: Go then ends the thread together with the goroutine.
func ExampleFilter_Install() {
	filter, err := seccomp.Compile(&specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow,
		Syscalls:      []specs.LinuxSyscall{{Names: []string{"ptrace", "bpf", "mount"}, Action: specs.ActErrno}},
	}, seccomp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		if err := seccomp.NoNewPrivs(); err != nil {
			result <- err
			return
		}
		if err := filter.Install(); err != nil {
			result <- err
			return
		}
		// From here on this goroutine, and no other, runs under the filter.
		result <- nil
	}()
	if err := <-result; err != nil {
		log.Fatal(err)
	}
}

// The process becomes a program that can only write, end, and ask for memory;
// anything else kills it. Nothing is allowed for the sake of this process.
func ExampleFilter_Exec() {
	filter, err := seccomp.Compile(&specs.LinuxSeccomp{
		DefaultAction: specs.ActKillProcess,
		Syscalls: []specs.LinuxSyscall{{
			Names:  []string{"execve", "write", "exit_group", "brk", "arch_prctl", "set_tid_address"},
			Action: specs.ActAllow,
		}},
	}, seccomp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	runtime.LockOSThread() // no_new_privs belongs to the thread, too
	if err := seccomp.NoNewPrivs(); err != nil {
		log.Fatal(err)
	}
	err = filter.Exec("/usr/bin/static-hello", []string{"static-hello"}, os.Environ())
	log.Fatal(err) // Exec returns only if it failed
}
