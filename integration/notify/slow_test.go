//go:build linux && amd64

package notify

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/tinyelf"
)

// TestAcceptsLate: the queue of connections keeps start from waiting. The container's
// first notified call does.
func TestAcceptsLate(t *testing.T) {
	a := listen(t)
	b := container(t, a.path, oneCall, "rmdir")
	out := b.Create()
	pid := b.State().Pid
	if r := b.Must("start", b.ID); r.Took > box.Slow(4*time.Second) {
		t.Errorf("start took %v", r.Took)
	}
	sleep(300)
	p := a.take()
	defer p.Close()
	if err := p.Respond(p.receive(t).ID, 5); err != nil {
		t.Fatal(err)
	}
	if status := b.WaitPid(pid); status != 0 {
		t.Errorf("the process ended with %d", status)
	}
	if got := tinyelf.Results(out.Output()); len(got) != 1 || got[0] != 5 {
		t.Errorf("the container saw %v, want 5", got)
	}
}

// fullSocket is a socket whose queue of connections is full and which nobody reads.
func fullSocket(t *testing.T) (path string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "seal-agent-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path = filepath.Join(dir, "sock")
	socket := func() int {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	l := socket()
	if err := unix.Bind(l, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(l, 0); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := unix.Connect(socket(), &unix.SockaddrUnix{Name: path}); err == unix.EAGAIN {
			return path
		} else if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the queue does not become full")
	return ""
}

// in starts a command and checks, when the function is called that it returns, that it
// has failed with text, after about the limit.
func in(b *box.Box, limit time.Duration, text string, args ...string) (check func(t *testing.T)) {
	p := b.Start(nil, args...)
	return func(t *testing.T) {
		t.Helper()
		r := p.Wait()
		if r.Status == 0 || !strings.Contains(r.Stderr, text) {
			t.Errorf("%v: exit status %d, stderr %q, want %q", args, r.Status, r.Stderr, text)
		}
		if r.Took < limit-time.Second || r.Took > limit+box.Slow(5*time.Second) {
			t.Errorf("%v took %v, want about %v", args, r.Took, limit)
		}
	}
}

// TestNeverAccepts: run, start and exec give up, all at the same time to make the test
// shorter.
func TestNeverAccepts(t *testing.T) {
	t.Parallel()
	live := listen(t)
	full := fullSocket(t)
	const text = ", whose queue is full, within 8s"
	running := container(t, live.path, wait, "rmdir")
	pid := running.Up()
	defer live.take().Close()
	// exec reads the recorded configuration, so the same path becomes another socket.
	live.Close()
	if err := os.Symlink(full, live.path); err != nil {
		t.Fatal(err)
	}
	run := container(t, full, oneCall, "rmdir")
	created := container(t, full, oneCall, "rmdir")
	created.Create()
	deleted := container(t, full, oneCall, "rmdir")
	deleted.Create()
	run.Create()
	run.Must("delete", run.ID) // config.json is there now

	checks := []func(t *testing.T){
		in(run, 8*time.Second, text, "run", "--bundle", run.Dir, run.ID),
		in(created, 8*time.Second, text, "start", created.ID),
		in(running, 8*time.Second, text, "exec", running.ID, "/prog"),
	}
	// start does not keep others from the container while it waits for the agent.
	start := deleted.Start(nil, "start", deleted.ID)
	sleep(300)
	if s := deleted.State(); s.Status != "created" {
		t.Errorf("during start: %s, want created", s.Status)
	}
	if r := deleted.Must("delete", "--force", deleted.ID); r.Took > box.Slow(5*time.Second) {
		t.Errorf("delete --force took %v", r.Took)
	}
	for _, check := range checks {
		check(t)
	}
	if r := start.Wait(); r.Status == 0 {
		t.Errorf("start of a container that was deleted: %+v", r)
	}
	deleted.NothingLeft()
	run.NothingLeft()
	if s := created.State(); s.Status != "created" {
		t.Errorf("after start: %s, want created", s.Status)
	}
	if list := running.Processes(); len(list) != 1 || list[0] != pid {
		t.Errorf("after exec: processes %v, want %d alone", list, pid)
	}
}

// TestKilledStart: a start that was killed while it waits for the agent has changed
// nothing.
func TestKilledStart(t *testing.T) {
	full := fullSocket(t)
	b := container(t, full, oneCall, "rmdir")
	b.Create()
	pid := b.State().Pid
	start := b.Start(nil, "start", b.ID)
	sleep(200)
	start.Process.Kill()
	start.Wait()
	if s := b.State(); s.Status != "created" || s.Pid != pid {
		t.Errorf("state %+v", s)
	}
}

// TestExecveUnanswered: an agent that has the listener and does not decide on the
// execve.
func TestExecveUnanswered(t *testing.T) {
	t.Parallel()
	const text = "linux.seccomp.listenerPath: the agent has not decided on the execve of the container's program within 8s"
	a := listen(t)
	run := container(t, a.path, wait, "execve")
	running := container(t, a.path, wait, "execve")
	started := container(t, a.path, wait, "execve")
	killed := container(t, a.path, wait, "execve")
	running.Create()
	running.Must("start", running.ID)
	p := a.take()
	if err := p.Continue(p.receive(t).ID); err != nil {
		t.Fatal(err)
	}
	pid := running.State().Pid

	run.Create()
	run.Must("delete", run.ID)
	checks := []func(t *testing.T){in(run, 8*time.Second, text, "run", "--detach", "--bundle", run.Dir, run.ID)}
	defer a.take().Close()
	checks = append(checks, in(running, 8*time.Second, text, "exec", "--detach", running.ID, "/prog"))
	defer a.take().Close()

	// start does not wait for the execve, and what waits there can be killed.
	started.Create()
	if r := started.Must("start", started.ID); r.Took > box.Slow(4*time.Second) {
		t.Errorf("start took %v", r.Took)
	}
	q := a.take()
	q.receive(t)
	if r := started.Must("delete", "--force", started.ID); r.Took > box.Slow(5*time.Second) {
		t.Errorf("delete --force took %v", r.Took)
	}
	started.NothingLeft()

	// The agent dies: its own copy of the listener keeps the process waiting until
	// somebody kills it.
	killed.Create()
	first := killed.State().Pid
	killed.Must("start", killed.ID)
	q = a.take()
	q.receive(t)
	q.Close()
	sleep(50)
	if s := killed.State(); s.Status != "running" {
		t.Errorf("status %s", s.Status)
	}
	killed.Must("kill", killed.ID, "KILL")
	if status := killed.WaitPid(first); status != 137 {
		t.Errorf("the process ended with %d", status)
	}

	for _, check := range checks {
		check(t)
	}
	run.NothingLeft()
	if list := running.Processes(); len(list) != 1 || list[0] != pid {
		t.Errorf("after exec: processes %v, want %d alone", list, pid)
	}
}

// TestKilledInNotifiedCall: what waits for an agent can be killed and deleted.
func TestKilledInNotifiedCall(t *testing.T) {
	for _, command := range []string{"kill", "delete"} {
		for _, flags := range [][]specs.LinuxSeccompFlag{{}, {specs.LinuxSeccompFlagWaitKillableRecv}} {
			if len(flags) > 0 && !box.Linux(5, 19) {
				continue // TestWaitKillable has what is said of that
			}
			t.Run(fmt.Sprint(command, flags), func(t *testing.T) {
				a := listen(t)
				b := container(t, a.path, oneCall, "rmdir")
				b.Spec.Linux.Seccomp.Flags = flags
				b.Create()
				pid := b.State().Pid
				b.Must("start", b.ID)
				p := a.take()
				n := p.receive(t)
				if command == "kill" {
					b.Must("kill", b.ID, "KILL")
				} else {
					b.Must("delete", "--force", b.ID)
				}
				if status := b.WaitPid(pid); status != 137 {
					t.Errorf("the process ended with %d", status)
				}
				if p.Valid(n.ID) {
					t.Error("the notification is still valid")
				}
			})
		}
	}
}
