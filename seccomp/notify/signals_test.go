package notify_test

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/notify"
)

// TestSendFDUnderSignals: a signal that reaches the agent's thread while the target takes
// the descriptor withdraws it in the kernel, but not the answer.
func TestSendFDUnderSignals(t *testing.T) {
	p := start(t)
	c := make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGUSR1)
	defer signal.Stop(c)
	var tid atomic.Int32
	var end atomic.Bool
	defer end.Store(true)
	go func() {
		for !end.Load() {
			if id := tid.Load(); id != 0 {
				_ = unix.Tgkill(os.Getpid(), int(id), unix.SIGUSR1)
			}
		}
	}()
	zero, err := unix.Open("/dev/zero", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(zero)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i := range 200 {
		n := p.receive(t, "memfd x")
		tid.Store(int32(unix.Gettid()))
		there, err := p.SendFD(n.ID, zero, notify.FDOptions{})
		tid.Store(0)
		if errors.Is(err, unix.EINVAL) {
			t.Skipf("this kernel is older than Linux 5.14: %v", err)
		}
		if err != nil {
			p.command("from descriptor 0") // which the target takes for the new one
		}
		if got := p.result(); err != nil || !strings.HasPrefix(got, "descriptor "+itoa(there)+" holds") || there == 0 {
			t.Fatalf("call %d: SendFD = %d, %v; the target saw %q", i, there, err, got)
		}
	}
}
