package runtime

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// A reserve holds descriptors that are needed to take things back: to kill what is in a
// cgroup and to remove it takes some at a time, which a process that fails for want of
// descriptors would not get.
type reserve []int

// reserved is how many: Kill of package cgroup can do with four open at a time, one of them
// a process, Destroy with three, and Remove of package state has one.
const reserved = 4

// newReserve takes them, before there is anything to take back. They are copies of standard
// error, which is always open: the Go runtime sees to that.
func newReserve() (reserve, error) {
	r := make(reserve, 0, reserved)
	for range reserved {
		fd, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			r.release()
			return nil, fmt.Errorf("reserve %d descriptors: %w", reserved, err)
		}
		r = append(r, fd)
	}
	return r, nil
}

// release gives them back; again, it does nothing.
func (r *reserve) release() {
	for _, fd := range *r {
		unix.Close(fd)
	}
	*r = nil
}
