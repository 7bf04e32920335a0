package seccomp

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/bpf"
)

// The ptrace(2) and waitid(2) calls of ReadFilters. All of them are for the
// thread that has seized tid, so the goroutine is locked to it.

func ptrace(request, tid int, addr, data uintptr) error {
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), addr, data, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// filterLen returns the number of instructions of a stopped thread's filter i,
// counted from the oldest. ENOENT: there is no such filter.
func filterLen(tid, i int) (int, error) {
	n, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SECCOMP_GET_FILTER, uintptr(tid), uintptr(i), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// copyFilter fills prog, whose length is that of filter i. Instruction has the
// layout of sock_filter, which a test checks.
func copyFilter(tid, i int, prog []bpf.Instruction) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SECCOMP_GET_FILTER, uintptr(tid), uintptr(i),
		uintptr(unsafe.Pointer(&prog[0])), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// seccompMetadata is struct seccomp_metadata (linux/ptrace.h).
type seccompMetadata struct {
	filterOff uint64
	flags     uint64
}

func filterFlags(tid, i int) (uint64, error) {
	m := seccompMetadata{filterOff: uint64(i)}
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SECCOMP_GET_METADATA, uintptr(tid), unsafe.Sizeof(m),
		uintptr(unsafe.Pointer(&m)), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return m.flags, nil
}

// stopInfo is the head of siginfo_t as waitid(2) fills it. The union behind the
// first three members is aligned like a pointer.
type stopInfo struct {
	signo, a, b int32
	_           [0]uintptr
	pid, uid    int32
	status      int32
	_           [128]byte
}

// pollStop asks whether the thread has stopped, and does not wait. status is the
// signal, with PTRACE_EVENT_STOP in the next byte where the stop is no delivery of
// one. Unlike wait4(2), waitid leaves the status of a thread that has ended alone,
// which may be somebody else's; the error is then ECHILD.
func pollStop(tid int) (status int, stopped bool, err error) {
	var info stopInfo
	_, _, errno := unix.Syscall6(unix.SYS_WAITID, unix.P_PID, uintptr(tid), uintptr(unsafe.Pointer(&info)),
		unix.WSTOPPED|unix.WNOHANG|unix.WALL, 0, 0)
	if errno != 0 {
		return 0, false, errno
	}
	return int(info.status), info.signo != 0, nil
}

// callArch returns the AUDIT_ARCH value of the call that a stopped thread is in.
func callArch(tid int) (uint32, error) {
	// The head of struct ptrace_syscall_info (linux/ptrace.h).
	var info struct {
		op   uint8
		_    [3]uint8
		arch uint32
		_    [2]uint64
	}
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(tid), unsafe.Sizeof(info),
		uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return info.arch, nil
}
