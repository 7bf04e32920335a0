package rootless

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Until its execve the container's process is not dumpable, and nobody without root's
// rights may look at it through /proc or join its namespaces (ptrace(2), access mode
// checking).

// TestCreated: what a user can do with such a container, and is told where it is not possible.
func TestCreated(t *testing.T) {
	b := own(t, "/bin/sleep", "600")
	b.Create()
	pid := b.State().Pid
	if r := b.Must("ps", "--format", "json", b.ID); r.Stdout != fmt.Sprintf("[%d]\n", pid) {
		t.Errorf("ps: %+v, expected process %d", r, pid)
	}
	r := b.Do("exec", b.ID, "id")
	if want := "it is created and not started: until then only root can join it"; r.Status != 255 || !strings.Contains(r.Stderr, want) || strings.Count(r.Stderr, "\n") != 1 {
		t.Errorf("exec: %+v, expected %q", r, want)
	}
	b.Must("kill", "--all", b.ID, "KILL")
	if status := b.WaitPid(pid); status != 128+9 {
		t.Errorf("exit status %d", status)
	}
	b.WaitFor("stopped")
	b.Must("delete", b.ID)
	b.NothingLeft()
}

// TestBetweenStartAndExecve: start does not wait for the execve, and what comes after it
// finds the container.
func TestBetweenStartAndExecve(t *testing.T) {
	b := own(t, "/bin/sleep", "600")
	b.Create()
	pid := b.State().Pid
	stop := func() {
		t.Helper()
		if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		b.Must("start", b.ID)
	}
	stop()
	p := b.Start(nil, "exec", b.ID, "id", "-u")
	if !p.Polls() {
		t.Error("exec does not wait for the execve")
	}
	if err := unix.Kill(pid, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if r := p.Wait(); r.Status != 0 || r.Stdout != "0\n" {
		t.Errorf("exec: %+v", r)
	}
	b.Must("delete", "--force", b.ID)

	b.Create()
	pid = b.State().Pid
	stop()
	b.Must("kill", "--all", b.ID, "KILL")
	if status := b.WaitPid(pid); status != 128+9 {
		t.Errorf("exit status %d", status)
	}
	b.Must("delete", b.ID)
	b.NothingLeft()
}
