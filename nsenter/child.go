package nsenter

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Child is the parent's view of a started program.
type Child struct {
	Pid   int // in the caller's pid namespace
	PidFD int // close-on-exec, owned by the Child

	prog   *Program
	page   *page
	mem    []byte
	sync   int
	reaped bool
}

// OpError is the failure of one op.
type OpError struct {
	Index int // of the op; -1: the child was never made
	Errno syscall.Errno
	Call  string // the call as [Program.Name] gives it; "" if the program itself decided
	Step
}

// Error gives step, call, errno and field:
//
//	mount proc on /proc: fsconfig: operation not permitted (config.json: mounts[0])
func (e *OpError) Error() string {
	s := e.Step.String()
	if e.Call != "" {
		s += ": " + e.Call
	}
	s += ": " + e.Errno.Error()
	s += Missing(e.Call, e.Errno)
	if e.Call == "seccomp" && e.Errno == unix.EBUSY {
		s += " (a filter from outside has a listener already, and the kernel allows one)"
	}
	if e.Field != "" {
		s += " (config.json: " + e.Field + ")"
	}
	return s
}

func (e *OpError) Unwrap() error { return e.Errno }

// The kernel leaves descriptors out for which there is no room (unix(7), "BUGS").
var errTruncated = errors.New("take descriptors from the child: some are missing, too many files are open (RLIMIT_NOFILE)")

// Await waits until the child reports a mark (see [Builder.Report]) and returns
// it, with the descriptors that came along (close-on-exec, owned by the
// caller). If the child fails first, the error is an *OpError. If it executed
// its last op, an execve, mark is 0 and the error nil.
func (c *Child) Await() (mark byte, fds []int, err error) {
	var buf [1]byte
	oob := make([]byte, unix.CmsgSpace(4*maxFDs))
	for {
		n, oobn, flags, _, err := unix.Recvmsg(c.sync, buf[:], oob, unix.MSG_CMSG_CLOEXEC)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.ECONNRESET || err == nil && n != 1:
			// End of file or a reset: the descriptor was closed by
			// execve or by the end of the child.
			return 0, nil, c.Failure()
		case err != nil:
			return 0, nil, fmt.Errorf("hear from the child: recvmsg: %w", err)
		}
		fds, err = rights(oob[:oobn])
		if err == nil && flags&unix.MSG_CTRUNC != 0 {
			err = errTruncated
		}
		if err != nil {
			for _, fd := range fds {
				unix.Close(fd)
			}
			return 0, nil, err
		}
		return buf[0], fds, nil
	}
}

// rights takes the descriptors out of control messages. Those that came before an error
// are returned with it.
func rights(oob []byte) (fds []int, err error) {
	if len(oob) == 0 {
		return nil, nil
	}
	msgs, err := unix.ParseSocketControlMessage(oob)
	for i := 0; i < len(msgs) && err == nil; i++ {
		var got []int
		got, err = unix.ParseUnixRights(&msgs[i])
		fds = append(fds, got...)
	}
	if err != nil {
		return fds, fmt.Errorf("take descriptors from the child: %w", err)
	}
	return fds, nil
}

// Release lets the child go on from a [Builder.Hold].
func (c *Child) Release() error {
	if err := unix.Sendto(c.sync, []byte{1}, unix.MSG_NOSIGNAL, nil); err != nil {
		if f := c.Failure(); f != nil {
			return f
		}
		return fmt.Errorf("release the child: %w", err)
	}
	return nil
}

// Pass lets the child go on from a [Builder.Take], which gets a copy of fd.
func (c *Child) Pass(fd int) error {
	if err := unix.Sendmsg(c.sync, []byte{1}, unix.UnixRights(fd), nil, unix.MSG_NOSIGNAL); err != nil {
		if f := c.Failure(); f != nil {
			return f
		}
		return fmt.Errorf("hand a descriptor to the child: %w", err)
	}
	return nil
}

// Follow turns to the process that a [Builder.Fork] made: Pid and PidFD are its
// from now on. The old one has ended and is reaped.
func (c *Child) Follow() error {
	for {
		if _, err := unix.Wait4(c.Pid, nil, 0, nil); err != unix.EINTR {
			break
		}
	}
	pid := int(c.page.pid)
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return fmt.Errorf("follow the child to process %d: pidfd_open: %w%s", pid, err, Missing("pidfd_open", err))
	}
	unix.Close(c.PidFD)
	c.Pid, c.PidFD = pid, fd
	return nil
}

// Kill kills the child and waits for its end. After Reap it does nothing: the numbers
// may be those of other processes by then.
func (c *Child) Kill() {
	if c.reaped {
		return
	}
	if unix.PidfdSendSignal(c.PidFD, unix.SIGKILL, nil, 0) != nil { // the call is missing, or denied by a filter
		_ = unix.Kill(c.Pid, unix.SIGKILL) // ours too, and not reaped yet: no other has its number
	}
	if c.forked() {
		_ = unix.Kill(int(c.page.pid), unix.SIGKILL) // ours, and not reaped yet
	}
	c.Reap()
}

// Reap waits for the end of the child and returns its status; if it has forked
// already (see Follow), that of the new process.
func (c *Child) Reap() (ws unix.WaitStatus) {
	pids := []int{c.Pid}
	if c.forked() {
		pids = append(pids, int(c.page.pid))
	}
	c.reaped = true
	for _, pid := range pids {
		for {
			if _, err := unix.Wait4(pid, &ws, 0, nil); err != unix.EINTR {
				break
			}
		}
	}
	return ws
}

// forked tells whether there is a process that Follow has not turned to.
func (c *Child) forked() bool { return c.page.pid != 0 && int(c.page.pid) != c.Pid }

// AwaitWithin is Await with a limit, after which the error is
// os.ErrDeadlineExceeded.
func (c *Child) AwaitWithin(limit time.Duration) (mark byte, fds []int, err error) {
	for end := time.Now().Add(limit); ; {
		left := time.Until(end)
		if left <= 0 {
			return 0, nil, os.ErrDeadlineExceeded
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(c.sync), Events: unix.POLLIN}}, int(min(left, time.Hour)/time.Millisecond)+1)
		if n > 0 || err != nil && err != unix.EINTR {
			return c.Await()
		}
	}
}

// Failure returns the child's failed op as an *OpError, or nil.
func (c *Child) Failure() error {
	if c.page.failed == 0 {
		return nil
	}
	i := int(c.page.failed) - 1
	e := &OpError{Index: i, Errno: syscall.Errno(c.page.errno), Step: c.prog.Step(i)}
	switch op := &c.prog.Ops[i]; op.Nr {
	case OpAlone:
		e.Call = "close_range"
	case OpFork:
		e.Call = "clone"
	default:
		if op.Nr < opBase {
			e.Call = c.prog.Name(i)
		}
	}
	return e
}

// Reg reads one of the child's registers.
func (c *Child) Reg(r Reg) int64 { return c.page.regs[r] }

// Close gives up the connection. The child itself goes on.
func (c *Child) Close() {
	unix.Close(c.sync)
	unix.Close(c.PidFD)
	unix.Munmap(c.mem)
}
