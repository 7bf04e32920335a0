package main

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// noFD is a descriptor that is not open.
const noFD = 1 << 20

// try makes a call and gives its errno.
func try(nr uintptr, args ...uintptr) unix.Errno {
	var a [6]uintptr
	copy(a[:], args)
	_, _, errno := unix.Syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
	return errno
}

// call asks for a system call by arguments that none of them takes: no descriptor, and
// null for all that is memory.
func call(nr uintptr) func(*host) bool {
	return func(*host) bool {
		if nr == unix.SYS_CLOSE_RANGE { // which would close something
			return try(nr, noFD, noFD, 0) == 0
		}
		return try(nr, ^uintptr(0)) != unix.ENOSYS
	}
}

func calls(nrs ...uintptr) func(*host) bool {
	return func(h *host) bool {
		for _, nr := range nrs {
			if !call(nr)(h) {
				return false
			}
		}
		return true
	}
}

func file(name string) func(*host) bool {
	return func(*host) bool { return unix.Access(name, unix.F_OK) == nil }
}

func closeRangeCloexec(*host) bool {
	return try(unix.SYS_CLOSE_RANGE, noFD, noFD, unix.CLOSE_RANGE_CLOEXEC) == 0
}

// cloneIntoCgroup looks up the cgroup when nearly everything else is done: EBADF is its
// answer to a descriptor that is not open. E2BIG: the struct is longer than known.
func cloneIntoCgroup(*host) bool {
	args := [11]uint64{0: unix.CLONE_INTO_CGROUP, 4: uint64(unix.SIGCHLD), 10: noFD} // struct clone_args: flags, exit_signal, cgroup
	errno := try(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&args)), unsafe.Sizeof(args))
	runtime.KeepAlive(&args)
	return errno == unix.EBADF
}

// setnsPidfd joins the uts namespace that the process is in.
func setnsPidfd(*host) bool {
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return unix.Setns(fd, unix.CLONE_NEWUTS) == nil
}

// setattr asks whether mount_setattr(2) knows an attribute. Attributes are looked at
// before the descriptors, of the mount and of the user namespace: EBADF.
func setattr(attr uint64) func(*host) bool {
	return func(*host) bool {
		a := unix.MountAttr{Attr_set: attr}
		if attr == unix.MOUNT_ATTR_IDMAP {
			a.Userns_fd = noFD
		}
		return unix.MountSetattr(noFD, "", unix.AT_EMPTY_PATH, &a) == unix.EBADF
	}
}

// statfsSymFollow mounts a tmpfs nowhere with the old call's flag for it, in a mount
// namespace that ends with the thread.
func statfsSymFollow(*host) bool {
	found := make(chan bool)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread goes with its namespace
		const stNoSymFollow = 0x2000
		var fs unix.Statfs_t
		ok := unix.Unshare(unix.CLONE_FS|unix.CLONE_NEWNS) == nil &&
			unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, "") == nil &&
			unix.Mount("tmpfs", "/proc", "tmpfs", unix.MS_NOSYMFOLLOW, "") == nil &&
			unix.Statfs("/proc", &fs) == nil && fs.Flags&stNoSymFollow != 0
		found <- ok
	}()
	return <-found
}

func memfdExec(*host) bool {
	fd, err := unix.MemfdCreate("probe", unix.MFD_CLOEXEC|unix.MFD_EXEC)
	if err != nil {
		return false
	}
	unix.Close(fd)
	return true
}
