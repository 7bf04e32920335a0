package contract

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// A container's life, each step as the engine asks for it and silent where the engine
// takes any word for an error.
func TestLife(t *testing.T) {
	each(t, func(t *testing.T, c *call) {
		id := c.b.ID
		c.quiet("delete", "--force", id) // before nearly each create
		pid := c.create()
		c.status("created", pid)
		c.quiet("start", id)
		c.status("running", pid)
		c.ready()

		// containerd reads standard output and error together.
		r := c.do("ps", "--format", "json", id)
		var pids []int
		if err := json.Unmarshal([]byte(r.Stdout+r.Stderr), &pids); err != nil || !slices.Contains(pids, pid) {
			t.Errorf("ps --format json: %q, %v; expected an array with %d", r.Stdout+r.Stderr, err, pid)
		}
		c.execs()
		c.quiet("pause", id)
		c.status("paused", pid)
		c.quiet("resume", id)
		c.quiet("update", "--resources", c.file("resources", `{"pids":{"limit":50}}`), id)
		if r := c.with(func(cmd *exec.Cmd) { cmd.Stdin = strings.NewReader(`{"pids":{"limit":60}}`) }, "update", "--resources=-", id); r.Status != 0 || r.Stdout+r.Stderr != "" {
			t.Errorf("update from standard input: exit status %d, %q", r.Status, r.Stdout+r.Stderr)
		}
		c.status("running", pid)

		c.quiet("kill", id, "15")
		if got := c.b.WaitPid(pid); got != 5 {
			t.Errorf("the first process ended with %d, expected 5", got)
		}
		c.status("stopped", 0)
		c.quiet("kill", "--all", id, "9") // the shim, whenever the first process has ended
		c.fails("container not running", "kill", id, "KILL")
		c.quiet("delete", id)
		c.quiet("delete", "--force", id)
		c.b.NothingLeft()
	})
}

// status asks for the state, which engines decode.
func (c *call) status(want string, pid int) {
	c.t.Helper()
	r := c.do("state", c.b.ID)
	var s struct {
		specs.State
		Created time.Time
	}
	if err := json.Unmarshal([]byte(r.Stdout), &s); err != nil || r.Stderr != "" {
		c.t.Fatalf("state: %q, %q: %v", r.Stdout, r.Stderr, err)
	}
	if string(s.Status) != want || s.Pid != pid || s.ID != c.b.ID || s.Bundle != c.b.Dir || time.Since(s.Created) > time.Hour {
		c.t.Errorf("state: %s; expected %s, process %d", r.Stdout, want, pid)
	}
}

// execs are the two ways: in the background with a pid file, and in the foreground.
func (c *call) execs() {
	c.t.Helper()
	process := func(script string) string {
		text, err := json.Marshal(specs.Process{Args: []string{"/bin/sh", "-c", script}, Cwd: "/tmp", Env: []string{path, c.b.Mark()}})
		if err != nil {
			c.t.Fatal(err)
		}
		return c.file("process", string(text))
	}
	os.Remove(c.pidFile)
	c.quiet("exec", "--pid-file", c.pidFile, "--process", process("exit 7"), "--detach", c.b.ID)
	if got := c.b.WaitPid(c.pid()); got != 7 {
		c.t.Errorf("exec --detach: the process ended with %d, expected 7", got)
	}
	r := c.do("exec", "--process", process("pwd; echo err >&2; exit 9"), c.b.ID)
	if r.Status != 9 || r.Stdout != "/tmp\n" || r.Stderr != "err\n" {
		c.t.Errorf("exec: exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

func (c *call) file(name, text string) string {
	c.t.Helper()
	name = filepath.Join(c.t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return name
}

func (c *call) ready() {
	c.t.Helper()
	if !box.Eventually(func() bool { _, err := os.Stat(c.b.Path("tmp/ready")); return err == nil }) {
		c.t.Fatal("the first process has not begun")
	}
}

// fails runs a command whose error the engine looks for: in the log, where it has to be
// the only line, or on standard error.
func (c *call) fails(text string, args ...string) {
	c.t.Helper()
	r := c.do(args...)
	said := r.Stderr
	if !c.stderr {
		log, err := os.ReadFile(c.log)
		if err != nil {
			c.t.Fatal(err)
		}
		os.Remove(c.log)
		var entry struct {
			Level, Msg string
			Time       time.Time // RFC 3339, or nothing of the log is taken
		}
		if err := json.Unmarshal(log, &entry); err != nil || entry.Level != "error" || entry.Time.IsZero() || strings.Count(string(log), "\n") != 1 {
			c.t.Errorf("%q: log %q, %v; expected one object", args, log, err)
		}
		said = entry.Msg
	}
	if r.Status == 0 || !strings.Contains(said, text) {
		c.t.Errorf("%q: exit status %d, said %q; expected %q", args, r.Status, said, text)
	}
}

// The words that engines look for in errors, and the statuses.
func TestWords(t *testing.T) {
	each(t, func(t *testing.T, c *call) {
		for _, args := range [][]string{{"state"}, {"start"}, {"pause"}, {"resume"}, {"delete"}, {"kill"}, {"ps", "--format", "json"}} {
			args = append(args, "missing")
			if args[0] == "kill" {
				args = append(args, "9")
			}
			c.fails("does not exist", args...)
		}
		c.b.Spec.Process.Args = []string{"no-such-program"}
		c.refused("executable file not found in $PATH")
		c.b.Spec.Process.Args = []string{"/no/such/program"}
		c.refused("no such file or directory")
		c.b.File("plain", "text", 0o644)
		c.b.Spec.Process.Args = []string{"/plain"}
		c.refused("permission denied")
	})
}

func (c *call) refused(text string) {
	c.t.Helper()
	c.writeConfig()
	c.fails(text, "create", "--bundle", c.b.Dir, "--pid-file", c.pidFile, c.b.ID)
	c.b.NothingLeft()
	if _, err := os.Stat(c.pidFile); err == nil {
		c.t.Error("there is a pid file of a container that was refused")
	}
}

// What the engine's processes have open does not come into a container, whichever command
// brings its process.
func TestLeakedSockets(t *testing.T) {
	each(t, func(t *testing.T, c *call) {
		pid := c.create()
		c.quiet("start", c.b.ID)
		c.ready()
		for _, fd := range descriptors(t, pid) {
			if strings.HasPrefix(fd, "socket:") {
				t.Errorf("the first process has %s", fd)
			}
		}
		r := c.do("exec", c.b.ID, "/bin/sh", "-c", "ls -l /proc/self/fd")
		if r.Status != 0 || strings.Contains(r.Stdout, "socket:") {
			t.Errorf("exec: exit status %d, descriptors %s%s", r.Status, r.Stdout, r.Stderr)
		}
	})
}

func descriptors(t *testing.T, pid int) (targets []string) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil {
			targets = append(targets, target)
		}
	}
	return targets
}
