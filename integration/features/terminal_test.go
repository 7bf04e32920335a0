package features

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// What the inside of a terminal must be, one line each: all three streams are
// it, /dev/tty and (for a container's process) /dev/console lead to it too.
const (
	askStreams = `tty; for n in 0 1 2; do test -t $n && echo "stream $n"; done; echo "by tty" >/dev/tty; `
	streams    = "/dev/pts/0\nstream 0\nstream 1\nstream 2\nby tty\n"
	askConsole = `echo "by console" >/dev/console; test $(stat -c %t:%T /dev/console) = $(stat -c %t:%T /dev/pts/0) && echo same; awk '$5 == "/dev/console" {print "mounted"}' /proc/self/mountinfo; `
	isConsole  = "by console\nsame\nmounted\n"
)

// interaction is the inside of a session: it shows its size, each new one, and
// a line of input, and ends with status 7.
const interaction = `stty size; echo ready; trap 'echo "now $(stty size)"' WINCH; echo trapped; until read line; do :; done; echo "line $line"; exit 7`

// interact goes through a session with p on a real terminal, which has shown
// first when interaction begins and was set as before when p was started.
func interact(t *testing.T, c *console, p *box.Process, before unix.Termios, first string) {
	t.Helper()
	c.wait("trapped\n")
	c.waitRaw()
	c.resize(41, 137)
	c.wait("now 41 137\n")
	c.resize(12, 34)
	c.wait("now 12 34\n")
	c.enter("typed\r") // what the key sends; the inner terminal makes a line feed of it
	r := p.Wait()
	if r.Status != 7 {
		t.Errorf("exit status %d, expected 7", r.Status)
	}
	if after := c.settings(); after != before {
		t.Errorf("the caller's terminal was set to %+v and is left at %+v", before, after)
	}
	c.slave.Close()
	want := first + "ready\ntrapped\nnow 41 137\nnow 12 34\ntyped\nline typed\n"
	if got := c.rest(); got != want {
		t.Errorf("the terminal shows\n%q, expected\n%q", got, want)
	}
}

func TestTerminalOfRun(t *testing.T) {
	c := newConsole(t)
	before := c.settings()
	b := sh(t, askStreams+askConsole+interaction)
	b.Spec.Process.Terminal = true
	p := foreground(b, c.attach)
	interact(t, c, p, before, streams+isConsole+"24 80\n")
	b.NothingLeft()
}

func TestTerminalOfExec(t *testing.T) {
	b := sh(t, "sleep 600")
	b.Up()
	c := newConsole(t)
	before := c.settings()
	p := b.Start(c.attach, "exec", "-t", b.ID, "/bin/sh", "-c", askStreams+interaction)
	interact(t, c, p, before, streams+"24 80\n")
	if s := b.State().Status; s != "running" {
		t.Errorf("the container is %q afterwards", s)
	}
}

// The size is there before the program is: one that asks once, at its start,
// must not see a terminal without lines and columns.
func TestTerminalSizeFromTheStart(t *testing.T) {
	b := box.New(t, "/bin/stty", "size")
	b.Spec.Process.Terminal = true
	e := sh(t, "sleep 600")
	e.Up()
	for range 5 {
		for _, verb := range []string{"run", "exec"} {
			c := newConsole(t)
			c.resize(57, 91)
			var p *box.Process
			if verb == "run" {
				p = foreground(b, c.attach)
			} else {
				p = e.Start(c.attach, "exec", "-t", e.ID, "/bin/stty", "size")
			}
			r := p.Wait()
			c.slave.Close()
			if got := c.rest(); r.Status != 0 || got != "57 91\n" {
				t.Errorf("%s: exit status %d, the program saw %q, expected the caller's size 57 91", verb, r.Status, got)
			}
		}
	}
}

// The terminal is the process's user's, who can open it again by its name.
func TestTerminalBelongsToTheUser(t *testing.T) {
	const script = `stat -c %u /dev/pts/0; echo again >/dev/pts/0`
	const want = "1000\r\nagain\r\n"
	b := sh(t, script)
	b.Spec.Process.Terminal = true
	b.Spec.Process.User = specs.User{UID: 1000, GID: 1000}
	if got := output(t, b); got != want {
		t.Errorf("run: %q, expected %q", got, want)
	}
	e := sh(t, "sleep 600")
	e.Up()
	if got := in(t, e, []string{"-t", "-u", "1000:1000"}, "/bin/sh", "-c", script); got != want {
		t.Errorf("exec: %q, expected %q", got, want)
	}
}

// Without a terminal on the caller's side the streams are copied all the same,
// and the whole output arrives although the process ends right after it.
func TestTerminalWithoutOneOutside(t *testing.T) {
	lines := box.Rounds(20000) // much more than a pipe or a terminal holds
	script := fmt.Sprintf(`read line; echo "line $line"; tty; seq 1 %d; exit 5`, lines)
	var seq strings.Builder
	seq.WriteString("typed\r\nline typed\r\n/dev/pts/0\r\n")
	for i := range lines {
		seq.WriteString(itoa(i+1) + "\r\n")
	}
	for _, verb := range []string{"run", "exec"} {
		t.Run(verb, func(t *testing.T) {
			b := sh(t, script)
			input := filepath.Join(t.TempDir(), "input")
			must(t, os.WriteFile(input, []byte("typed\n"), 0o600))
			f, err := os.Open(input)
			must(t, err)
			defer f.Close()
			stdin := func(c *exec.Cmd) { c.Stdin = f }
			var p *box.Process
			if verb == "run" {
				b.Spec.Process.Terminal = true
				p = foreground(b, stdin)
			} else {
				b.Spec.Process.Args = []string{"/bin/sleep", "600"}
				b.Up()
				p = b.Start(stdin, "exec", "--tty", b.ID, "/bin/sh", "-c", script)
			}
			r := p.Wait()
			if r.Status != 5 || r.Stderr != "" || r.Stdout != seq.String() {
				t.Errorf("exit status %d, stderr %q, %d bytes of output beginning %.60q and ending %.20q; expected 5, none, %d bytes",
					r.Status, r.Stderr, len(r.Stdout), r.Stdout, tail(r.Stdout, 20), seq.Len())
			}
		})
	}
}

// Whoever still has the terminal when the process ends is not waited for, silent or not.
func TestTerminalLeftOpen(t *testing.T) {
	b := sh(t, "sleep 600")
	b.Up()
	for name, left := range map[string]string{"silent": "sleep 600", "talking": "yes"} {
		t.Run(name, func(t *testing.T) {
			script := "echo begun; setsid " + left + " & sleep 0.2; exit 6"
			r := b.Do("exec", "--tty", b.ID, "/bin/sh", "-c", script)
			if r.Status != 6 || r.Stderr != "" || !strings.HasPrefix(r.Stdout, "begun\r\n") || r.Took > box.Slow(5*time.Second) {
				t.Errorf("exit status %d after %v, stderr %q, output %.60q; expected 6, soon", r.Status, r.Took, r.Stderr, r.Stdout)
			}
		})
	}
}

// The caller's terminal is put back also when a signal ends the process.
func TestTerminalIsRestoredAfterAKill(t *testing.T) {
	c := newConsole(t)
	before := c.settings()
	b := sh(t, "echo ready; sleep 600")
	b.Spec.Process.Terminal = true
	p := foreground(b, c.attach)
	c.wait("ready\n")
	c.waitRaw()
	b.Must("kill", b.ID, "KILL")
	if r := p.Wait(); r.Status != 137 {
		t.Errorf("exit status %d, expected 137", r.Status)
	}
	if after := c.settings(); after != before {
		t.Errorf("the caller's terminal was set to %+v and is left at %+v", before, after)
	}
	b.NothingLeft()
}

// An old /dev/console of the root file system, whatever it is, is neither
// followed nor written to (CVE-2025-52565 has the same aim).
func TestCVE_2025_52565_ConsoleOfTheRoot(t *testing.T) {
	canary := filepath.Join(t.TempDir(), "canary")
	must(t, os.WriteFile(canary, []byte("untouched"), 0o666))
	for _, target := range []string{canary, "pts/0", "../../../../../../.." + canary} {
		t.Run(target, func(t *testing.T) {
			b := sh(t, "echo text >/dev/console; echo done")
			b.Spec.Process.Terminal = true
			// /dev is the root's own directory, so that what it holds counts.
			b.Spec.Mounts = append(b.Spec.Mounts[:1:1], b.Spec.Mounts[2:]...)
			must(t, os.Symlink(target, b.Path("dev/console")))
			r := b.Run()
			if r.Status != 0 || r.Stdout != "text\r\ndone\r\n" {
				t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
			}
			if data, err := os.ReadFile(canary); err != nil || string(data) != "untouched" {
				t.Errorf("the host's file has %q (%v)", data, err)
			}
			var st unix.Stat_t
			must(t, unix.Lstat(canary, &st))
			if st.Uid != 0 || st.Mode != unix.S_IFREG|0o644 {
				t.Errorf("the host's file is now %d, %o", st.Uid, st.Mode)
			}
			b.NothingLeft()
		})
	}
}
