// Package selfexe keeps the running binary out of a container's reach.
//
// The child that becomes a container's process runs runseal's code until its
// execve, and "/proc/self/exe" may even be the container's own program. Whoever
// is in the container can open that file through /proc/PID/exe and, if it is
// the host's copy, wait for a moment to write to it (CVE-2019-5736). So before
// anything else the process makes sure that what it executes lies on a
// read-only mount, or executes itself again from one: a detached clone of the
// binary's own mount, visible nowhere and read-only for good. Where the kernel
// does not let it make one (Linux before 5.12, no CAP_SYS_ADMIN) a sealed
// memfd takes its place.
//
// Two pieces of code do it: Protect, in Go, and on amd64 the program's entry in
// assembly (package entry), which handles the ordinary case before the Go
// runtime starts.
package selfexe

import (
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter/inherited"
)

// marker stands in the environment of the second execution, so that a third
// never happens. It is no security feature: what counts is the check.
const marker = "_RUNSEAL_SELF=1"

// Protect returns when the running binary cannot be written to through
// /proc/self/exe. It does not return if it has to execute the binary again.
func Protect() error {
	exe, err := unix.Open("/proc/self/exe", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open /proc/self/exe: %w", err)
	}
	defer unix.Close(exe)
	again := false
	for _, e := range os.Environ() {
		again = again || e == marker
	}
	if protected(exe) {
		if again {
			os.Unsetenv(marker[:len(marker)-2])
		}
		// Executed by descriptor it would be called by the descriptor's
		// number in ps (before Linux 6.14).
		name := []byte("runseal\x00")
		_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0)
		return nil
	}
	if again {
		return fmt.Errorf("protect the runtime's binary: it is still writable after being executed from a read-only copy")
	}
	first := fromClone(exe)
	second := fromMemfd(exe)
	return fmt.Errorf("protect the runtime's binary: read-only clone of its mount: %w; sealed memfd: %w", first, second)
}

// seals of a memfd that nobody can change.
const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE

func protected(exe int) bool {
	var st unix.Statfs_t
	if unix.Fstatfs(exe, &st) == nil && st.Flags&unix.ST_RDONLY != 0 {
		return true
	}
	got, err := unix.FcntlInt(uintptr(exe), unix.F_GET_SEALS, 0)
	return err == nil && got&seals == seals
}

// fromClone executes the binary from a read-only clone of its mount.
func fromClone(exe int) error {
	fd, err := unix.OpenTree(exe, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)
	if err != nil {
		return fmt.Errorf("open_tree: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}); err != nil {
		return fmt.Errorf("mount_setattr: %w", err)
	}
	return execute(fd)
}

// fromMemfd executes a copy of the binary in sealed memory.
func fromMemfd(exe int) error {
	fd, err := unix.MemfdCreate("runseal", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_EXEC)
	if err == unix.EINVAL { // MFD_EXEC: Linux 6.3
		fd, err = unix.MemfdCreate("runseal", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return fmt.Errorf("memfd_create: %w", err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(exe, &st); err != nil {
		return err
	}
	for left := st.Size; left > 0; {
		n, err := unix.Sendfile(fd, exe, nil, int(left))
		if err != nil {
			return fmt.Errorf("copy: %w", err)
		}
		if n == 0 {
			return fmt.Errorf("copy: %d bytes are missing", left)
		}
		left -= int64(n)
	}
	if err := seal(fd); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return execute(fd)
}

// sealLimit is how long seal waits for whoever uses a page of the memfd.
const sealLimit = 5 * time.Second

// seal makes a memfd one that nobody can change. The kernel says EBUSY if a page has more
// users than it can explain: somebody who writes, but also who only looks at the machine's
// memory (DAMON, compaction), for a moment, or for longer on a busy machine.
func seal(fd int) error {
	for end := time.Now().Add(sealLimit); ; time.Sleep(time.Millisecond) {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
		if err != unix.EBUSY || time.Now().After(end) {
			return err
		}
	}
}

func execute(fd int) error {
	argv, err := syscall.SlicePtrFromStrings(os.Args)
	if err != nil {
		return err
	}
	envp, err := syscall.SlicePtrFromStrings(append(os.Environ(), marker))
	if err != nil {
		return err
	}
	empty, _ := unix.BytePtrFromString("")
	defer inherited.Thread(false)()
	_, _, errno := unix.Syscall6(unix.SYS_EXECVEAT, uintptr(fd), uintptr(unsafe.Pointer(empty)),
		uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&envp[0])), unix.AT_EMPTY_PATH, 0)
	return fmt.Errorf("execveat: %w", errno)
}
