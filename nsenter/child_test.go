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
