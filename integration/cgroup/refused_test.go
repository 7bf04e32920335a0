package cgroup_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime/cgroup"
)

// TestNotOurs: nothing that cannot be a container's is touched.
func TestNotOurs(t *testing.T) {
	l, err := cgroup.Detect()
	if err != nil {
		t.Fatal(err)
	}
	roots := map[string]string{}
	for _, h := range l.Hierarchies {
		roots[h.Controllers[0]] = h.Mountpoint
	}
	if l.Unified != "" {
		roots[""] = l.Unified
	}
	for k, p := range roots {
		o := cgroup.Open(map[string]string{k: p})
		calls := map[string]func() error{"Kill": o.Kill, "Destroy": o.Destroy}
		if k == "freezer" || k == "" {
			calls["Freeze"], calls["Thaw"] = o.Freeze, o.Thaw
		}
		for name, f := range calls {
			if err := f(); err == nil || !strings.Contains(err.Error(), "below the root of its hierarchy") {
				t.Errorf("%s of %s: %v", name, p, err)
			}
		}
	}
	// This process itself in the cgroup: moved there for the test, and back.
	c := container(t, newPath(), nil)
	dir := c.Paths()["freezer"]
	if dir == "" {
		dir = c.UnifiedDir()
	}
	// Should it freeze, nobody else would end this test. From outside.
	rescue := exec.Command("/bin/sh", "-c", "cd "+dir+" && while sleep 0.5; do if [ -e freezer.state ]; then echo THAWED > freezer.state; else echo 0 > cgroup.freeze; fi; done")
	if err := rescue.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { rescue.Process.Kill(); rescue.Wait() }()
	self := []byte(strconv.Itoa(os.Getpid()))
	if err := os.WriteFile(dir+"/cgroup.procs", self, 0); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	frozen := c.Freeze()
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("Freeze of the own cgroup took %v", took)
	}
	err = c.Kill()
	if err2 := os.WriteFile(filepath.Dir(dir)+"/cgroup.procs", self, 0); err2 != nil {
		t.Fatal(err2)
	}
	if err == nil || !strings.Contains(err.Error(), "it holds this process") {
		t.Errorf("Kill of the own cgroup: %v", err)
	}
	if frozen == nil || !strings.Contains(frozen.Error(), "not freezing what is in") {
		t.Errorf("Freeze of the own cgroup: %v", frozen)
	}
}

// TestPopulated: a cgroup with processes of somebody else is refused and stays
// as it is; an empty one is used.
func TestPopulated(t *testing.T) {
	path := newPath()
	c := container(t, path, nil)
	cmd := shell(t, c, "exec sleep 60")
	waitPids(t, c, 1)
	l, err := cgroup.Detect()
	if err != nil {
		t.Fatal(err)
	}
	second, err := cgroup.New(l, &specs.Spec{Linux: &specs.Linux{CgroupsPath: path}}, "other")
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Create(); err == nil || !strings.HasPrefix(err.Error(), "linux.cgroupsPath: ") || !strings.Contains(err.Error(), "has 1 processes already") {
		t.Errorf("second Create: %v", err)
	}
	if pids, err := c.Pids(); len(pids) != 1 || err != nil {
		t.Errorf("%v %v", pids, err)
	}
	if err := c.Destroy(); err == nil || !strings.Contains(err.Error(), "still has 1 processes") {
		t.Errorf("Destroy with a process: %v", err)
	}
	if err := c.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if err := second.Create(); err != nil {
		t.Errorf("Create in an empty cgroup: %v", err)
	}
}

// TestHostilePaths: nothing is made outside.
func TestHostilePaths(t *testing.T) {
	l, err := cgroup.Detect()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"../../runseal-test-x", "/../runseal-test-x", "/a/../../runseal-test-x", "/", "/runseal-test\nx", "/runseal-test\x00x"} {
		_, err := cgroup.New(l, &specs.Spec{Linux: &specs.Linux{CgroupsPath: p}}, "id")
		if err == nil || !strings.HasPrefix(err.Error(), "linux.cgroupsPath: ") {
			t.Errorf("%q: %v", p, err)
		}
	}
	// A name that is a file in every cgroup, in one that is there and in a new one.
	path := newPath()
	for _, p := range []string{"/cgroup.procs/x", "/cgroup.procs", path + "/cgroup.procs", path + "/cgroup.procs/x"} {
		c, err := cgroup.Find(l, p, "id")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Create(); err == nil || !strings.HasPrefix(err.Error(), "linux.cgroupsPath: ") {
			t.Errorf("%s: %v", p, err)
		}
	}
	gone(t, build(t, path, nil))
}
