package seccomp

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/bpf"
)

// Install puts the filter in force for the calling thread and all that it
// starts from now on; it cannot be taken back. The thread needs no_new_privs
// or CAP_SYS_ADMIN in its user namespace, and the caller has locked the
// goroutine to it (runtime.LockOSThread), since a filter belongs to a thread.
//
// It calls seccomp(2); where that does not exist (before Linux 3.17, or under
// an outer filter that hides it) prctl(2), if [Filter.PrctlSuffices].
func (f *Filter) Install() error {
	if len(f.Instructions) == 0 || len(f.Instructions) > bpf.MaxInstructions {
		return fmt.Errorf("seccomp: %d instructions, expected 1 to %d", len(f.Instructions), bpf.MaxInstructions)
	}
	fprog := unix.SockFprog{
		Len: uint16(len(f.Instructions)),
		// Instruction has the layout of sock_filter, which a test checks.
		Filter: (*unix.SockFilter)(unsafe.Pointer(&f.Instructions[0])),
	}
	defer runtime.KeepAlive(f)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(f.Flags), uintptr(unsafe.Pointer(&fprog)))
	switch {
	case errno == 0:
		return nil
	case errno != unix.ENOSYS:
		return fmt.Errorf("seccomp(SECCOMP_SET_MODE_FILTER, %#x, %d instructions): %w", f.Flags, len(f.Instructions), errno)
	case !f.PrctlSuffices():
		return fmt.Errorf("linux.seccomp.flags: seccomp(2), which flags %#x need, is missing in this kernel (Linux 3.17): %w",
			f.Flags&^f.unasked, errno)
	}
	_, _, errno = unix.Syscall(unix.SYS_PRCTL, unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&fprog)))
	if errno != 0 {
		return fmt.Errorf("prctl(PR_SET_SECCOMP, %d instructions): %w", len(f.Instructions), errno)
	}
	return nil
}
