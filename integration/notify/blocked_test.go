//go:build linux && amd64

package notify

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestBlockedSend: the message is larger than the socket's buffer and the agent does
// not read.
func TestBlockedSend(t *testing.T) {
	t.Parallel()
	big := func(a *agent) *box.Box {
		b := container(t, a.path, oneCall, "rmdir")
		b.Spec.Annotations = map[string]string{"big": strings.Repeat("x", 1<<20)}
		b.Create()
		return b
	}
	stopped := func(b *box.Box, pid int) {
		t.Helper()
		b.WaitPid(pid)
		if s := b.State(); s.Status != "stopped" {
			t.Errorf("status %s, want stopped", s.Status)
		}
		b.Must("delete", b.ID)
		b.NothingLeft()
	}
	begin := func(a *agent, b *box.Box) (start *box.Process, pid int, conn *net.UnixConn) {
		t.Helper()
		pid = b.State().Pid
		start = b.Start(nil, "start", b.ID)
		conn = a.accepted()
		sleep(100)
		return start, pid, conn
	}
	t.Run("never read", func(t *testing.T) {
		a := listen(t)
		b := big(a)
		start, pid, conn := begin(a, b)
		defer conn.Close()
		// delete --force waits for the lock of start, and gets it.
		del := b.Start(nil, "delete", "--force", b.ID)
		r := start.Wait()
		if r.Status == 0 || !strings.Contains(r.Stderr, "the agent has not read the listener that was sent to "+strconv.Quote(a.path)+" within 8s") || r.Took > box.Slow(12*time.Second) {
			t.Errorf("start: %+v", r)
		}
		b.WaitPid(pid)
		if r := del.Wait(); r.Status != 0 {
			t.Errorf("delete --force: %+v", r)
		}
		b.NothingLeft()
	})
	t.Run("kill", func(t *testing.T) {
		a := listen(t)
		b := big(a)
		start, pid, conn := begin(a, b)
		defer conn.Close()
		began := time.Now()
		b.Must("kill", b.ID, "KILL")
		if r := start.Wait(); r.Status == 0 || !strings.Contains(r.Stderr, "killed before its program was executed") || time.Since(began) > box.Slow(5*time.Second) {
			t.Errorf("start: %+v, %v after the kill", r, time.Since(began))
		}
		stopped(b, pid)
	})
	t.Run("hang up", func(t *testing.T) {
		a := listen(t)
		b := big(a)
		start, pid, conn := begin(a, b)
		began := time.Now()
		conn.Close()
		if r := start.Wait(); r.Status == 0 || !strings.Contains(r.Stderr, "linux.seccomp.listenerPath: send the listener to ") || time.Since(began) > box.Slow(5*time.Second) {
			t.Errorf("start: %+v, %v after the agent has hung up", r, time.Since(began))
		}
		stopped(b, pid)
	})
	t.Run("start is killed", func(t *testing.T) {
		a := listen(t)
		b := big(a)
		start, pid, conn := begin(a, b)
		defer conn.Close()
		start.Process.Kill()
		start.Wait()
		// The filter is in, and nobody will let the process go on: it ends itself.
		if status := b.WaitPid(pid); status != 128+int(unix.SIGSEGV) {
			t.Errorf("the process ended with %d, expected SIGSEGV", status)
		}
		if s := b.State(); s.Status != "stopped" {
			t.Errorf("state %+v", s)
		}
		b.Must("delete", b.ID)
		b.NothingLeft()
	})
	t.Run("read late", func(t *testing.T) {
		a := listen(t)
		b := big(a)
		pid := b.State().Pid
		start := b.Start(nil, "start", b.ID)
		sleep(300)
		p := a.take()
		if len(p.state.State.Annotations["big"]) != 1<<20 {
			t.Errorf("%d bytes of annotation", len(p.state.State.Annotations["big"]))
		}
		if r := start.Wait(); r.Status != 0 {
			t.Errorf("start: %+v", r)
		}
		if err := p.Respond(p.receive(t).ID, 0); err != nil {
			t.Error(err)
		}
		if status := b.WaitPid(pid); status != 0 {
			t.Errorf("the process ended with %d", status)
		}
	})
}
