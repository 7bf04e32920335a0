package notify

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The structures of linux/seccomp.h. Their sizes are part of the ioctl numbers;
// a test computes these from the structures.

// data is struct seccomp_data.
type data struct {
	nr   int32
	arch uint32
	ip   uint64
	args [6]uint64
}

// request is struct seccomp_notif.
type request struct {
	id    uint64
	pid   uint32
	flags uint32
	data  data
}

// response is struct seccomp_notif_resp.
type response struct {
	id    uint64
	val   int64
	error int32 // negative errno
	flags uint32
}

// addFD is struct seccomp_notif_addfd.
type addFD struct {
	id         uint64
	flags      uint32
	srcFD      uint32
	newFD      uint32
	newFDFlags uint32
}

// sizes is struct seccomp_notif_sizes: how large the kernel's own structures are.
type sizes struct{ request, response, data uint16 }

// kernelSizes asks for them (SECCOMP_GET_NOTIF_SIZES, Linux 5.0). A kernel newer
// than this package may fill and read more bytes than it knows of.
func kernelSizes() (s sizes, err error) {
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_NOTIF_SIZES, 0, uintptr(unsafe.Pointer(&s))); errno != 0 {
		return s, fmt.Errorf("seccomp(SECCOMP_GET_NOTIF_SIZES): %w (needs Linux 5.0 or newer)", errno)
	}
	if uintptr(s.request) < unsafe.Sizeof(request{}) || uintptr(s.response) < unsafe.Sizeof(response{}) {
		return s, fmt.Errorf("seccomp(SECCOMP_GET_NOTIF_SIZES): %d and %d bytes, expected at least %d and %d",
			s.request, s.response, unsafe.Sizeof(request{}), unsafe.Sizeof(response{}))
	}
	return s, nil
}

// words is memory of at least n bytes, zeroed and aligned as the structures need it.
func words(n uint16) []uint64 { return make([]uint64, (int(n)+7)/8) }

// ioctl is ioctl(2) on the listener, repeated when a signal comes in.
func (l *Listener) ioctl(op uintptr, arg unsafe.Pointer) (int, error) {
	l.use.RLock()
	defer l.use.RUnlock()
	if l.fd < 0 {
		return 0, ErrClosed
	}
	for {
		r, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l.fd), op, uintptr(arg))
		switch errno {
		case 0:
			return int(r), nil
		case unix.EINTR:
			continue
		case unix.ENOENT:
			return 0, ErrGone
		}
		return 0, errno
	}
}

// receive is SECCOMP_IOCTL_NOTIF_RECV. The caller knows that there is something to
// receive, because the call would wait without looking at contexts. ErrGone: it has
// gone between.
func (l *Listener) receive() (*Notification, error) {
	buf := words(l.sizes.request)
	if _, err := l.ioctl(unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&buf[0])); err != nil {
		if errors.Is(err, ErrGone) || errors.Is(err, ErrClosed) {
			return nil, err
		}
		return nil, fmt.Errorf("receive a notification: %w", err)
	}
	r := (*request)(unsafe.Pointer(&buf[0]))
	return &Notification{
		ID: r.id, PID: int(r.pid), Flags: r.flags,
		Nr: uint32(r.data.nr), Arch: r.data.arch, InstructionPointer: r.data.ip, Args: r.data.args,
	}, nil
}

// send is SECCOMP_IOCTL_NOTIF_SEND.
func (l *Listener) send(resp response) error {
	buf := words(l.sizes.response)
	*(*response)(unsafe.Pointer(&buf[0])) = resp
	if _, err := l.ioctl(unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&buf[0])); err != nil {
		if errors.Is(err, ErrGone) || errors.Is(err, ErrClosed) {
			return err
		}
		return fmt.Errorf("answer notification %#x: %w", resp.id, err)
	}
	return nil
}
