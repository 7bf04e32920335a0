package runtime

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// streams are the standard streams of a hook: pipes, which every security module lets
// a confined process use. All is done in one loop of poll(2), for the thread may not
// change.
type streams struct {
	in       [2]int
	out, err output
}

// output is what a hook writes. The end of it is kept.
type output struct {
	pipe [2]int
	tail []byte // at most 2*maxTail
}

// How much of a hook's output an error shows, in bytes: as much as one line of a log
// has room for, and the end of standard error last, where nothing is left out.
const (
	maxTail = 2 << 10
	maxOut  = 512
)

// maxLeft bounds what is read after the hook's end: somebody may still be writing.
const maxLeft = 1 << 20

// openStreams makes the pipes. The runtime's ends do not block.
func openStreams() (*streams, error) {
	s := &streams{in: [2]int{-1, -1}, out: output{pipe: [2]int{-1, -1}}, err: output{pipe: [2]int{-1, -1}}}
	for _, p := range []struct {
		pipe *[2]int
		own  int
	}{{&s.in, 1}, {&s.out.pipe, 0}, {&s.err.pipe, 0}} {
		err := unix.Pipe2(p.pipe[:], unix.O_CLOEXEC)
		if err == nil {
			err = unix.SetNonblock(p.pipe[p.own], true)
		}
		if err != nil {
			s.close()
			return nil, fmt.Errorf("make a pipe: %w", err)
		}
	}
	return s, nil
}

func (s *streams) close() {
	for _, p := range []*[2]int{&s.in, &s.out.pipe, &s.err.pipe} {
		closeEnd(&p[0])
		closeEnd(&p[1])
	}
}

func closeEnd(fd *int) {
	if *fd >= 0 {
		unix.Close(*fd)
		*fd = -1
	}
}

// serve writes input to the hook behind pidfd, whether it reads it or not, and reads
// what it writes, until it ends: not until its output does, which a process that it
// has left behind may hold open. The error wraps os.ErrDeadlineExceeded at end.
//
// The runtime keeps the reading end of the input, or a hook that has closed its own
// would mean a SIGPIPE.
func (s *streams) serve(pidfd int, input []byte, end time.Time) error {
	closeEnd(&s.out.pipe[1])
	closeEnd(&s.err.pipe[1])
	for {
		wait := -1
		if !end.IsZero() {
			left := time.Until(end)
			if left <= 0 {
				s.out.read(maxLeft)
				s.err.read(maxLeft)
				return os.ErrDeadlineExceeded
			}
			wait = int(min(left, time.Hour)/time.Millisecond) + 1
		}
		fds := []unix.PollFd{
			{Fd: int32(pidfd), Events: unix.POLLIN}, {Fd: int32(s.in[1]), Events: unix.POLLOUT},
			{Fd: int32(s.out.pipe[0]), Events: unix.POLLIN}, {Fd: int32(s.err.pipe[0]), Events: unix.POLLIN},
		}
		if _, err := unix.Poll(fds, wait); err == unix.EINTR {
			continue
		} else if err != nil {
			return fmt.Errorf("wait for the hook: poll: %w", err)
		}
		if fds[0].Revents != 0 {
			s.out.read(maxLeft)
			s.err.read(maxLeft)
			return nil
		}
		if fds[1].Revents != 0 {
			n, err := unix.Write(s.in[1], input)
			if err == nil {
				input = input[n:]
			} else if err != unix.EAGAIN && err != unix.EINTR {
				return fmt.Errorf("write the state to the hook: %w", err)
			}
			if len(input) == 0 {
				closeEnd(&s.in[1])
			}
		}
		if fds[2].Revents != 0 {
			s.out.read(1)
		}
		if fds[3].Revents != 0 {
			s.err.read(1)
		}
	}
}

// read reads until there is nothing, or at least limit bytes were read.
func (o *output) read(limit int) {
	var buf [16 << 10]byte
	for limit > 0 && o.pipe[0] >= 0 {
		n, err := unix.Read(o.pipe[0], buf[:])
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return
		case err != nil || n == 0:
			closeEnd(&o.pipe[0])
			return
		}
		limit -= n
		o.tail = append(o.tail, buf[:n]...)
		if len(o.tail) > 2*maxTail {
			o.tail = append(o.tail[:0], o.tail[len(o.tail)-maxTail:]...)
		}
	}
}

// said is the end of what the hook has written, for an error. It is quoted, since it
// can come from a container and errors go to terminals and logs.
func (s *streams) said() string {
	text := ""
	for _, o := range []struct {
		name string
		tail []byte
		most int
	}{{"stdout", s.out.tail, maxOut}, {"stderr", s.err.tail, maxTail}} {
		tail := bytes.TrimRight(o.tail[max(0, len(o.tail)-o.most):], "\n")
		if len(tail) > 0 {
			text += ", " + o.name + " " + strconv.Quote(string(tail))
		}
	}
	return text
}
