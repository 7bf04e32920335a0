package nsenter

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// What the child does with its own hands where a kernel lacks a call for it. The
// contract of interpret applies to everything in this file.

// decimalSize is the memory that decimal needs for any number.
const decimalSize = 12

// decimal writes a number and a NUL to memory: mount(2), unlike the newer calls,
// takes no descriptor, but below /proc/self/fd its number is a path.
//
//go:nosplit
//go:norace
func decimal(at uintptr, v uint32) {
	n := uintptr(1)
	for x := v; x >= 10; x /= 10 {
		n++
	}
	for *(*byte)(pointer(at + n)) = 0; n > 0; n-- {
		*(*byte)(pointer(at + n - 1)) = byte('0' + v%10)
		v /= 10
	}
}

// maxOpen is more than the descriptors that a program has open at one time besides
// those that were passed on to it: each is in a register.
const maxOpen = 2 * NumRegs

// cloexec does what close_range(2) with CLOSE_RANGE_CLOEXEC does (Linux 5.11): it
// makes every descriptor from first on close at execve. first is not below the one
// that OpAlone began with.
//
// Which can be open? Those that OpAlone has left, between the ranges that it closed,
// and those that the program has opened since. The kernel gives out the lowest free
// number, so the latter are within maxOpen of the first number that was free.
//
//go:nosplit
//go:norace
func cloexec(pg *page, first uintptr) syscall.Errno {
	next := first
	for i := uintptr(0); i < pg.ngaps && i < maxGaps; i++ {
		for ; next < uintptr(pg.gaps[i][0]); next++ { // passed on
			if errno := cloexecOne(next); errno != 0 {
				return errno
			}
		}
		for limit := first + maxGaps + maxOpen; next <= uintptr(pg.gaps[i][1]) && next < limit; next++ {
			if errno := cloexecOne(next); errno != 0 {
				return errno
			}
		}
		next = max(next, uintptr(pg.gaps[i][1])+1)
	}
	return 0
}

//go:nosplit
//go:norace
func cloexecOne(fd uintptr) syscall.Errno {
	_, _, errno := syscall.RawSyscall(unix.SYS_FCNTL, fd, unix.F_SETFD, unix.FD_CLOEXEC)
	if errno == unix.EBADF {
		return 0 // nothing there
	}
	return errno
}
