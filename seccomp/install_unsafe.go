package seccomp

import (
	"errors"
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
// an outer filter that hides it) prctl(2), if [Filter.PrctlSuffices]. A filter
// with a listener is an error: see [Filter.InstallListener].
func (f *Filter) Install() error {
	if f.Listener() {
		return errors.New("seccomp: the filter hands calls to an agent (SCMP_ACT_NOTIFY), expected InstallListener to install it")
	}
	_, err := f.install()
	return err
}

// InstallListener is Install for a filter with SCMP_ACT_NOTIFY, see
// [Filter.Listener]. It returns the listener: a descriptor, close-on-exec, from
// which an agent reads the calls that it has to decide on (seccomp_unotify(2),
// Linux 5.0; package notify is the agent's side).
//
// From then on such a call of the thread waits for the agent. Who keeps the
// descriptor in the same thread only, or lets it be closed before an agent has
// it, waits for ever or gets ENOSYS. One thread can have one filter with a
// listener: EBUSY.
func (f *Filter) InstallListener() (fd int, err error) {
	if !f.Listener() {
		return -1, errors.New("seccomp: no rule of the filter is SCMP_ACT_NOTIFY, expected Install to install it")
	}
	return f.install()
}

// install returns the result of seccomp(2), or 0 if prctl(2) stood in for it.
func (f *Filter) install() (int, error) {
	if len(f.Instructions) == 0 || len(f.Instructions) > bpf.MaxInstructions {
		return -1, fmt.Errorf("seccomp: %d instructions, expected 1 to %d", len(f.Instructions), bpf.MaxInstructions)
	}
	fprog := unix.SockFprog{
		Len: uint16(len(f.Instructions)),
		// Instruction has the layout of sock_filter, which a test checks.
		Filter: (*unix.SockFilter)(unsafe.Pointer(&f.Instructions[0])),
	}
	defer runtime.KeepAlive(f)
	r, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(f.Flags), uintptr(unsafe.Pointer(&fprog)))
	switch {
	case errno == 0:
		return int(r), nil
	case errno == unix.EBUSY && f.Listener():
		return -1, fmt.Errorf("seccomp(SECCOMP_SET_MODE_FILTER, %#x): an outer filter has a listener already, and the kernel allows one: %w", f.Flags, errno)
	case errno != unix.ENOSYS:
		if err := f.Supported(); err != nil {
			return -1, err
		}
		return -1, f.loadError(f.Flags, errno)
	case !f.PrctlSuffices():
		return -1, f.loadError(f.Flags, errno)
	}
	_, _, errno = unix.Syscall(unix.SYS_PRCTL, unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&fprog)))
	if errno != 0 {
		return -1, fmt.Errorf("prctl(PR_SET_SECCOMP, %d instructions): %w", len(f.Instructions), errno)
	}
	return 0, nil
}

// Supported asks the running kernel whether it knows what SCMP_ACT_NOTIFY needs
// of it, and returns an error that names the version if it does not. Nothing is
// installed. A filter without a listener is always supported.
func (f *Filter) Supported() error {
	const listener = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
	if !f.Listener() {
		return nil
	}
	if !kernelTakes(listener) {
		return errors.New("linux.seccomp: SCMP_ACT_NOTIFY: the kernel does not know SECCOMP_FILTER_FLAG_NEW_LISTENER (needs Linux 5.0 or newer)")
	}
	if f.Flags&unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV != 0 && !kernelTakes(listener|unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
		return errors.New("linux.seccomp.flags: the kernel does not know SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (needs Linux 5.19 or newer)")
	}
	return nil
}

// kernelTakes tells whether seccomp(2) knows all flags. They are looked at
// before the filter, whose address is null here: EFAULT if they are fine, EINVAL
// if not. Any other answer says nothing about the flags.
func kernelTakes(flags uintptr) bool {
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, 0)
	return errno != unix.EINVAL && errno != unix.ENOSYS
}

// loadError words a failure of seccomp(2).
func (f *Filter) loadError(flags uint, errno unix.Errno) error {
	err := fmt.Errorf("seccomp(SECCOMP_SET_MODE_FILTER, %#x, %d instructions): %w", flags, len(f.Instructions), errno)
	switch {
	case errors.Is(errno, unix.EACCES):
		return fmt.Errorf("%w: the thread needs no_new_privs (NoNewPrivs) or CAP_SYS_ADMIN in its user namespace", err)
	case errors.Is(errno, unix.ENOSYS) && !f.PrctlSuffices():
		return fmt.Errorf("linux.seccomp.flags: seccomp(2), which flags %#x need, is missing in this kernel (Linux 3.17): %w",
			f.Flags&^f.unasked, errno)
	}
	return err
}
