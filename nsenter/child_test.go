package nsenter

import (
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestReportAndHold walks through a conversation, with descriptors handed over.
func TestReportAndHold(t *testing.T) {
	b := NewBuilder()
	pipe := b.Zeros(8)
	b.Sys(unix.SYS_PIPE2, pipe, Imm(unix.O_CLOEXEC))
	// Descriptors that the kernel wrote to memory: 3 more than any the test
	// can know, so duplicate a known one instead.
	b.Sys(unix.SYS_FCNTL, Val(8), Imm(unix.F_DUPFD_CLOEXEC), Imm(100)).Into(5)
	b.Report('a', 5, 8)
	b.Hold()
	b.Sys(unix.SYS_WRITE, Val(5), b.String("from the child"), Imm(14))
	b.Report('b')
	b.Hold()
	exitWith(b, 6)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := start(t, b, map[Reg]int{8: int(w.Fd())})
	w.Close()
	mark, fds, err := c.Await()
	if mark != 'a' || err != nil || len(fds) != 2 {
		t.Fatalf("Await = %q, %v, %v, want 'a' with two descriptors", mark, fds, err)
	}
	if _, err := unix.Write(fds[1], []byte("from the parent, ")); err != nil {
		t.Error(err)
	}
	for _, fd := range fds {
		unix.Close(fd)
	}
	if err := c.Release(); err != nil {
		t.Fatal(err)
	}
	if mark, _, err := c.Await(); mark != 'b' || err != nil {
		t.Fatalf("Await = %q, %v, want 'b'", mark, err)
	}
	if err := c.Release(); err != nil {
		t.Fatal(err)
	}
	wantExit(t, c, 6)
	if got, _ := io.ReadAll(r); string(got) != "from the parent, from the child" {
		t.Errorf("the pipe holds %q", got)
	}
}

// TestTake hands a descriptor to the child.
func TestTake(t *testing.T) {
	b := NewBuilder()
	b.Report('a')
	b.Take(5)
	b.Sys(unix.SYS_FCNTL, Val(5), Imm(unix.F_GETFD)).Into(6)
	b.Sys(unix.SYS_WRITE, Val(5), b.String("taken"), Imm(5))
	exitWith(b, 4)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := start(t, b, nil)
	if mark, _, err := c.Await(); mark != 'a' || err != nil {
		t.Fatalf("Await = %q, %v, want 'a'", mark, err)
	}
	if err := c.Pass(int(w.Fd())); err != nil {
		t.Fatal(err)
	}
	w.Close()
	wantExit(t, c, 4)
	if got, _ := io.ReadAll(r); string(got) != "taken" {
		t.Errorf("the pipe holds %q", got)
	}
	if c.Reg(6)&unix.FD_CLOEXEC == 0 {
		t.Error("the descriptor does not close at execve")
	}
}

// TestTakeNothing: neither a release without a descriptor, nor one that there is no room
// for, nor the parent's end lets the child go on.
func TestTakeNothing(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(c *Child)
		room int // how many descriptors the child may have
		want unix.Errno
	}{
		{"release", func(c *Child) { c.Release() }, 1024, unix.EMFILE},
		{"no room", func(c *Child) { c.Pass(2) }, 3, unix.EMFILE},
		{"parent gone", func(c *Child) { unix.Shutdown(c.sync, unix.SHUT_WR) }, 1024, unix.ECANCELED},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := NewBuilder()
			limit := b.Words(Imm(tc.room), Imm(tc.room))
			b.Sys(unix.SYS_PRLIMIT64, Imm(0), Imm(unix.RLIMIT_NOFILE), limit, Imm(0))
			b.Report('a')
			b.Take(5)
			exitWith(b, 0)
			c := start(t, b, nil)
			if mark, _, err := c.Await(); mark != 'a' || err != nil {
				t.Fatalf("Await = %q, %v, want 'a'", mark, err)
			}
			tc.do(c)
			wantExit(t, c, exitFailed)
			if err := c.Failure(); !errors.Is(err, tc.want) {
				t.Errorf("failure %v, want %v", err, tc.want)
			}
		})
	}
}

// TestTruncated: a parent that has room for one of two descriptors does not go on with it,
// nor keep it.
func TestTruncated(t *testing.T) {
	b := NewBuilder()
	b.Move(5, Imm(0))
	b.Report('a', 5, 5)
	exitWith(b, 0)
	c := start(t, b, nil)
	free, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 0) // the lowest that is
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(free)
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	tight := unix.Rlimit{Cur: uint64(free) + 1, Max: was.Max}
	if err := unix.Prlimit(0, unix.RLIMIT_NOFILE, &tight, nil); err != nil {
		t.Fatal(err)
	}
	mark, fds, err := c.Await()
	if err := unix.Prlimit(0, unix.RLIMIT_NOFILE, &was, nil); err != nil {
		t.Fatal(err)
	}
	if err != errTruncated || mark != 0 || fds != nil {
		t.Errorf("Await = %q, %v, %v, want %v", mark, fds, err, errTruncated)
	}
	if _, err := unix.FcntlInt(uintptr(free), unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("descriptor %d: %v, want %v", free, err, unix.EBADF)
	}
}

// TestParentGone closes the parent's side, as its death does.
func TestParentGone(t *testing.T) {
	b := NewBuilder()
	b.Step("", "wait for the parent")
	b.Hold()
	exitWith(b, 0)
	c := start(t, b, nil)
	unix.Shutdown(c.sync, unix.SHUT_WR)
	wantExit(t, c, exitFailed)
	if err := c.Failure(); !errors.Is(err, unix.ECANCELED) {
		t.Errorf("failure %v, want ECANCELED", err)
	}
}

func TestFork(t *testing.T) {
	b := NewBuilder()
	b.Sys(unix.SYS_GETPID).Into(5)
	b.Fork('f')
	b.Sys(unix.SYS_GETPID).Into(6)
	b.Sys(unix.SYS_GETPPID).Into(7)
	exitWith(b, 8)
	c := start(t, b, nil)
	first := c.Pid
	if mark, _, err := c.Await(); mark != 'f' || err != nil {
		t.Fatalf("Await = %q, %v", mark, err)
	}
	if err := c.Follow(); err != nil {
		t.Fatal(err)
	}
	if err := c.Release(); err != nil {
		t.Fatal(err)
	}
	wantExit(t, c, 8)
	if c.Reg(5) != int64(first) || c.Reg(6) != int64(c.Pid) || c.Pid == first || c.Reg(7) != int64(os.Getpid()) {
		t.Errorf("pids %d then %d (child of %d), Child says %d then %d", c.Reg(5), c.Reg(6), c.Reg(7), first, c.Pid)
	}
}
