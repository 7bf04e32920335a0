//go:build linux && amd64

package tinyelf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// start runs p on this machine, without any container.
func start(t *testing.T, p *Prog) (string, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "prog")
	if err := p.WriteFile(name); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(name).Output()
	return string(out), err
}

func TestExitStatusAndOutput(t *testing.T) {
	p := New()
	p.Print("hello\n")
	p.Exit(42)
	out, err := start(t, p)
	var exit *exec.ExitError
	if out != "hello\n" || !errors.As(err, &exit) || exit.ExitCode() != 42 {
		t.Fatalf("got %q, %v; expected hello and exit status 42", out, err)
	}
}

func TestResults(t *testing.T) {
	p := New()
	p.Syscall(unix.SYS_GETPPID)
	p.Save()
	p.Syscall(unix.SYS_CLOSE, 1000)
	p.Save()
	p.WriteResults()
	p.Exit(0)
	out, err := start(t, p)
	if err != nil {
		t.Fatal(err)
	}
	got := Results(out)
	want := []int64{int64(os.Getpid()), -int64(syscall.EBADF)}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Fatalf("results %v, expected %v", got, want)
	}
}

func TestInt80(t *testing.T) {
	p := New()
	p.Int80(64) // getppid of i386
	p.Save()
	p.Int80(6, 1000) // close of i386
	p.Save()
	p.WriteResults()
	p.Exit(0)
	out, err := start(t, p)
	if err != nil {
		t.Fatal(err)
	}
	got := Results(out)
	if len(got) != 2 || got[0] != int64(os.Getpid()) || got[1] != -int64(syscall.EBADF) {
		t.Fatalf("results %v, expected [%d %d]", got, os.Getpid(), -int64(syscall.EBADF))
	}
}

func TestSignalHandlerReturns(t *testing.T) {
	p := New()
	p.HandleSignal(uint64(unix.SIGUSR1))
	p.Syscall(unix.SYS_GETPID)
	// kill(getpid(), SIGUSR1): mov rdi, rax
	p.emit(0x48, 0x89, 0xc7)
	p.emit(0xbe, byte(unix.SIGUSR1), 0, 0, 0)
	p.emit(0xb8, unix.SYS_KILL, 0, 0, 0, 0x0f, 0x05)
	p.Print("after")
	p.Exit(0)
	out, err := start(t, p)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 128+len("after") || !bytes.HasSuffix([]byte(out), []byte("after")) {
		t.Fatalf("got %d bytes %q, expected a siginfo and \"after\"", len(out), out)
	}
	if sig := binary.LittleEndian.Uint32([]byte(out)); sig != uint32(unix.SIGUSR1) {
		t.Fatalf("si_signo %d, expected %d", sig, unix.SIGUSR1)
	}
}

func TestThreadEndsBeforeTheRest(t *testing.T) {
	p := New()
	p.Thread(func() {
		p.Print("thread ")
		p.ExitThread(3)
	})
	p.Print("main")
	p.Exit(0)
	out, err := start(t, p)
	if err != nil || out != "thread main" {
		t.Fatalf("got %q, %v", out, err)
	}
}
