package main

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// seccompFlags asks for flags of seccomp(2), which looks at them before the filter: EFAULT
// if it knows them.
func seccompFlags(flags uintptr) func(*host) bool {
	return func(*host) bool {
		return try(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, 0) == unix.EFAULT
	}
}

// seccompAction asks for an action (SECCOMP_GET_ACTION_AVAIL).
func seccompAction(action uint32) func(*host) bool {
	return func(*host) bool {
		errno := try(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
		runtime.KeepAlive(&action)
		return errno == 0
	}
}

// listener returns that of a filter which allows everything. The thread that has the
// filter ends at once; the descriptor still takes ioctls.
func listener() int {
	got := make(chan int)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread goes with its filter
		allow := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}
		fprog := unix.SockFprog{Len: 1, Filter: &allow}
		fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&fprog)))
		runtime.KeepAlive(&fprog)
		if errno != 0 {
			got <- -1
			return
		}
		got <- int(fd)
	}()
	return <-got
}

// addFD asks for SECCOMP_IOCTL_NOTIF_ADDFD with flags, for a notification that does not
// exist: ENOENT if the flags are fine.
func addFD(flags uint32) func(*host) bool {
	return func(h *host) bool {
		a := struct { // struct seccomp_notif_addfd
			id                          uint64
			flags, srcFD, newFD, fdFlag uint32
		}{id: 1 << 60, flags: flags}
		errno := try(unix.SYS_IOCTL, uintptr(h.listener), unix.SECCOMP_IOCTL_NOTIF_ADDFD, uintptr(unsafe.Pointer(&a)))
		runtime.KeepAlive(&a)
		return errno == unix.ENOENT
	}
}

func syncWakeUp(h *host) bool {
	return try(unix.SYS_IOCTL, uintptr(h.listener), unix.SECCOMP_IOCTL_NOTIF_SET_FLAGS, unix.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0
}
