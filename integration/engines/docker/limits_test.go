package docker

import (
	"os"
	"path/filepath"
	"strings"
)

// file is a file of the container's cgroup, seen on the host: in version 1 below the
// controller's hierarchy, in version 2 below the only one. Names are alternatives, because
// the versions have different ones.
func (r *run) file(parent, id string, names ...string) string {
	r.Helper()
	for _, name := range names {
		for _, hierarchy := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/*"} {
			found, _ := filepath.Glob(filepath.Join(hierarchy, parent, id, name))
			if len(found) == 0 {
				continue
			}
			data, err := os.ReadFile(found[0])
			if err != nil {
				r.Fatal(err)
			}
			return strings.TrimSuffix(string(data), "\n")
		}
	}
	r.Errorf("the cgroup of %s below %s has no file %q", id, parent, names)
	return ""
}

// update is docker update, seen in the files of the container's cgroup.
func update(r *run) {
	id := r.up([]string{"--memory", "64m", "--memory-swap", "64m", "--cpus", "2"}, "sleep", "600")
	for _, tc := range []struct {
		flags []string
		files []string // of version 1 and of version 2
		want  []string // the same
	}{
		{[]string{"--memory", "48m"}, []string{"memory.limit_in_bytes", "memory.max"}, []string{"50331648", "50331648"}},
		{[]string{"--memory", "96m", "--memory-swap", "96m"}, []string{"memory.limit_in_bytes", "memory.max"}, []string{"100663296", "100663296"}},
		{[]string{"--memory-reservation", "16m"}, []string{"memory.soft_limit_in_bytes", "memory.low"}, []string{"16777216", "16777216"}},
		{[]string{"--cpus", "0.5"}, []string{"cpu.cfs_quota_us", "cpu.max"}, []string{"50000", "50000 100000"}},
		{[]string{"--cpu-shares", "512"}, []string{"cpu.shares", "cpu.weight"}, []string{"512", "20"}},
		{[]string{"--pids-limit", "50"}, []string{"pids.max"}, []string{"50"}},
		{[]string{"--pids-limit", "-1"}, []string{"pids.max"}, []string{"max"}},
		{[]string{"--cpuset-cpus", "0"}, []string{"cpuset.cpus"}, []string{"0"}},
	} {
		r.ok(append(append([]string{"update"}, tc.flags...), id)...)
		got := r.file(r.Cgroup, id, tc.files...)
		r.keep(strings.Join(tc.flags, " "), got)
		if got != tc.want[0] && got != tc.want[len(tc.want)-1] {
			r.Errorf("update %q: %s is %q, expected %q", tc.flags, tc.files, got, tc.want)
		}
	}
	// Docker drops a weight where the kernel has no blkio.weight, and says so.
	res := r.docker("update", "--blkio-weight", "300", id)
	r.keep("weight", res.Stderr)
	if res.Status != 0 {
		r.Errorf("update --blkio-weight: exit status %d, stderr %q", res.Status, res.Stderr)
	}
	// What the kernel refuses is the runtime's to say.
	res = r.docker("update", "--cpuset-cpus", "4000", id)
	if res.Status == 0 {
		r.Error("a processor that is not there: exit status 0")
	}
	if got := r.file(r.Cgroup, id, "cpuset.cpus"); got != "0" {
		r.Errorf("after an update that was refused cpuset.cpus is %q", got)
	}
	if got := r.ok("exec", id, "echo", "hi"); got != "hi" {
		r.Errorf("exec after all that: %q", got)
	}
}

// cgroupParent is docker run --cgroup-parent.
func cgroupParent(r *run) {
	parent := r.Cgroup + "/" + r.runtime
	id := r.up([]string{"--cgroup-parent", "/" + parent, "--pids-limit", "33"}, "sleep", "600")
	if got := r.file(parent, id, "pids.max"); got != "33" {
		r.Errorf("pids.max is %q", got)
	}
	r.ok("rm", "--force", id)
	// The container's own goes; the parent was made for it but may be another's by now.
	dirs, _ := filepath.Glob("/sys/fs/cgroup/*/" + parent)
	for _, dir := range append(dirs, "/sys/fs/cgroup/"+parent) {
		if below, _ := filepath.Glob(dir + "/*/"); len(below) > 0 {
			r.Errorf("left: %q", below)
		}
		os.Remove(dir)
	}
}
