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
func start(t *testing.T, b *Builder, regs map[Reg]int64) *Child {
	t.Helper()
	c, err := Start(b.Program(), Clone{Cgroup: -1, PidNS: -1, Regs: regs})
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
func exit(b *Builder, status int) { b.Sys(unix.SYS_EXIT_GROUP, Imm(status)) }

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
	exit(b, 9)
	c := start(t, b, map[Reg]int64{8: 42})
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
	exit(b, 3)
	wantExit(t, start(t, b, nil), 3)
}

func TestFailureReport(t *testing.T) {
	b := NewBuilder()
	b.Step("mounts[3]", "open a thing")
	b.Sys(unix.SYS_GETPID)
	// A handler for another errno must not catch it.
	b.Sys(unix.SYS_OPENAT, Imm(unix.AT_FDCWD), b.String("/nonexistent/thing"), Imm(0), Imm(0)).Ignore(uint16(unix.EPERM))
	b.Sys(unix.SYS_GETPID).Into(5)
	exit(b, 0)
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
	exit(b, 1)
	b.Place(onError)
	b.JumpNegative(5, end) // 0: not taken
	b.Move(5, Imm(-1))
	b.JumpNegative(5, negative)
	exit(b, 2)
	b.Place(negative)
	b.Jump(end)
	exit(b, 3)
	b.Place(end)
	exit(b, 4)
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
			exit(b, 0)
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
	exit(b, 6)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := start(t, b, map[Reg]int64{8: int64(w.Fd())})
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
	exit(b, 0)
	c := start(t, b, nil)
	unix.Shutdown(c.sync, unix.SHUT_WR)
	wantExit(t, c, exitFailed)
	if err := c.Failure(); !errors.Is(err, unix.ECANCELED) {
		t.Errorf("failure %v, want ECANCELED", err)
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
	c := start(t, b, map[Reg]int64{8: int64(w.Fd())})
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
	c := start(t, b, map[Reg]int64{8: int64(w.Fd())})
	w.Close()
	out, _ := io.ReadAll(r)
	wantExit(t, c, 0)
	for _, line := range []string{"SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000", "SigCgt:\t0000000000000000"} {
		if !bytes.Contains(out, []byte(line)) {
			t.Errorf("status lacks %q:\n%s", line, out)
		}
	}
}

func TestFork(t *testing.T) {
	b := NewBuilder()
	b.Sys(unix.SYS_GETPID).Into(5)
	b.Fork('f')
	b.Sys(unix.SYS_GETPID).Into(6)
	b.Sys(unix.SYS_GETPPID).Into(7)
	exit(b, 8)
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

func TestDescribe(t *testing.T) {
	b := NewBuilder()
	b.Name(5, "root")
	end := b.NewLabel()
	b.Step("mounts[0]", "mount proc")
	b.Sys(unix.SYS_OPENAT, Val(5), b.String("proc"), Imm(unix.O_PATH|unix.O_CLOEXEC), Imm(0)).Into(6).On(uint16(unix.ENOENT), end)
	b.Sys(unix.SYS_MKDIRAT, Val(5), b.String("a\"b"), Imm(0o755)).Ignore(uint16(unix.EEXIST))
	b.Jump(end)
	b.Sys(unix.SYS_PRCTL, Imm(unix.PR_SET_NO_NEW_PRIVS), Imm(1), Imm(0), Imm(0), Imm(0))
	b.Place(end)
	b.Step("", "end")
	b.Sys(unix.SYS_EXECVE, b.String("/bin/sh"), b.Words(b.String("sh"), Imm(0)), b.Words(Imm(0)))
	var out strings.Builder
	if err := b.Program().Describe(&out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		got = append(got, strings.Join(strings.Fields(l), " "))
	}
	want := []string{
		`0 close(peer) (leave the parent's end of the socket pair)`,
		`1 openat(root, "proc", O_PATH|O_CLOEXEC, 0) -> r6, ENOENT: 5 mounts[0]`,
		`2 mkdirat(root, "a\"b", 0755), EEXIST ignored mounts[0]`,
		`3 jump to 5 mounts[0]`,
		`4 prctl(SET_NO_NEW_PRIVS, 1, 0) mounts[0]`,
		`5 execve("/bin/sh", ["sh"], []) (end)`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestProgramsRunForwards: a label behind its jump would let a child loop.
func TestProgramsRunForwards(t *testing.T) {
	for _, place := range []bool{true, false} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("placed %v: Program accepted the label", place)
				}
			}()
			b := NewBuilder()
			l := b.NewLabel()
			if place {
				b.Place(l)
			}
			b.Jump(l)
			b.Program()
		}()
	}
}
