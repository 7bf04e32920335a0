package features

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestConsoleSocketOfCreate(t *testing.T) {
	r := listen(t, 4)
	b := sh(t, askStreams+askConsole+interaction)
	b.Spec.Process.Terminal = true
	b.Spec.Process.ConsoleSize = &specs.Box{Height: 33, Width: 77}
	p := b.Create("--console-socket", r.path)
	s := watch(t, r.master())
	b.Must("start", b.ID)
	pid := b.State().Pid
	s.wait("trapped\n")
	s.resize(41, 137)
	s.wait("now 41 137\n")
	s.enter("typed\r")
	if got := b.WaitPid(pid); got != 7 {
		t.Errorf("the process ended with %d, expected 7", got)
	}
	want := streams + isConsole + "33 77\nready\ntrapped\nnow 41 137\ntyped\nline typed\n"
	if got := s.rest(); got != want {
		t.Errorf("the terminal shows\n%q, expected\n%q", got, want)
	}
	if out := p.Output(); out != "" {
		t.Errorf("create's own output got %q", out)
	}
}

func TestConsoleSocketOfDetached(t *testing.T) {
	r := listen(t, 4)
	b := sh(t, askStreams+askConsole+"read line; exit 7")
	b.Spec.Process.Terminal = true
	if res := b.Run("--detach", "--console-socket", r.path); res.Status != 0 || res.Stdout+res.Stderr != "" {
		t.Fatalf("run --detach: exit status %d, stdout %q, stderr %q", res.Status, res.Stdout, res.Stderr)
	}
	s := watch(t, r.master())
	s.wait(streams + isConsole)

	pidFile := filepath.Join(t.TempDir(), "pid")
	b.Must("exec", "--tty", "--detach", "--pid-file", pidFile, "--console-socket", r.path, b.ID, "/bin/sh", "-c", "tty; read line; exit 9")
	e := watch(t, r.master())
	e.wait("/dev/pts/1\n")
	e.enter("\r")
	if got := b.WaitPid(readPid(t, pidFile)); got != 9 { // this process must collect it, or the container cannot end
		t.Errorf("exec's process ended with %d, expected 9", got)
	}
	pid := b.State().Pid
	s.enter("\r")
	if got := b.WaitPid(pid); got != 7 {
		t.Errorf("the process ended with %d, expected 7", got)
	}
}

// Terminals and console sockets that do not fit together: one line that says
// so, and nothing is left or was asked of the socket.
func TestTerminalErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	good := listen(t, 4)
	gone := listen(t, 4)
	must(t, unix.Shutdown(gone.fd, unix.SHUT_RDWR))
	missing := filepath.Join(dir, "missing")
	for i, c := range []struct {
		name     string
		terminal bool
		flags    []string
		want     string
	}{
		{"terminal and no console socket", true, nil, "process.terminal"},
		{"console socket and no terminal", false, []string{"--console-socket", good.path}, "process.terminal"},
		{"a regular file", true, []string{"--console-socket", file}, "--console-socket"},
		{"a directory", true, []string{"--console-socket", dir}, "--console-socket"},
		{"missing", true, []string{"--console-socket", missing}, "--console-socket"},
		{"nobody listens", true, []string{"--console-socket", gone.path}, "--console-socket"},
	} {
		if !box.Sampled(i) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			check := func(verb string, r box.Result) {
				t.Helper()
				if r.Status == 0 || strings.Count(r.Stderr, "\n") != 1 || !strings.Contains(r.Stderr, c.want) || r.Took >= box.Slow(5*time.Second) {
					t.Errorf("%s: exit status %d after %v, stderr %q; expected one line with %q", verb, r.Status, r.Took, r.Stderr, c.want)
				}
			}
			b := sh(t, "echo never")
			b.Spec.Process.Terminal = c.terminal
			check("create", b.TryCreate(c.flags...).Wait())
			b.NothingLeft()
			r := b.Run(append([]string{"--detach"}, c.flags...)...)
			check("run --detach", r)
			b.NothingLeft()
			absent(t, missing)

			e := sh(t, "sleep 600")
			e.Up()
			args := []string{"exec", "--detach"}
			if c.terminal {
				args = append(args, "--tty")
			}
			check("exec --detach", e.Do(append(append(args, c.flags...), e.ID, "/bin/sleep", "60")...))
			if !box.Eventually(func() bool { return len(e.Processes()) == 1 }) {
				t.Errorf("after a failed exec the container has processes %v, expected 1", e.Processes())
			}
			good.untouched()
		})
	}
}
