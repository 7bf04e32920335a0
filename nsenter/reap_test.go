package nsenter

import (
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestKillReaped: the number of a child that was waited for can be another process's.
func TestKillReaped(t *testing.T) {
	b := NewBuilder()
	exitWith(b, 3)
	c := start(t, b, nil)
	if ws := c.Reap(); ws.ExitStatus() != 3 {
		t.Fatalf("wait status %#x", ws)
	}
	other := exec.Command("/bin/sleep", "60")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- other.Wait() }()
	pid := c.Pid
	c.Pid = other.Process.Pid // as if the kernel had given it that number
	c.Kill()
	select {
	case err := <-ended:
		t.Errorf("another process was killed: %v", err)
	case <-time.After(200 * time.Millisecond):
		if err := other.Process.Signal(unix.SIGKILL); err != nil {
			t.Error(err)
		}
		<-ended
	}
	c.Pid = pid
}
