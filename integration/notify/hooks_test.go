//go:build linux && amd64

package notify

import (
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/tinyelf"
	"github.com/runseal/runseal/seccomp/notify"
)

// TestHooks: a hook startContainer has the filter of the container, and so a listener of
// its own, which the agent gets first. The agent serves one connection after the other.
func TestHooks(t *testing.T) {
	for _, way := range ways[:2] {
		t.Run(way.name, func(t *testing.T) {
			a := listen(t)
			b := container(t, a.path, oneCall, "rmdir")
			program(t, b, "hook", func(p *tinyelf.Prog) {
				p.Syscall(unix.SYS_RMDIR, p.String("/hook"))
				p.Exit(0)
			})
			b.Spec.Hooks = &specs.Hooks{StartContainer: []specs.Hook{{Path: "/hook"}}}
			var paths [2]string
			n := 0
			done := a.serve(2, func(p *process, note *notify.Notification) error {
				path, err := p.ReadString(note, note.Args[0], 4096)
				if err != nil {
					return err
				}
				paths[n%2] = path
				n++
				return p.Respond(note.ID, 4242)
			})
			r := way.run(t, b) // it writes 4242 as a word of 64 bits
			if r.Status != 0 || r.Stdout != "\x92\x10\x00\x00\x00\x00\x00\x00" {
				t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
			}
			states := done()
			if paths != [2]string{"/hook", "/x"} || n != 2 {
				t.Errorf("%d calls, for %q", n, paths)
			}
			if s := states[0]; s == nil || s.State.Status != specs.StateCreated || s.Pid == s.State.Pid || s.State.Pid == 0 {
				t.Errorf("the hook's state is %+v", s)
			}
		})
	}
}

// TestPoststartUndecided: start waits for the execve where hooks poststart come after it,
// but not for an agent that never decides on it.
func TestPoststartUndecided(t *testing.T) {
	t.Parallel()
	a := listen(t)
	b := container(t, a.path, wait, "execve")
	b.Spec.Hooks = &specs.Hooks{Poststart: []specs.Hook{{Path: "/bin/false"}}}
	b.Create()
	check := in(b, 8*time.Second, "linux.seccomp.listenerPath: the agent has not decided on the execve", "start", b.ID)
	defer a.take().Close()
	check(t)
	b.NothingLeft()
}

// TestPatience: start does not wait for agents longer than for one, however many hooks
// there are, each of which would be in time; so delete --force gets the lock.
func TestPatience(t *testing.T) {
	t.Parallel()
	a := listen(t)
	b := container(t, a.path, wait, "execve")
	program(t, b, "hook", func(p *tinyelf.Prog) { p.Exit(0) })
	hook := specs.Hook{Path: "/hook"}
	b.Spec.Hooks = &specs.Hooks{StartContainer: []specs.Hook{hook, hook}}
	asked := make(chan bool, 9)
	done := a.serve(2, func(p *process, note *notify.Notification) error {
		asked <- true
		sleep(4500)
		return p.Continue(note.ID)
	})
	b.Create()
	start := b.Start(nil, "start", b.ID)
	<-asked // it has the lock
	if r := b.Do("delete", "--force", b.ID); r.Status != 0 {
		t.Errorf("delete --force: %+v", r)
	}
	r := start.Wait()
	if want := "hooks.startContainer[1]: linux.seccomp.listenerPath: the agent has not decided on the execve"; r.Status == 0 || !strings.Contains(r.Stderr, want) {
		t.Errorf("start: exit status %d, stderr %q, want %q", r.Status, r.Stderr, want)
	}
	if r.Took > box.Slow(12*time.Second) {
		t.Errorf("start took %v", r.Took)
	}
	done()
	b.NothingLeft()
}

// TestHookTimeoutAtAgent: the time of a hook goes on while an agent has its execve.
func TestHookTimeoutAtAgent(t *testing.T) {
	t.Parallel()
	a := listen(t)
	b := container(t, a.path, wait, "execve")
	program(t, b, "hook", func(p *tinyelf.Prog) { p.Exit(0) })
	second := 1
	b.Spec.Hooks = &specs.Hooks{StartContainer: []specs.Hook{{Path: "/hook", Timeout: &second}}}
	b.Create()
	check := in(b, time.Second, `hooks.startContainer[0].timeout: "/hook" has not ended within 1 s and was killed`, "start", b.ID)
	defer a.take().Close()
	check(t)
	b.NothingLeft()
}
