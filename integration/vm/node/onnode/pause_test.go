package onnode

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pause stops all of a container's processes and lets them go on.
func pause(t *testing.T, c *container) {
	pid := c.up(nil, "/bin/sh", "-c", "sleep 600 & while :; do sleep 0.2; done")
	dir := filepath.Join("/sys/fs/cgroup", cgroupOf(t, pid))
	frozen := func(want string) {
		t.Helper()
		if got := knob(t, dir, "cgroup.freeze"); got != want {
			t.Errorf("cgroup.freeze is %s, expected %s", got, want)
		}
		eventually(t, "frozen "+want+" in cgroup.events", func() bool {
			return strings.Contains(knob(t, dir, "cgroup.events"), "frozen "+want)
		})
	}
	c.Ctr("tasks", "pause", c.id)
	frozen("1")
	node.events.wait(t, c.id, "paused", "")
	if out := c.Ctr("tasks", "ls"); !strings.Contains(line(out, c.id), "PAUSED") {
		t.Errorf("ctr tasks ls: %q, expected PAUSED", out)
	}
	if r := c.exec("stopped", "true"); r.Status == 0 {
		t.Errorf("exec in a paused container: exit status 0, stdout %q", r.Stdout)
	}
	c.Ctr("tasks", "resume", c.id)
	frozen("0")
	node.events.wait(t, c.id, "resumed", "")
	c.expect("exec after resume", c.exec("going", "echo on"), 0, "on\n")

	c.Ctr("tasks", "pause", c.id)
	frozen("1")
	c.Ctr("tasks", "kill", "--signal", "SIGKILL", c.id)
	if status := node.events.wait(t, c.id, "exit", c.id).body.Status; status != 137 {
		t.Errorf("exit status %d after SIGKILL, expected 137", status)
	}
	c.Do("tasks", "rm", c.id)
	c.Ctr("containers", "rm", c.id)
	c.saw["events"] = c.topics()
}

// knob reads a file of a cgroup.
func knob(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
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
