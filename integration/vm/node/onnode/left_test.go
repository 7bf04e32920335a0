package onnode

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// nothingLeft removes what a failed test has left of its container, and fails the test
// if there is anything that the commands have not removed.
func nothingLeft(t *testing.T, c *container) {
	t.Helper()
	var left []string
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if left = c.left(); len(left) == 0 {
			return
		}
		if t.Failed() || time.Now().After(end) {
			break
		}
	}
	t.Errorf("left behind:\n\t%s", strings.Join(left, "\n\t"))
	c.Do("tasks", "rm", "--force", c.id)
	c.Do("containers", "rm", c.id)
	if left := c.left(); len(left) > 0 {
		t.Logf("left behind even after tasks rm --force:\n\t%s", strings.Join(left, "\n\t"))
	}
}

// left lists what there is of the container: processes, cgroups, mounts, units of
// systemd, directories of containerd and of the runtime.
func (c *container) left() (list []string) {
	add := func(what string, names ...string) {
		for _, n := range names {
			list = append(list, what+" "+n)
		}
	}
	glob := func(pattern string) []string {
		found, err := filepath.Glob(pattern)
		if err != nil {
			c.t.Fatal(err)
		}
		return found
	}
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, name := range files {
		dir := filepath.Dir(name)
		env, _ := os.ReadFile(name)
		argv, _ := os.ReadFile(dir + "/cmdline") // of shims and of runtimes
		if bytes.Contains(env, []byte(c.mark()+"\x00")) || bytes.Contains(argv, []byte(c.id+"\x00")) && !bytes.HasPrefix(argv, []byte("ctr\x00")) {
			add("process", fmt.Sprintf("%s %q", filepath.Base(dir), argv))
		}
	}
	filepath.WalkDir("/sys/fs/cgroup", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.Contains(d.Name(), c.id) {
			add("cgroup", path)
		}
		return nil
	})
	mounts, err := os.ReadFile("/proc/1/mountinfo")
	if err != nil {
		c.t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); strings.Contains(f[4], "/"+c.id+"/") {
			add("mount", f[4])
		}
	}
	// Units of the run time are files (systemd.unit(5)).
	add("unit", glob("/run/systemd/transient/*"+c.id+"*")...)
	add("state", glob("/run/containerd/runc/"+namespace+"/"+c.id)...)
	add("shim", glob("/run/containerd/io.containerd.runtime.v2.task/"+namespace+"/"+c.id)...)
	return list
}
