package cgroup_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime/cgroup"
)

// TestRealtime: cpu.realtimeRuntime and realtimePeriod, which a cgroup can only have of what
// its parent has (sched-rt-group.rst).
func TestRealtime(t *testing.T) {
	l := layout(t)
	r := &specs.LinuxResources{CPU: &specs.LinuxCPU{RealtimeRuntime: ptr(int64(4000)), RealtimePeriod: ptr(uint64(500000))}}
	if l.Mode == cgroup.V2 {
		if _, err := cgroup.New(l, spec(newPath(), r), "id"); err == nil || !strings.HasPrefix(err.Error(), "linux.resources.cpu.realtimePeriod: 500000: cgroup v2 has no such limit") {
			t.Errorf("New: %v", err)
		}
		return
	}
	top := filepath.Dir(pathsOf(t, l)["cpu"])
	if _, err := os.Stat(top + "/cpu.rt_runtime_us"); err != nil {
		t.Skipf("the kernel has no CONFIG_RT_GROUP_SCHED (%v)", err)
	}
	path := newPath()
	var c *cgroup.Cgroup
	t.Cleanup(func() { // behind build's
		for _, dir := range c.Paths() {
			if err := os.Remove(filepath.Dir(dir)); err != nil {
				t.Error(err)
			}
		}
	})
	c = build(t, path+"/box", r)
	if err := errors.Join(c.Create(), c.Set()); err == nil || !strings.HasPrefix(err.Error(), "linux.resources.cpu.realtimeRuntime: 4000: cpu.rt_runtime_us: invalid argument") {
		t.Errorf("a parent without time: %v", err)
	}
	if err := c.Destroy(); err != nil {
		t.Fatal(err)
	}
	parent := filepath.Join(top, path)
	if err := errors.Join(os.MkdirAll(parent, 0o755), os.WriteFile(parent+"/cpu.rt_runtime_us", []byte("20000"), 0)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Create(), c.Set()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"cpu.rt_runtime_us": "4000", "cpu.rt_period_us": "500000"} {
		if got := read(t, c, "cpu", name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
