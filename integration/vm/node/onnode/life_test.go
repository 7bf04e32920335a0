package onnode

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// life is a container in the background with limits, and what people do with one.
func life(t *testing.T, c *container) {
	pid := c.upWith(limited(), "/bin/sh", "-c", "trap 'exit 5' TERM; sleep 600 & wait")
	if got := cgroupOf(t, pid); got != c.cgroup(c.id) {
		t.Errorf("the cgroup is %s, expected %s", got, c.cgroup(c.id))
	}
	c.dir = filepath.Join("/sys/fs/cgroup", cgroupOf(t, pid))
	c.limits("resources", func(w knob) string { return w.value })
	c.execs()
	c.terminal()
	c.lists(pid)
	c.pauses()
	c.metrics()
	if c.driver == systemd {
		c.reload()
	}
	c.update()
	c.outOfMemory()
	c.tooManyProcesses()
	c.ends()
}

// execs are programs beside the first one.
func (c *container) execs() {
	c.t.Helper()
	// With what it may do to devices: BPF programs on the cgroup.
	r := c.Do(append([]string{"tasks", "exec", "--exec-id", "one", "--user", "1000:1000", "--cwd", "/tmp", c.id, "/bin/sh", "-c", `view "$@"; echo err >&2; exit 7`, "sh"}, c.disk()...)...)
	if r.Status != 7 || r.Stderr != "err\n" {
		c.t.Errorf("exec: exit status %d, stderr %q; expected 7, %q", r.Status, r.Stderr, "err\n")
	}
	c.look(r.Stdout)
	c.sawLine("status", "Uid:\t1000\t1000\t1000\t1000")
	c.sawLine("names", "/tmp <nil>")
	r = c.Do("tasks", "exec", "--exec-id", "missing", c.id, "no-such-program")
	if r.Status == 0 || !strings.Contains(r.Stderr, "executable file not found") {
		c.t.Errorf("exec of a missing program: exit status %d, stderr %q", r.Status, r.Stderr)
	}
}

// terminal is an exec on a terminal, whose size ctr sets when the program runs already.
func (c *container) terminal() {
	c.t.Helper()
	r := c.onTerminal("tasks", "exec", "--tty", "--exec-id", "tty", c.id, "/bin/sh", "-c",
		`tty; until s=$(stty size 2>/dev/null) && [ "$s" ]; do sleep 0.1; done; echo $s; [ -t 1 ] && exit 9`)
	if r.Status != 9 || r.Stdout != "/dev/pts/0\n24 80\n" {
		c.t.Errorf("exec with a terminal: exit status %d, output %q", r.Status, r.Stdout)
	}
}

// lists asks for the container's processes.
func (c *container) lists(pid int) {
	c.t.Helper()
	if out := c.Ctr("tasks", "ps", c.id); line(out, fmt.Sprint(pid)) == "" {
		c.t.Errorf("ctr tasks ps: %q does not list %d", out, pid)
	}
}

// pauses stops all of the container's processes and lets them go on.
func (c *container) pauses() {
	c.t.Helper()
	frozen := func(want string) {
		c.t.Helper()
		if got := c.knob("cgroup.freeze"); got != want {
			c.t.Errorf("cgroup.freeze is %s, expected %s", got, want)
		}
		eventually(c.t, "frozen "+want+" in cgroup.events", func() bool {
			return strings.Contains(c.knob("cgroup.events"), "frozen "+want)
		})
	}
	c.Ctr("tasks", "pause", c.id)
	frozen("1")
	node.events.wait(c.t, c.id, "paused", "")
	if out := c.Ctr("tasks", "ls"); !strings.Contains(line(out, c.id), "PAUSED") {
		c.t.Errorf("ctr tasks ls: %q, expected PAUSED", out)
	}
	if r := c.Do("tasks", "exec", "--exec-id", "stopped", c.id, "/bin/true"); r.Status == 0 {
		c.t.Errorf("exec in a paused container: exit status 0")
	}
	c.Ctr("tasks", "resume", c.id)
	frozen("0")
	node.events.wait(c.t, c.id, "resumed", "")
}

// outOfMemory is a program that the kernel ends; the others go on.
func (c *container) outOfMemory() {
	c.t.Helper()
	c.expect("exec of a program that takes 512 MiB", c.Do("tasks", "exec", "--exec-id", "big", c.id, "/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=512M", "count=1"), 137, "")
	if events := c.knob("memory.events"); !strings.Contains(events, "oom_kill 1") {
		c.t.Errorf("memory.events:\n%s", events)
	}
	node.events.wait(c.t, c.id, "oom", "")
}

// tooManyProcesses reaches pids.max. Those that are there keep to the container's end.
func (c *container) tooManyProcesses() {
	c.t.Helper()
	r := c.Do("tasks", "exec", "--exec-id", "fork", c.id, "/bin/sh", "-c", "i=0; while [ $i -lt 30 ]; do sleep 600 & i=$((i+1)); done")
	if r.Status == 0 || !strings.Contains(r.Stderr, "can't fork: Resource temporarily unavailable") {
		c.t.Errorf("30 processes under pids.max %s: exit status %d, stderr %q", c.knob("pids.max"), r.Status, r.Stderr)
	}
}

// ends tells the first process to end, and removes everything.
func (c *container) ends() {
	c.t.Helper()
	c.Ctr("tasks", "kill", "--signal", "SIGTERM", c.id)
	node.events.wait(c.t, c.id, "exit", c.id)
	if r := c.Do("tasks", "rm", c.id); r.Status != 0 && r.Status != 5 {
		c.t.Errorf("tasks rm: exit status %d, stderr %q; expected 0 or the task's 5", r.Status, r.Stderr)
	}
	c.Ctr("containers", "rm", c.id)
	c.deleted()
	c.keep("events", c.topics())
	for _, want := range []string{"create\n", "start\n", "exec-added one\n", "exec-started one\n", "exit of one: 7\n", "exit of big: 137\n", "oom\n", "exit of init: 5\n"} {
		if !strings.Contains(c.saw["events"], want) {
			c.t.Errorf("no event %q in\n%s", want, c.saw["events"])
		}
	}
}

// cgroupOf is the path of a process's cgroup.
func cgroupOf(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		t.Fatal(err)
	}
	path, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "0::")
	if !ok {
		t.Fatalf("/proc/%d/cgroup: %q", pid, text)
	}
	return path
}

// line is the line of a table that begins with a word.
func line(table, word string) string {
	for l := range strings.Lines(table) {
		if f := strings.Fields(l); len(f) > 0 && f[0] == word {
			return l
		}
	}
	return ""
}
