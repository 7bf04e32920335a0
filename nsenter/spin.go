package nsenter

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter/inherited"
)

// Spin is the parent's side of an [OpSpin]: wait until the child is there, read
// its registers, let it go.
//
//	spin := child.Spin()
//	err := spin.Await(10 * time.Second)
//	fd := spin.Reg(regListener)
//	...
//	spin.Release()
//
// The child can say nothing while it spins, since it makes no system call, so
// Await looks at the shared page from time to time.
type Spin struct {
	pidfd   int
	page    *page
	mem     []byte // to be unmapped by Close; nil if it is the Child's
	failure func() error
}

// ErrEnded means that the child has ended before it came to an OpSpin, for a
// reason that it did not leave in the page: a signal.
var ErrEnded = errors.New("the process has ended")

// Spin returns the parent's side. It is valid until the Child's Close.
func (c *Child) Spin() *Spin { return &Spin{pidfd: c.PidFD, page: c.page, failure: c.Failure} }

// OpenSpin takes the place of the parent that has started the child with
// [Clone].Page: file is that file, pidfd the child. Both stay the caller's. If an
// op of the child fails the error says that it belongs to step, as the program
// is not known here.
func OpenSpin(file *os.File, pidfd int, step Step) (*Spin, error) {
	mem, err := mapPage(file)
	if err != nil {
		return nil, err
	}
	pg := pageOf(mem)
	return &Spin{pidfd: pidfd, page: pg, mem: mem, failure: func() error {
		if pg.failed == 0 {
			return nil
		}
		e := &OpError{Index: int(pg.failed) - 1, Errno: syscall.Errno(pg.errno), Step: step}
		if pg.nr < opBase {
			e.Call, _ = signature(pg.nr)
		}
		return e
	}}, nil
}

// Await waits until the child spins. The error is its *OpError if an op has
// failed before, [ErrEnded], or wraps os.ErrDeadlineExceeded.
func (s *Spin) Await(limit time.Duration) error {
	defer inherited.Thread(false)()
	pause := 10 * time.Microsecond
	for end := time.Now().Add(limit); ; {
		if atomic.LoadUint32(&s.page.held) != 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("the process has not come to its seal within %v: %w", limit, os.ErrDeadlineExceeded)
		}
		t := unix.NsecToTimespec(int64(pause))
		if n, err := unix.Ppoll([]unix.PollFd{{Fd: int32(s.pidfd), Events: unix.POLLIN}}, &t, nil); n > 0 {
			if f := s.failure(); f != nil {
				return f
			}
			return ErrEnded
		} else if err != nil && err != unix.EINTR {
			return fmt.Errorf("wait for the process: %w", err)
		}
		pause = min(2*pause, time.Millisecond)
	}
}

// Reg reads one of the child's registers.
func (s *Spin) Reg(r Reg) int64 { return s.page.regs[r] }

// Release lets the child go on.
func (s *Spin) Release() { atomic.StoreUint32(&s.page.freed, 1) }

// Close gives up a page that OpenSpin has mapped.
func (s *Spin) Close() {
	if s.mem != nil {
		unix.Munmap(s.mem)
		s.mem = nil
	}
}
