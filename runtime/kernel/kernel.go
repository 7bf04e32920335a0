// Package kernel asks the running kernel what it has. It is the one place for that: the
// packages that decide by it (plan, features) get the answer as a value, so that they can be
// tested for any kernel on any other.
package kernel

import (
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/plan"
)

// Lacks tells what the kernel has not, of that which supported kernels may lack and a plan
// can do without. It asks by calls that do nothing, at most a microsecond, and keeps no answer:
// what a filter around the runtime denies now it may not have denied before.
func Lacks() (l plan.Lacks) {
	// No descriptor, and attributes of no length: EINVAL where the call exists. Anything
	// else is a kernel without it, or a filter.
	_, _, errno := unix.RawSyscall6(unix.SYS_MOUNT_SETATTR, ^uintptr(0), 0, 0, 0, 0, 0)
	l.MountSetattr = errno != unix.EINVAL
	// The highest descriptor that there can be, which is not open.
	_, _, errno = unix.RawSyscall(unix.SYS_CLOSE_RANGE, 1<<31-1, 1<<31-1, unix.CLOSE_RANGE_CLOEXEC)
	l.CloexecRange = errno != 0
	return l
}

// Permitted are the capabilities that this process has, number n as bit n. It asks by
// capget(2), and says all if that fails: the kernel then answers for each by itself.
func Permitted() uint64 {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&head, &data[0]); err != nil {
		return ^uint64(0)
	}
	return uint64(data[1].Permitted)<<32 | uint64(data[0].Permitted)
}
