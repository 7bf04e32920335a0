//go:build linux && amd64

package notify

import (
	"fmt"
	"os"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/tinyelf"
	"github.com/runseal/runseal/seccomp/notify"
)

// oneCall makes the agent's call and writes its result.
func oneCall(p *tinyelf.Prog) {
	p.Syscall(unix.SYS_RMDIR, p.String("/x"))
	p.Save()
	p.WriteResults()
	p.Exit(0)
}

// TestRefusedAtCreate: what cannot be a listener is found before anything is made.
func TestRefusedAtCreate(t *testing.T) {
	a := listen(t)
	file := a.path + ".file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	long := "/" + strings.Repeat("x", 107)
	for _, c := range []struct {
		name, want string
		set        func(p *specs.LinuxSeccomp)
	}{
		{"no path", "linux.seccomp.listenerPath: missing", func(p *specs.LinuxSeccomp) { p.ListenerPath = "" }},
		{"nothing there", "linux.seccomp.listenerPath: stat /nonexistent/sock: no such file", func(p *specs.LinuxSeccomp) { p.ListenerPath = "/nonexistent/sock" }},
		{"a file", fmt.Sprintf("linux.seccomp.listenerPath: %q: expected a socket", file), func(p *specs.LinuxSeccomp) { p.ListenerPath = file }},
		{"relative", `linux.seccomp.listenerPath: "sock": expected an absolute path`, func(p *specs.LinuxSeccomp) { p.ListenerPath = "sock" }},
		{"too long", "linux.seccomp.listenerPath: 108 bytes, expected at most 107", func(p *specs.LinuxSeccomp) { p.ListenerPath = long }},
		{"the default action", "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY is not allowed", func(p *specs.LinuxSeccomp) { p.DefaultAction = specs.ActNotify }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := container(t, a.path, oneCall, "rmdir")
			c.set(b.Spec.Linux.Seccomp)
			if r := b.TryCreate().Wait(); r.Status == 0 || !strings.Contains(r.Stderr, c.want) {
				t.Errorf("create: exit status %d, stderr %q, want %q", r.Status, r.Stderr, c.want)
			}
			b.NothingLeft()
			if r := b.Run(); r.Status == 0 || !strings.Contains(r.Stderr, c.want) {
				t.Errorf("run: exit status %d, stderr %q, want %q", r.Status, r.Stderr, c.want)
			}
			b.NothingLeft()
		})
	}
}

// TestGoneBeforeStart: the container stays created, and starts when the agent is back.
func TestGoneBeforeStart(t *testing.T) {
	for _, c := range []struct {
		name, want string
		leave      func(a *agent)
	}{
		{"no socket", "no such file or directory", func(a *agent) { a.Close() }},
		{"socket of a dead agent", "connection refused", func(a *agent) {
			a.SetUnlinkOnClose(false)
			a.Close()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := listen(t)
			b := container(t, a.path, oneCall, "rmdir")
			out := b.Create()
			pid := b.State().Pid
			c.leave(a)
			r := b.Do("start", b.ID)
			if r.Status == 0 || !strings.Contains(r.Stderr, "linux.seccomp.listenerPath") || !strings.Contains(r.Stderr, c.want) {
				t.Errorf("start: exit status %d, stderr %q", r.Status, r.Stderr)
			}
			if s := b.State(); s.Status != "created" || s.Pid != pid {
				t.Fatalf("state %+v", s)
			}
			os.Remove(a.path)
			a.open()
			done := a.serve(1, func(p *process, n *notify.Notification) error { return p.Respond(n.ID, 9) })
			b.Must("start", b.ID)
			if status := b.WaitPid(pid); status != 0 {
				t.Errorf("the process ended with %d", status)
			}
			done()
			if got := tinyelf.Results(out.Output()); len(got) != 1 || got[0] != 9 {
				t.Errorf("the container saw %v, want 9", got)
			}
		})
	}
}

// TestGoneForRunAndExec: a dead agent is an error, and leaves nothing.
func TestGoneForRunAndExec(t *testing.T) {
	a := listen(t)
	b := container(t, a.path, wait, "rmdir")
	pid := b.Up()
	p := a.take()
	defer p.Close()
	a.SetUnlinkOnClose(false)
	a.Close()
	if r := b.Do("exec", b.ID, "/prog"); r.Status != 255 || !strings.Contains(r.Stderr, "linux.seccomp.listenerPath: connect to ") {
		t.Errorf("exec: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	if list := b.Processes(); len(list) != 1 || list[0] != pid {
		t.Errorf("processes %v, want %d alone", list, pid)
	}
	b.Must("kill", b.ID, "KILL")
	b.WaitPid(pid)
	b.Must("delete", b.ID)
	if r := b.Run(); r.Status != 1 || !strings.Contains(r.Stderr, "linux.seccomp.listenerPath: connect to ") {
		t.Errorf("run: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	b.NothingLeft()
}

// TestDiesAfterStart: the kernel answers for an agent that is gone.
func TestDiesAfterStart(t *testing.T) {
	for _, way := range ways {
		for _, received := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/received=%v", way.name, received), func(t *testing.T) {
				a := listen(t)
				b := container(t, a.path, oneCall, "rmdir")
				go func() {
					for range way.processes {
						p, err := a.tryTake()
						if err != nil {
							t.Error(err)
							return
						}
						if received && p.state.Pid != p.state.State.Pid || received && way.processes == 1 {
							if _, err := p.Receive(t.Context()); err != nil {
								t.Error(err)
							}
						}
						p.Close()
					}
				}()
				r := way.run(t, b)
				if got := tinyelf.Results(r.Stdout); r.Status != 0 || len(got) != 1 || got[0] != -int64(unix.ENOSYS) {
					t.Errorf("exit status %d, stderr %q, the container saw %v, want ENOSYS", r.Status, r.Stderr, got)
				}
			})
		}
	}
}

// TestNeverReads: the message waits in the socket, and the container's call for an
// agent that may come; when that closes the socket the kernel answers.
func TestNeverReads(t *testing.T) {
	a := listen(t)
	b := container(t, a.path, oneCall, "rmdir")
	out := b.Create()
	pid := b.State().Pid
	b.Must("start", b.ID)
	conn, err := a.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	sleep(50)
	if s := b.State(); s.Status != "running" {
		t.Errorf("status %s, want running: its call waits", s.Status)
	}
	conn.Close()
	if status := b.WaitPid(pid); status != 0 {
		t.Errorf("the process ended with %d", status)
	}
	if got := tinyelf.Results(out.Output()); len(got) != 1 || got[0] != -int64(unix.ENOSYS) {
		t.Errorf("the container saw %v, want ENOSYS", got)
	}
}
