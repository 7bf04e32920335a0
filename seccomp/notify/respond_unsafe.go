package notify

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxErrno is MAX_ERRNO of linux/err.h.
const maxErrno = 4095

// Respond makes the call return value, without executing it. The agent has done what
// the call stands for, or the target is to believe so.
func (l *Listener) Respond(id uint64, value int64) error {
	return l.send(response{id: id, val: value})
}

// RespondErrno makes the call fail with errno, 1 to 4095.
func (l *Listener) RespondErrno(id uint64, errno syscall.Errno) error {
	if errno == 0 || errno > maxErrno {
		return fmt.Errorf("answer notification %#x: errno %d, expected 1 to %d", id, int(errno), maxErrno)
	}
	return l.send(response{id: id, error: -int32(errno)})
}

// Continue lets the kernel execute the call as if no filter had said anything
// (SECCOMP_USER_NOTIF_FLAG_CONTINUE, Linux 5.5).
//
// It is no way to enforce anything. What the call's pointers lead to may be changed,
// by another thread or a process that shares the memory, after the agent has looked
// and before the kernel does; the kernel then executes something that nobody has
// decided on. It is fine where the call would be harmless in any case (because other
// limits hold: capabilities, further filters), or where nothing but register values
// matters. See the man page, and linux/seccomp.h.
func (l *Listener) Continue(id uint64) error {
	return l.send(response{id: id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE})
}

// FDOptions say how a descriptor gets into the target.
type FDOptions struct {
	// At is the number that it gets there, taking the place of one that is open, if
	// Fixed is true; otherwise it gets the lowest free one.
	At    int
	Fixed bool
	// CloseOnExec: an execve of the target closes it.
	CloseOnExec bool
}

// AddFD copies the agent's descriptor fd into the target, Linux 5.9, and returns its
// number there. The notification stays to be answered, usually by [Listener.Respond]
// with that number; the target may be interrupted between and then has a descriptor
// that it knows nothing of, see SendFD.
func (l *Listener) AddFD(id uint64, fd int, o FDOptions) (int, error) {
	return l.addFD(id, fd, o, 0)
}

// SendFD is AddFD and the answer in one: the call returns the number
// (SECCOMP_ADDFD_FLAG_SEND, Linux 5.14).
func (l *Listener) SendFD(id uint64, fd int, o FDOptions) (int, error) {
	return l.addFD(id, fd, o, unix.SECCOMP_ADDFD_FLAG_SEND)
}

func (l *Listener) addFD(id uint64, fd int, o FDOptions, flags uint32) (int, error) {
	a := addFD{id: id, flags: flags, srcFD: uint32(fd)}
	if o.Fixed {
		a.flags |= unix.SECCOMP_ADDFD_FLAG_SETFD
		a.newFD = uint32(o.At)
	}
	if o.CloseOnExec {
		a.newFDFlags = unix.O_CLOEXEC
	}
	unmask, err := maskSignals()
	if err != nil {
		return -1, err
	}
	n, err := l.ioctl(unix.SECCOMP_IOCTL_NOTIF_ADDFD, unsafe.Pointer(&a))
	unmask()
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, ErrGone), errors.Is(err, ErrClosed):
		return -1, err
	case errors.Is(err, unix.EINVAL):
		return -1, fmt.Errorf("add descriptor %d for notification %#x: %w (needs Linux 5.9, SendFD 5.14, or newer)", fd, id, err)
	}
	return -1, fmt.Errorf("add descriptor %d for notification %#x: %w", fd, id, err)
}

// maskSignals keeps signals from the calling thread until the function that it
// returns is called. SECCOMP_IOCTL_NOTIF_ADDFD waits until the target has taken the
// descriptor. A signal that comes meanwhile withdraws the descriptor but, with
// SECCOMP_ADDFD_FLAG_SEND, not the answer: the call would return 0 in the target, as if it
// had got descriptor 0, and the repeated ioctl would find the notification answered.
// The Go runtime itself sends signals to its threads.
func maskSignals() (unmask func(), err error) {
	runtime.LockOSThread()
	var all, old unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &old); err != nil {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("block signals: %w", err)
	}
	return func() {
		_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil) // cannot fail with a mask that was in force
		runtime.UnlockOSThread()
	}, nil
}

// setFlags is SECCOMP_IOCTL_NOTIF_SET_FLAGS, whose argument is a number.
func (l *Listener) setFlags(flags uintptr) error {
	l.use.RLock()
	defer l.use.RUnlock()
	if l.fd < 0 {
		return ErrClosed
	}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l.fd), unix.SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags); errno != 0 {
		return errno
	}
	return nil
}
