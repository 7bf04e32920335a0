package box

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// peek waits for a change of state of any child or tracee of this thread, and gives its id
// without taking the change (waitid(2), WNOWAIT).
func peek() (int, error) {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WSTOPPED|unix.WNOWAIT|unix.WALL|unix.WNOTHREAD, nil)
	// si_pid is the first field of the union, which is aligned to a pointer.
	return int(*(*int32)(unsafe.Add(unsafe.Pointer(&info), 16))), err
}
