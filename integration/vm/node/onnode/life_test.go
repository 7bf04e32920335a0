package onnode

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func (e event) String() string {
	s := strings.TrimPrefix(e.topic, "/tasks/")
	if e.body.Exec != "" {
		s += " " + e.body.Exec
	}
	if s == "exit" || strings.HasPrefix(s, "exit ") || e.topic == "/tasks/exit" {
		s += fmt.Sprintf(" of %s: %d", strings.Replace(e.body.ID, e.body.Container, "init", 1), e.body.Status)
	}
	return s
}

// life is a container in the background, and what people do with one.
func life(t *testing.T, c *container) {
	pid := c.up([]string{"--seccomp"}, "/bin/sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.2; done")
	if got := cgroupOf(t, pid); got != c.cgroup(c.id) {
		t.Errorf("the cgroup is %s, expected %s", got, c.cgroup(c.id))
	}
	c.expect("exec", c.exec("one", "cat /proc/1/comm /proc/self/cgroup; grep ^Seccomp: /proc/self/status; echo err >&2; exit 7"), 7, "sh\n0::"+c.cgroup(c.id)+"\nSeccomp:\t2\n")
	c.expect("exec with a user", c.Do("tasks", "exec", "--exec-id", "user", "--user", "1000:1000", "--cwd", "/tmp", c.id, "/bin/sh", "-c", "id -u; id -g; pwd; grep ^CapEff /proc/self/status"), 0, "1000\n1000\n/tmp\n*")
	// ctr tells the terminal's size when the program runs already.
	terminal := c.onTerminal("tasks", "exec", "--tty", "--exec-id", "tty", c.id, "/bin/sh", "-c", "tty; until stty size 2>/dev/null; do sleep 0.1; done; [ -t 1 ] && exit 9")
	if terminal.Status != 9 || strings.ReplaceAll(terminal.Stdout, "\r", "") != "/dev/pts/0\n24 80\n" {
		t.Errorf("exec with a terminal: exit status %d, output %q, stderr %q", terminal.Status, terminal.Stdout, terminal.Stderr)
	}
	r := c.Do("tasks", "exec", "--exec-id", "missing", c.id, "no-such-program")
	if r.Status == 0 || !strings.Contains(r.Stderr, "executable file not found") {
		t.Errorf("exec of a missing program: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	if c.has("ps") {
		if out := c.Ctr("tasks", "ps", c.id); line(out, fmt.Sprint(pid)) == "" {
			t.Errorf("ctr tasks ps: %q does not list %d", out, pid)
		}
	}

	c.Ctr("tasks", "kill", "--signal", "SIGTERM", c.id)
	node.events.wait(t, c.id, "exit", c.id)
	if r := c.Do("tasks", "kill", "--all", "--signal", "SIGKILL", c.id); r.Status != 0 && !strings.Contains(r.Stderr, "process already finished") {
		t.Errorf("kill of what has ended: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	if r := c.Do("tasks", "rm", c.id); r.Status != 0 && r.Status != 5 {
		t.Errorf("tasks rm: exit status %d, stderr %q; expected 0 or the task's 5", r.Status, r.Stderr)
	}
	c.Ctr("containers", "rm", c.id)
	node.events.wait(t, c.id, "delete", "")
	c.saw["events"] = c.topics()
	for _, want := range []string{"create\n", "start\n", "exec-added one\n", "exec-started one\n", "exit of one: 7\n", "exit of init: 5\n", "delete"} {
		if !strings.Contains(c.saw["events"], want) {
			t.Errorf("no event %q in\n%s", want, c.saw["events"])
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
