package verbs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// v2 says whether the host has cgroup version 2 alone.
var v2 = func() bool {
	var st unix.Statfs_t
	return unix.Statfs("/sys/fs/cgroup", &st) == nil && st.Type == unix.CGROUP2_SUPER_MAGIC
}()

// A knob is a limit or a number of a cgroup: the controller, and the file of each
// version.
type knob struct{ controller, v1, v2 string }

var (
	memory      = knob{"memory", "memory.limit_in_bytes", "memory.max"}
	memorySwap  = knob{"memory", "memory.memsw.limit_in_bytes", "memory.swap.max"} // version 2: without memory
	reservation = knob{"memory", "memory.soft_limit_in_bytes", "memory.low"}
	shares      = knob{"cpu", "cpu.shares", "cpu.weight"}
	quota       = knob{"cpu", "cpu.cfs_quota_us", "cpu.max"} // version 2: and the period
	period      = knob{"cpu", "cpu.cfs_period_us", "cpu.max"}
	burst       = knob{"cpu", "cpu.cfs_burst_us", "cpu.max.burst"}
	idle        = knob{"cpu", "cpu.idle", "cpu.idle"}
	rtRuntime   = knob{"cpu", "cpu.rt_runtime_us", ""}
	rtPeriod    = knob{"cpu", "cpu.rt_period_us", ""}
	cpus        = knob{"cpuset", "cpuset.cpus", "cpuset.cpus"}
	mems        = knob{"cpuset", "cpuset.mems", "cpuset.mems"}
	pidsMax     = knob{"pids", "pids.max", "pids.max"}
	pidsNow     = knob{"pids", "pids.current", "pids.current"}
	devices     = knob{"devices", "devices.list", ""} // version 2: a program
	freezer     = knob{"freezer", "freezer.state", "cgroup.freeze"}
)

// limits are all that update can change on this host.
var limits = []knob{memory, memorySwap, reservation, shares, quota, period, burst, idle, rtRuntime, rtPeriod, cpus, mems, pidsMax, devices}

// dir is the container's directory in the hierarchy of a controller.
func dir(b *box.Box, controller string) string {
	if v2 {
		return filepath.Join("/sys/fs/cgroup", b.Cgroup)
	}
	return filepath.Join("/sys/fs/cgroup", controller, b.Cgroup)
}

// name is the file's; "" where this version has none.
func (k knob) name() string {
	if v2 {
		return k.v2
	}
	return k.v1
}

func (k knob) path(b *box.Box) string { return filepath.Join(dir(b, k.controller), k.name()) }

// missing says that this kernel has no such file.
func (k knob) missing(b *box.Box) bool {
	if k.name() == "" {
		return true
	}
	_, err := os.Lstat(k.path(b))
	return err != nil
}

// read returns the content without the last newline.
func (k knob) read(t *testing.T, b *box.Box) string {
	t.Helper()
	text, err := os.ReadFile(k.path(b))
	must(t, err)
	return strings.TrimSuffix(string(text), "\n")
}

// settings reads all limits that there are.
func settings(t *testing.T, b *box.Box) map[string]string {
	t.Helper()
	m := make(map[string]string)
	for _, k := range limits {
		if !k.missing(b) {
			m[k.name()] = k.read(t, b)
		}
	}
	if len(m) < 8 {
		t.Fatalf("this host has only the limits %v", m)
	}
	return m
}

// unlimited is what a file of memory says without a limit.
func unlimited() string {
	if v2 {
		return "max"
	}
	return "9223372036854771712" // PAGE_COUNTER_MAX in bytes
}
