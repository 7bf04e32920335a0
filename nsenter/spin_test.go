package nsenter

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const spinRegister Reg = 5

// spinner is a program that spins and then ends with status 7.
func spinner() *Builder {
	b := NewBuilder()
	b.Sys(unix.SYS_GETPID).Into(spinRegister)
	b.Spin()
	exitWith(b, 7)
	return b
}

func TestSpin(t *testing.T) {
	c := start(t, spinner(), nil)
	s := c.Spin()
	if err := s.Await(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if got := s.Reg(spinRegister); got != int64(c.Pid) {
		t.Errorf("register %d, want the child's pid %d", got, c.Pid)
	}
	// It spins still, and in user mode: it has made no system call.
	time.Sleep(20 * time.Millisecond)
	if pid, err := unix.Wait4(c.Pid, nil, unix.WNOHANG, nil); pid != 0 || err != nil {
		t.Fatalf("wait: %d, %v: the child has not waited", pid, err)
	}
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", c.Pid)); err == nil && string(text) != "running\n" {
		t.Errorf("the child is in system call %q, want none", text)
	}
	s.Release()
	wantExit(t, c, 7)
}

// TestGuard: a child whose parent's thread dies ends at once; one that was let go
// before does not.
func TestGuard(t *testing.T) {
	for _, release := range []bool{false, true} {
		c := start(t, spinner(), nil)
		s := c.Spin()
		if err := s.Await(10 * time.Second); err != nil {
			t.Fatal(err)
		}
		failed := make(chan error)
		offMainThread(func() {
			_, err := s.Guard() // never undone: the goroutine takes its thread along
			if release {
				s.Release()
			}
			failed <- err
		})
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
		if release {
			wantExit(t, c, 7)
			continue
		}
		began := time.Now()
		if ws := c.Reap(); !ws.Signaled() || ws.Signal() != unix.SIGSEGV {
			t.Errorf("the child ended with %v, expected a fault", ws)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the child has spun for %v", took)
		}
	}
}

// offMainThread starts a goroutine whose thread can end: Go keeps the process's first
// thread even when a goroutine ends that is locked to it.
func offMainThread(f func()) {
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() {
			f()
			return
		}
		offMainThread(f)
		select {} // occupies the first thread
	}()
}

// TestGuardUndone: the thread's death means nothing any more.
func TestGuardUndone(t *testing.T) {
	c := start(t, spinner(), nil)
	s := c.Spin()
	if err := s.Await(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		done, err := s.Guard()
		if err == nil {
			done()
			runtime.LockOSThread() // never unlocked: the goroutine takes its thread along
		}
		failed <- err
	}()
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if pid, err := unix.Wait4(c.Pid, nil, unix.WNOHANG, nil); pid != 0 || err != nil {
		t.Fatalf("wait: %d, %v: the child has not waited", pid, err)
	}
	s.Release()
	wantExit(t, c, 7)
}

// TestOpenSpin: another mapping of the page's file does the same.
func TestOpenSpin(t *testing.T) {
	c, file := startInFile(t, spinner())
	s, err := OpenSpin(file, c.PidFD, Step{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Await(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if got := s.Reg(spinRegister); got != int64(c.Pid) {
		t.Errorf("register %d, want the child's pid %d", got, c.Pid)
	}
	s.Release()
	wantExit(t, c, 7)
}

func TestOpenSpinFailure(t *testing.T) {
	b := NewBuilder()
	b.Step("hostname", "other words")
	b.Sys(unix.SYS_SECCOMP, Imm(99), Imm(0), Imm(0))
	b.Spin()
	c, file := startInFile(t, b)
	s, err := OpenSpin(file, c.PidFD, Step{Field: "linux.seccomp", What: "install the filter"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := "install the filter: seccomp: invalid argument (config.json: linux.seccomp)"
	if err := s.Await(10 * time.Second); err == nil || err.Error() != want {
		t.Errorf("Await: %v, want %s", err, want)
	}
	var own *OpError
	if err := c.Spin().Await(time.Second); !errors.As(err, &own) || own.Field != "hostname" {
		t.Errorf("Await in the parent: %v, want an error about hostname", err)
	}
}

func TestSpinEnds(t *testing.T) {
	b := NewBuilder()
	b.Hold()
	b.Spin()
	c := start(t, b, nil)
	if err := c.Spin().Await(20 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Await of a child that is not there yet: %v", err)
	}
	if _, _, err := c.AwaitWithin(20 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("AwaitWithin: %v, want a deadline", err)
	}
	if err := unix.PidfdSendSignal(c.PidFD, unix.SIGKILL, nil, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.Spin().Await(10 * time.Second); !errors.Is(err, ErrEnded) {
		t.Errorf("Await of a child that was killed: %v, want %v", err, ErrEnded)
	}
}

// TestAwaitWithin: a mark that comes in time is returned.
func TestAwaitWithin(t *testing.T) {
	b := NewBuilder()
	b.Report('x')
	exitWith(b, 0)
	c := start(t, b, nil)
	if mark, _, err := c.AwaitWithin(10 * time.Second); mark != 'x' || err != nil {
		t.Errorf("AwaitWithin = %q, %v, want 'x'", mark, err)
	}
	if mark, _, err := c.AwaitWithin(10 * time.Second); mark != 0 || err != nil {
		t.Errorf("AwaitWithin = %q, %v, want the end", mark, err)
	}
}

// TestPageFile: a file whose end lies before the page's would be a trap.
func TestPageFile(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "page"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if s, err := OpenSpin(file, 0, Step{}); err == nil {
		s.Close()
		t.Error("an empty file is taken for a page")
	}
}

func startInFile(t *testing.T, b *Builder) (*Child, *os.File) {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(t.TempDir(), "page"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	p, err := b.Program()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Start(p, Clone{Cgroup: -1, Keep: 3, Page: file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unix.PidfdSendSignal(c.PidFD, unix.SIGKILL, nil, 0)
		unix.Wait4(c.Pid, nil, 0, nil)
		c.Close()
	})
	return c, file
}

// TestListenerBusy: an errno that says nothing by itself is explained.
func TestListenerBusy(t *testing.T) {
	e := &OpError{Errno: unix.EBUSY, Call: "seccomp", Step: Step{Field: "linux.seccomp", What: "install the filter"}}
	want := "install the filter: seccomp: device or resource busy (a filter from outside has a listener already, and the kernel allows one) (config.json: linux.seccomp)"
	if e.Error() != want {
		t.Errorf("%s\nwant %s", e, want)
	}
}
