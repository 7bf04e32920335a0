package cri

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Kubernetes' in-place resizing and its CPU manager: the engine gives `update` all of
// the container's resources with what has changed among them, devices too.
func testUpdate(t *testing.T, n *node) {
	r := n.mustRun(t, pod{handler: "plain", seccomp: runtimeDefault})
	r.updates(t, filepath.Join(n.Cgroup, r.container))
}

// updates changes the limits of the container and looks at its cgroup, a path in each
// hierarchy.
func (r *running) updates(t *testing.T, cgroup string) {
	t.Helper()
	for _, tc := range []struct {
		change *cri.LinuxContainerResources
		want   map[[2]string]string // controller and file of version 1, or of 2
	}{
		{&cri.LinuxContainerResources{MemoryLimitInBytes: 64 << 20, CpuQuota: 20000, CpuPeriod: 50000, CpuShares: 512, CpusetCpus: "0"}, map[[2]string]string{
			{"memory", "memory.limit_in_bytes"}: "67108864", {"cpu", "cpu.cfs_quota_us"}: "20000", {"cpu", "cpu.cfs_period_us"}: "50000",
			{"cpu", "cpu.shares"}: "512", {"cpuset", "cpuset.cpus"}: "0", {"", "memory.max"}: "67108864", {"", "cpu.max"}: "20000 50000", {"", "cpuset.cpus"}: "0"}},
		{&cri.LinuxContainerResources{MemoryLimitInBytes: 80 << 20}, map[[2]string]string{
			{"memory", "memory.limit_in_bytes"}: "83886080", {"cpu", "cpu.cfs_quota_us"}: "20000", {"", "memory.max"}: "83886080", {"", "cpu.max"}: "20000 50000"}},
	} {
		if _, err := call(r.UpdateContainerResources, &cri.UpdateContainerResourcesRequest{ContainerId: r.container, Linux: tc.change}); err != nil {
			t.Fatal(err)
		}
		_, err := os.Stat("/sys/fs/cgroup/cgroup.controllers")
		two := err == nil
		for file, want := range tc.want {
			if (file[0] == "") != two {
				continue
			}
			text, err := os.ReadFile(filepath.Join("/sys/fs/cgroup", file[0], cgroup, file[1]))
			if got := strings.TrimSpace(string(text)); err != nil || got != want {
				t.Errorf("%s: %q, %v, want %s", file[1], got, err, want)
			}
		}
	}
	// It still serves: exec reads the state that update has written.
	e, err := call(r.ExecSync, &cri.ExecSyncRequest{ContainerId: r.container, Cmd: []string{"/bin/echo", "hi"}, Timeout: 20})
	if err != nil || string(e.Stdout) != "hi\n" {
		t.Errorf("exec: %v, %v", e, err)
	}
	if name := notMounted(t); name != "" {
		// As with any runtime: containerd's shim asks for each hierarchy of its own.
		t.Logf("containerd has no statistics here: the hierarchy %s is in /proc/self/cgroup and mounted nowhere", name)
		return
	}
	s, err := call(r.ContainerStats, &cri.ContainerStatsRequest{ContainerId: r.container})
	if err != nil || s.Stats == nil || s.Stats.Memory == nil || s.Stats.Memory.WorkingSetBytes.GetValue() == 0 {
		t.Errorf("statistics: %v, %v", s, err)
	}
}

// notMounted names a version 1 hierarchy that is listed and not mounted, which one
// with cgroups left in it is after it was unmounted.
func notMounted(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.SplitN(line, ":", 3); len(f) == 3 && f[1] != "" {
			name := strings.TrimPrefix(f[1], "name=")
			var fs unix.Statfs_t // the directory may stay
			if err := unix.Statfs("/sys/fs/cgroup/"+name, &fs); err != nil || fs.Type != unix.CGROUP_SUPER_MAGIC {
				return name
			}
		}
	}
	return ""
}
