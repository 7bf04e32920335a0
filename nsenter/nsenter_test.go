package nsenter

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// start runs a program in a child without new namespaces, which needs no
// privileges, and ends the child with the test.
func start(t *testing.T, b *Builder, fds map[Reg]int) *Child {
	t.Helper()
	p, err := b.Program()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Start(p, Clone{Cgroup: -1, FDs: fds, Keep: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unix.PidfdSendSignal(c.PidFD, unix.SIGKILL, nil, 0)
		unix.Wait4(c.Pid, nil, 0, nil)
		c.Close()
	})
	return c
}

// exit ends a program in order.
func exitWith(b *Builder, status int) { b.Sys(unix.SYS_EXIT_GROUP, Imm(status)) }

// wantExit waits for the child's end.
func wantExit(t *testing.T, c *Child, status int) {
	t.Helper()
	var ws unix.WaitStatus
	if _, err := unix.Wait4(c.Pid, &ws, 0, nil); err != nil {
		t.Fatal(err)
	}
	if !ws.Exited() || ws.ExitStatus() != status {
		t.Errorf("wait status %#x, want exit status %d (failure: %v)", ws, status, c.Failure())
	}
}

func TestRegisters(t *testing.T) {
	b := NewBuilder()
	b.Sys(unix.SYS_GETPID).Into(5)
	b.Move(6, Imm(-3))
	b.Move(7, Val(5))
	exitWith(b, 9)
	c := start(t, b, map[Reg]int{8: 42})
	wantExit(t, c, 9)
	if got := c.Reg(5); got != int64(c.Pid) {
		t.Errorf("register 5 = %d, want the child's pid %d", got, c.Pid)
	}
	if c.Reg(7) != c.Reg(5) || c.Reg(6) != -3 || c.Reg(8) != 42 {
		t.Errorf("registers 6, 7, 8 = %d, %d, %d, want -3, %d, 42", c.Reg(6), c.Reg(7), c.Reg(8), c.Reg(5))
	}
}

func TestIgnoredErrno(t *testing.T) {
	b := NewBuilder()
	b.Sys(unix.SYS_CLOSE, Imm(-1)).Ignore(uint16(unix.ENOENT), uint16(unix.EBADF))
	b.Sys(unix.SYS_CLOSE, Imm(-1)).Ignore(AnyErrno)
	exitWith(b, 3)
	wantExit(t, start(t, b, nil), 3)
}

func TestFailureReport(t *testing.T) {
	b := NewBuilder()
	b.Step("mounts[3]", "open a thing")
	b.Sys(unix.SYS_GETPID)
	// A handler for another errno must not catch it.
	b.Sys(unix.SYS_OPENAT, Imm(unix.AT_FDCWD), b.String("/nonexistent/thing"), Imm(0), Imm(0)).Ignore(uint16(unix.EPERM))
	b.Sys(unix.SYS_GETPID).Into(5)
	exitWith(b, 0)
	c := start(t, b, nil)
	mark, _, err := c.Await()
	var oe *OpError
	if !errors.As(err, &oe) || mark != 0 {
		t.Fatalf("Await = %q, %v, want an *OpError", mark, err)
	}
	if oe.Index != 2 || oe.Errno != unix.ENOENT || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("op %d failed with %v, want op 2 with ENOENT", oe.Index, oe.Errno)
	}
	if want := "open a thing: openat: no such file or directory (config.json: mounts[3])"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	if c.Reg(5) != 0 {
		t.Error("the op behind the failed one was executed")
	}
	wantExit(t, c, exitFailed)
}

func TestJumps(t *testing.T) {
	b := NewBuilder()
	onError, negative, end := b.NewLabel(), b.NewLabel(), b.NewLabel()
	b.Sys(unix.SYS_CLOSE, Imm(-1)).On(uint16(unix.EPERM), end).On(uint16(unix.EBADF), onError)
	exitWith(b, 1)
	b.Place(onError)
	b.JumpNegative(5, end) // 0: not taken
	b.Move(5, Imm(-1))
	b.JumpNegative(5, negative)
	exitWith(b, 2)
	b.Place(negative)
	b.Jump(end)
	exitWith(b, 3)
	b.Place(end)
	exitWith(b, 4)
	wantExit(t, start(t, b, nil), 4)
}

func TestCheckDenyStoreFail(t *testing.T) {
	const bad = uint16(unix.EXDEV)
	for _, tc := range []struct {
		name string
		add  func(b *Builder, mem Arg)
		fail bool
	}{
		{"check equal", func(b *Builder, m Arg) { b.Check(m, 0xff00, 0x1200, bad) }, false},
		{"check different", func(b *Builder, m Arg) { b.Check(m, 0xff00, 0x1300, bad) }, true},
		{"deny equal", func(b *Builder, m Arg) { b.Deny(m, 0xff, 0x34, bad) }, true},
		{"deny different", func(b *Builder, m Arg) { b.Deny(m, 0xff, 0x35, bad) }, false},
		{"fail", func(b *Builder, m Arg) { b.Fail(bad) }, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := NewBuilder()
			m := b.Zeros(12)
			b.Move(5, Imm(0x1234))
			b.Store(m.At(4), 5)
			tc.add(b, m.At(4))
			exitWith(b, 0)
			c := start(t, b, nil)
			if !tc.fail {
				wantExit(t, c, 0)
				return
			}
			_, _, err := c.Await()
			if !errors.Is(err, unix.EXDEV) {
				t.Errorf("error %v, want EXDEV", err)
			}
		})
	}
}

func TestExecve(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b := NewBuilder()
	null := Imm(0)
	argv := b.Words(b.String("sh"), b.String("-c"), b.String(`echo "$GREETING $1"; kill -l >/dev/null; exit 5`), b.String("sh"), b.String("there"), null)
	envp := b.Words(b.String("GREETING=hello"), null)
	b.Sys(unix.SYS_DUP3, Val(8), Imm(1), null)
	b.Move(9, b.String("/bin/sh"))
	b.Sys(unix.SYS_EXECVE, Val(9), argv, envp)
	c := start(t, b, map[Reg]int{8: int(w.Fd())})
	w.Close()
	if mark, _, err := c.Await(); mark != 0 || err != nil {
		t.Errorf("Await = %q, %v, want the end of the conversation", mark, err)
	}
	out, _ := io.ReadAll(r)
	if string(out) != "hello there\n" {
		t.Errorf("output %q", out)
	}
	wantExit(t, c, 5)
}

// TestSignalsAreDefault looks at what execve passes on.
func TestSignalsAreDefault(t *testing.T) {
	signal.Ignore(unix.SIGUSR2)
	defer signal.Reset(unix.SIGUSR2)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b := NewBuilder()
	argv := b.Words(b.String("cat"), b.String("/proc/self/status"), Imm(0))
	b.Sys(unix.SYS_DUP3, Val(8), Imm(1), Imm(0))
	b.Sys(unix.SYS_EXECVE, b.String("/bin/cat"), argv, b.Words(Imm(0)))
	c := start(t, b, map[Reg]int{8: int(w.Fd())})
	w.Close()
	out, _ := io.ReadAll(r)
	wantExit(t, c, 0)
	for _, line := range []string{"SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000", "SigCgt:\t0000000000000000"} {
		if !bytes.Contains(out, []byte(line)) {
			t.Errorf("status lacks %q:\n%s", line, out)
		}
	}
}

// TestDescriptors: the child has what it was given and nothing else, whatever
// was open in the parent, close-on-exec or not.
func TestDescriptors(t *testing.T) {
	leak, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(leak)
	high, err := unix.FcntlInt(uintptr(leak), unix.F_DUPFD, 200)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(high)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	b := NewBuilder()
	for _, fd := range []int{leak, high, int(r.Fd())} {
		b.Sys(unix.SYS_FCNTL, Imm(fd), Imm(unix.F_GETFD), Imm(0)).Ignore(uint16(unix.EBADF))
		b.Sys(unix.SYS_FCNTL, Imm(fd), Imm(unix.F_GETFD), Imm(0)).Into(9).Ignore(uint16(unix.EBADF))
	}
	b.Sys(unix.SYS_FCNTL, Val(8), Imm(unix.F_GETFD), Imm(0))
	b.Sys(unix.SYS_FCNTL, Val(RegSync), Imm(unix.F_GETFD), Imm(0))
	b.Sys(unix.SYS_FCNTL, Imm(2), Imm(unix.F_GETFD), Imm(0))
	exitWith(b, 7)
	c := start(t, b, map[Reg]int{8: int(w.Fd()), 9: -1})
	wantExit(t, c, 7)
	if c.Reg(9) != -1 {
		t.Error("a descriptor of the parent is open in the child")
	}
}

// TestTooLong: the error names what the program is so long for.
func TestTooLong(t *testing.T) {
	b := NewBuilder()
	b.Step("process.env", "search")
	for range 70000 {
		b.Sys(unix.SYS_GETPID)
	}
	if _, err := b.Program(); err == nil || !strings.Contains(err.Error(), "process.env: needs 70000 of 70001 system calls") {
		t.Errorf("error %v", err)
	}
}
