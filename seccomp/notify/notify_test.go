package notify_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/notify"
)

func start(t *testing.T) *process {
	t.Helper()
	p, err := newTarget()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return p
}

// receive lets the target make a call and returns it.
func (p *process) receive(t *testing.T, command string) *notify.Notification {
	t.Helper()
	p.command(command)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	n, err := p.Receive(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestHandedOver(t *testing.T) {
	p := start(t)
	if s := p.state; s.Pid != p.Process.Pid || s.Metadata != "an example" || s.State.ID != "target" || s.State.Status != specs.StateCreated {
		t.Errorf("state %+v", s)
	}
}

func TestAnswers(t *testing.T) {
	p := start(t)
	dir := filepath.Join(t.TempDir(), "made")

	n := p.receive(t, "mkdir "+dir)
	if n.Nr != unix.SYS_MKDIRAT || n.Args[2] != 0o700 || n.InstructionPointer == 0 || n.Flags != 0 {
		t.Errorf("notification %+v", n)
	}
	// The target is a thread of that process.
	if _, err := os.Stat("/proc/" + itoa(p.Process.Pid) + "/task/" + itoa(n.PID)); err != nil {
		t.Error(err)
	}
	if !p.Valid(n.ID) || p.Valid(n.ID+1) {
		t.Errorf("Valid: %v and %v, want true for the notification's id alone", p.Valid(n.ID), p.Valid(n.ID+1))
	}
	if err := p.Respond(n.ID, 12345); err != nil {
		t.Fatal(err)
	}
	if got := p.result(); got != "result 12345" {
		t.Errorf("value: the target saw %q", got)
	}
	if err := p.Respond(n.ID, 0); err != notify.ErrGone {
		t.Errorf("second answer: %v, want ErrGone", err)
	}

	n = p.receive(t, "mkdir "+dir)
	for _, errno := range []unix.Errno{0, 4096} {
		if err := p.RespondErrno(n.ID, errno); err == nil {
			t.Errorf("errno %d is sent", int(errno))
		}
	}
	if err := p.RespondErrno(n.ID, unix.ENOTEMPTY); err != nil {
		t.Fatal(err)
	}
	if got := p.result(); got != "ENOTEMPTY" {
		t.Errorf("errno: the target saw %q", got)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the directory is there, nobody has made it")
	}

	n = p.receive(t, "mkdir "+dir)
	if err := p.Continue(n.ID); err != nil {
		t.Fatal(err)
	}
	if got := p.result(); got != "result 0" {
		t.Errorf("continue: the target saw %q", got)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("continue: %v", err)
	}
}

func TestAddedDescriptors(t *testing.T) {
	p := start(t)
	file := func(text string) int {
		name := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	n := p.receive(t, "memfd x")
	there, err := p.AddFD(n.ID, file("added"), notify.FDOptions{At: 77, Fixed: true, CloseOnExec: true})
	if there != 77 || err != nil {
		t.Fatalf("AddFD = %d, %v", there, err)
	}
	if err := p.Respond(n.ID, int64(there)); err != nil {
		t.Fatal(err)
	}
	if got := p.result(); got != `descriptor 77 holds "added" (<nil>), flags 1` {
		t.Errorf("AddFD: the target saw %q", got)
	}
	n = p.receive(t, "memfd x")
	there, err = p.SendFD(n.ID, file("sent"), notify.FDOptions{})
	if errors.Is(err, unix.EINVAL) {
		t.Skipf("this kernel is older than Linux 5.14: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.result(), "descriptor "+itoa(there)+` holds "sent" (<nil>), flags 0`; got != want {
		t.Errorf("SendFD: the target saw %q, want %q", got, want)
	}
	if _, err := p.SendFD(n.ID, 0, notify.FDOptions{}); err != notify.ErrGone {
		t.Errorf("SendFD for a call that was answered: %v", err)
	}
	n = p.receive(t, "memfd x")
	if _, err := p.AddFD(n.ID, 9999, notify.FDOptions{}); !errors.Is(err, unix.EBADF) {
		t.Errorf("AddFD of a descriptor that is not open: %v", err)
	}
	p.RespondErrno(n.ID, unix.EPERM)
}

func TestMemory(t *testing.T) {
	p := start(t)
	n := p.receive(t, "mkdir /some/path")
	addr := n.Args[1]
	for _, c := range []struct {
		limit int
		want  string
		err   error
	}{{4096, "/some/path", nil}, {10, "/some/path", nil}, {9, "", unix.ENAMETOOLONG}, {0, "", unix.ENAMETOOLONG}} {
		if got, err := p.ReadString(n, addr, c.limit); got != c.want || err != c.err {
			t.Errorf("ReadString, limit %d: %q, %v, want %q, %v", c.limit, got, err, c.want, c.err)
		}
	}
	buf := make([]byte, 5)
	if got, err := p.ReadMemory(n, addr+1, buf); got != 5 || err != nil || string(buf) != "some/" {
		t.Errorf("ReadMemory: %d, %v, %q", got, err, buf)
	}
	p.RespondErrno(n.ID, unix.EPERM)
	p.result()
	if _, err := p.ReadString(n, addr, 10); err != notify.ErrGone {
		t.Errorf("ReadString after the answer: %v, want ErrGone", err)
	}
	if _, err := p.ReadMemory(n, addr, buf); err != notify.ErrGone {
		t.Errorf("ReadMemory after the answer: %v, want ErrGone", err)
	}

	n = p.receive(t, "edge no-end")
	if got, err := p.ReadString(n, n.Args[1], 4096); err != unix.EFAULT {
		t.Errorf("a string that runs out of its memory: %q, %v, want EFAULT", got, err)
	}
	if got, err := p.ReadString(n, n.Args[1], 5); err != unix.ENAMETOOLONG {
		t.Errorf("the same with a limit inside: %q, %v, want ENAMETOOLONG", got, err)
	}
	buf = make([]byte, 100)
	if got, err := p.ReadMemory(n, n.Args[1], buf); got != 6 || err != io.ErrUnexpectedEOF || !strings.HasPrefix(string(buf), "no-end\x00") {
		t.Errorf("ReadMemory across the end: %d, %v, %q", got, err, buf)
	}
	p.RespondErrno(n.ID, unix.EPERM)
	p.result()

	n = p.receive(t, "null")
	for _, addr := range []uint64{0, 1 << 63, 1<<64 - 1} {
		if got, err := p.ReadMemory(n, addr, buf); got != 0 || err != unix.EFAULT {
			t.Errorf("ReadMemory at %#x: %d, %v, want EFAULT", addr, got, err)
		}
	}
	p.RespondErrno(n.ID, unix.EPERM)
}

// TestTargetKilled: everything about a target that is no more is ErrGone, and the
// end of the last one is the end of the file.
func TestTargetKilled(t *testing.T) {
	p := start(t)
	n := p.receive(t, "mkdir /x")
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.Wait()
	if p.Valid(n.ID) {
		t.Error("the notification is still valid")
	}
	if _, err := p.ReadString(n, n.Args[1], 10); err != notify.ErrGone {
		t.Errorf("ReadString: %v", err)
	}
	for what, err := range map[string]error{
		"Respond": p.Respond(n.ID, 0), "RespondErrno": p.RespondErrno(n.ID, unix.EPERM), "Continue": p.Continue(n.ID),
	} {
		if err != notify.ErrGone {
			t.Errorf("%s: %v, want ErrGone", what, err)
		}
	}
	if _, err := p.AddFD(n.ID, 0, notify.FDOptions{}); err != notify.ErrGone {
		t.Errorf("AddFD: %v, want ErrGone", err)
	}
	if n, err := p.Receive(t.Context()); err != io.EOF {
		t.Errorf("Receive: %+v, %v, want io.EOF", n, err)
	}
}

func TestReceiveEnds(t *testing.T) {
	p := start(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if _, err := p.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("deadline: %v", err)
	}
	// Two that wait: the one whose turn it is, and one behind it.
	ends := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := p.Receive(context.Background())
			ends <- err
		}()
	}
	time.Sleep(20 * time.Millisecond)
	p.Listener.Close()
	for range 2 {
		select {
		case err := <-ends:
			if err != notify.ErrClosed {
				t.Errorf("Close: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("Close does not end Receive")
		}
	}
	if _, err := p.Receive(context.Background()); err != notify.ErrClosed {
		t.Errorf("Receive after Close: %v", err)
	}
	if err := p.Respond(1, 0); err != notify.ErrClosed {
		t.Errorf("Respond after Close: %v", err)
	}
	// Nobody has the listener now.
	p.command("mkdir /x")
	if got := p.result(); got != "ENOSYS" {
		t.Errorf("without an agent the target saw %q, want ENOSYS", got)
	}
}

func TestSyncWakeUp(t *testing.T) {
	p := start(t)
	err := p.SyncWakeUp()
	if errors.Is(err, unix.EINVAL) {
		t.Skipf("this kernel is older than Linux 6.6: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	n := p.receive(t, "mkdir /x")
	if err := p.Respond(n.ID, 5); err != nil {
		t.Fatal(err)
	}
	if got := p.result(); got != "result 5" {
		t.Errorf("the target saw %q", got)
	}
}
