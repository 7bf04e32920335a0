package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrGone means that a notification is not valid any more: the target was killed, a
// signal has interrupted its call, or the call was answered before.
var ErrGone = errors.New("the notification is not valid any more")

// ErrClosed means that the Listener was closed.
var ErrClosed = errors.New("the listener is closed")

// Notification is one system call of one target that waits for an answer.
type Notification struct {
	// ID is what an answer refers to. It is not used again.
	ID uint64
	// PID is the thread that made the call (a thread id, in the reader's pid
	// namespace; 0 if it is not visible there). It is only meaningful while ID is valid.
	PID int
	// Flags are for the future; no kernel sets any.
	Flags uint32
	// Nr is the number of the system call for Arch, an AUDIT_ARCH_* value of
	// linux/audit.h; with bit 30 set on x86_64 it is an x32 call.
	Nr, Arch uint32
	// InstructionPointer is where the call was made.
	InstructionPointer uint64
	// Args are the argument registers. Those that are pointers lead into the target's
	// memory, see [Listener.ReadMemory].
	Args [6]uint64
}

// Listener is the agent's side of one filter, or of several processes that have
// inherited it. Its methods may be called by several goroutines at the same time.
type Listener struct {
	use   sync.RWMutex // held for writing while fd goes
	fd    int
	wake  int // eventfd: ends a poll(2)
	sizes sizes
	turn  chan struct{} // who receives; one at a time, see Receive
	end   chan struct{} // closed by Close
	once  sync.Once
}

// NewListener takes over fd, which [ReadHandover] or
// seccomp.Filter.InstallListener has returned. After an error fd is still the
// caller's.
func NewListener(fd int) (*Listener, error) {
	s, err := kernelSizes()
	if err != nil {
		return nil, err
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	unix.CloseOnExec(fd)
	return &Listener{fd: fd, wake: wake, sizes: s, turn: make(chan struct{}, 1), end: make(chan struct{})}, nil
}

// Close gives the listener up and ends a Receive with [ErrClosed]. If there is no
// other copy of the descriptor, calls that wait for an answer, and all that come,
// fail with ENOSYS.
func (l *Listener) Close() error {
	l.once.Do(func() {
		close(l.end)
		l.poke()
		l.turn <- struct{}{} // nobody polls any more
		l.use.Lock()
		unix.Close(l.fd)
		unix.Close(l.wake)
		l.fd, l.wake = -1, -1
		l.use.Unlock()
		<-l.turn
	})
	return nil
}

func (l *Listener) poke() {
	l.use.RLock()
	defer l.use.RUnlock()
	if l.wake >= 0 {
		_, _ = unix.Write(l.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

// Receive waits for the next notification. The error is io.EOF when no process is
// left that has the filter (Linux 5.9), the context's when that ends, or [ErrClosed].
//
// A notification that was received is to be answered, by one of Respond,
// RespondErrno, Continue and SendFD, by any goroutine and in any order.
func (l *Listener) Receive(ctx context.Context) (*Notification, error) {
	// One at a time: the ioctl waits, out of reach of any context, if another
	// goroutine takes what poll(2) has announced.
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.end:
		return nil, ErrClosed
	}
	stop := context.AfterFunc(ctx, l.poke)
	defer stop()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		select {
		case <-l.end:
			return nil, ErrClosed
		default:
		}
		// fd and wake are not closed before Close has had its turn.
		fds := []unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}, {Fd: int32(l.wake), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil {
			if err == unix.EINTR {
				continue
			}
			return nil, fmt.Errorf("wait for a notification: %w", err)
		}
		if fds[1].Revents != 0 {
			var count [8]byte
			_, _ = unix.Read(l.wake, count[:]) // maybe for an earlier Receive: the loop looks
			continue
		}
		switch ev := fds[0].Revents; {
		case ev&unix.POLLIN != 0:
			n, err := l.receive()
			if errors.Is(err, ErrGone) {
				continue
			}
			return n, err
		case ev&unix.POLLHUP != 0:
			return nil, io.EOF
		case ev == unix.POLLERR:
			// A signal has interrupted the kernel while it was looking
			// (seccomp_notify_poll in kernel/seccomp.c).
		case ev != 0:
			return nil, fmt.Errorf("wait for a notification: poll: events %#x", ev)
		}
	}
}

// Valid says whether a notification still waits for an answer. What an agent has
// found out by the target's pid counts if Valid says yes afterwards.
func (l *Listener) Valid(id uint64) bool {
	_, err := l.ioctl(unix.SECCOMP_IOCTL_NOTIF_ID_VALID, unsafe.Pointer(&id))
	return err == nil
}

// SyncWakeUp tells the kernel that agent and target work in turns, so that it keeps
// them on the same processor; an answer then takes about half the time
// (SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, Linux 6.6).
func (l *Listener) SyncWakeUp() error {
	// The flags are the argument itself, not a pointer.
	if err := l.setFlags(unix.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP); err != nil {
		return fmt.Errorf("set SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP: %w (needs Linux 6.6 or newer)", err)
	}
	return nil
}
