package cgroup_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/runtime/cgroup"
)

// file is a cgroup file with what it holds: one of several lines if it has more.
type file struct{ name, want string }

// limit is one field, or several that belong together, with the files of either
// version that it ends up in. No files: this version has no such limit, and the
// error begins so (after linux.resources.).
type limit struct {
	name  string
	r     specs.LinuxResources
	v1    []file // in the hierarchy of the controller that the name begins with
	v2    []file
	error string
}

// limits are all fields of linux.resources but devices.
func limits(t *testing.T) []limit {
	type R = specs.LinuxResources
	d := newDisk(t)
	dev := func(rate uint64) []specs.LinuxThrottleDevice {
		return []specs.LinuxThrottleDevice{{LinuxBlockIODevice: specs.LinuxBlockIODevice{Major: d.major, Minor: d.minor}, Rate: rate}}
	}
	at := fmt.Sprintf("%d:%d ", d.major, d.minor)
	one := int64(1)
	return []limit{
		{"memory.limit, reservation", R{Memory: &specs.LinuxMemory{Limit: ptr(int64(64 << 20)), Reservation: ptr(int64(32 << 20))}},
			[]file{{"memory.limit_in_bytes", "67108864"}, {"memory.soft_limit_in_bytes", "33554432"}},
			[]file{{"memory.max", "67108864"}, {"memory.low", "33554432"}, {"memory.swap.max", "max"}}, ""},
		{"memory.swap", R{Memory: &specs.LinuxMemory{Limit: ptr(int64(64 << 20)), Swap: ptr(int64(96 << 20))}},
			[]file{{"memory.memsw.limit_in_bytes", "100663296"}},
			[]file{{"memory.max", "67108864"}, {"memory.swap.max", "33554432"}}, ""},
		{"memory.swap is none", R{Memory: &specs.LinuxMemory{Limit: ptr(int64(64 << 20)), Swap: ptr(int64(64 << 20))}},
			[]file{{"memory.memsw.limit_in_bytes", "67108864"}},
			[]file{{"memory.swap.max", "0"}}, ""},
		{"memory.swap without end", R{Memory: &specs.LinuxMemory{Limit: ptr(int64(64 << 20)), Swap: ptr(int64(-1))}},
			[]file{{"memory.limit_in_bytes", "67108864"}},
			[]file{{"memory.swap.max", "max"}}, ""},
		{"memory.limit without end", R{Memory: &specs.LinuxMemory{Limit: ptr(int64(-1))}},
			[]file{{"memory.limit_in_bytes", "9223372036854771712"}},
			[]file{{"memory.max", "max"}}, ""},
		{"memory.swappiness", R{Memory: &specs.LinuxMemory{Swappiness: ptr(uint64(7))}},
			[]file{{"memory.swappiness", "7"}}, nil, "memory.swappiness: 7: cgroup v2 has no such limit"},
		{"memory.disableOOMKiller", R{Memory: &specs.LinuxMemory{DisableOOMKiller: ptr(true)}},
			[]file{{"memory.oom_control", "oom_kill_disable 1"}}, nil, "memory.disableOOMKiller: true: cgroup v2 has no such limit"},
		{"cpu.shares", R{CPU: &specs.LinuxCPU{Shares: ptr(uint64(512))}},
			[]file{{"cpu.shares", "512"}}, []file{{"cpu.weight", "59"}}, ""},
		{"cpu.shares, the least", R{CPU: &specs.LinuxCPU{Shares: ptr(uint64(2))}},
			[]file{{"cpu.shares", "2"}}, []file{{"cpu.weight", "1"}}, ""},
		{"cpu.shares, the most", R{CPU: &specs.LinuxCPU{Shares: ptr(uint64(262144))}},
			[]file{{"cpu.shares", "262144"}}, []file{{"cpu.weight", "10000"}}, ""},
		{"cpu.quota, period, burst", R{CPU: &specs.LinuxCPU{Quota: ptr(int64(20000)), Period: ptr(uint64(50000)), Burst: ptr(uint64(5000))}},
			[]file{{"cpu.cfs_quota_us", "20000"}, {"cpu.cfs_period_us", "50000"}, {"cpu.cfs_burst_us", "5000"}},
			[]file{{"cpu.max", "20000 50000"}, {"cpu.max.burst", "5000"}}, ""},
		{"cpu.quota alone", R{CPU: &specs.LinuxCPU{Quota: ptr(int64(20000))}},
			[]file{{"cpu.cfs_quota_us", "20000"}, {"cpu.cfs_period_us", "100000"}}, []file{{"cpu.max", "20000 100000"}}, ""},
		{"cpu.period alone", R{CPU: &specs.LinuxCPU{Period: ptr(uint64(50000))}},
			[]file{{"cpu.cfs_period_us", "50000"}}, []file{{"cpu.max", "max 50000"}}, ""},
		{"cpu.idle", R{CPU: &specs.LinuxCPU{Idle: &one}}, []file{{"cpu.idle", "1"}}, []file{{"cpu.idle", "1"}}, ""},
		{"cpuset: cpu.cpus, cpu.mems", R{CPU: &specs.LinuxCPU{Cpus: "0", Mems: "0"}},
			[]file{{"cpuset.cpus", "0"}, {"cpuset.mems", "0"}},
			[]file{{"cpuset.cpus", "0"}, {"cpuset.mems", "0"}, {"cpuset.cpus.effective", "0"}}, ""},
		{"pids.limit", R{Pids: &specs.LinuxPids{Limit: ptr(int64(17))}}, []file{{"pids.max", "17"}}, []file{{"pids.max", "17"}}, ""},
		{"pids.limit without end", R{Pids: &specs.LinuxPids{Limit: ptr(int64(-1))}}, []file{{"pids.max", "max"}}, []file{{"pids.max", "max"}}, ""},
		{"blkio: blockIO.throttle", R{BlockIO: &specs.LinuxBlockIO{ThrottleReadBpsDevice: dev(1 << 20), ThrottleWriteBpsDevice: dev(2 << 20),
			ThrottleReadIOPSDevice: dev(300), ThrottleWriteIOPSDevice: dev(400)}},
			[]file{{"blkio.throttle.read_bps_device", at + "1048576"}, {"blkio.throttle.write_bps_device", at + "2097152"},
				{"blkio.throttle.read_iops_device", at + "300"}, {"blkio.throttle.write_iops_device", at + "400"}},
			[]file{{"io.max", at + "rbps=1048576 wbps=2097152 riops=300 wiops=400"}}, ""},
		{"hugetlb: hugepageLimits", R{HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 4 << 20}}},
			[]file{{"hugetlb.2MB.limit_in_bytes", "4194304"}},
			[]file{{"hugetlb.2MB.max", "4194304"}, {"hugetlb.2MB.rsvd.max", "4194304"}}, ""},
		{"net_cls: network.classID", R{Network: &specs.LinuxNetwork{ClassID: ptr(uint32(7))}},
			[]file{{"net_cls.classid", "7"}}, nil, "network.classID: 7: cgroup v2 has no such limit"},
		{"net_prio: network.priorities", R{Network: &specs.LinuxNetwork{Priorities: []specs.LinuxInterfacePriority{{Name: "lo", Priority: 3}}}},
			[]file{{"net_prio.ifpriomap", "lo 3"}}, nil, `network.priorities[0].name: "lo": cgroup v2 has no such limit`},
		{"unified", R{Unified: map[string]string{"memory.high": "33554432", "memory.oom.group": "1", "pids.max": "9", "cgroup.max.depth": "3", "cpu.weight": "33"}},
			nil, []file{{"memory.high", "33554432"}, {"memory.oom.group", "1"}, {"pids.max", "9"}, {"cgroup.max.depth", "3"}, {"cpu.weight", "33"}},
			`unified: "cgroup.max.depth": expected cgroup v2`},
	}
}

// TestLimitsAreWritten: each field to the files of the version that is here. What
// this version or this machine does not have is an error that says so.
func TestLimitsAreWritten(t *testing.T) {
	l := layout(t)
	for _, c := range limits(t) {
		t.Run(c.name, func(t *testing.T) {
			files, key, want := c.v2, "", c.error
			if l.Mode != cgroup.V2 {
				files = c.v1
				key = c.name[:strings.IndexAny(c.name+".", ".:, ")]
				if _, here := pathsOf(t, l)[key]; !here && len(files) > 0 {
					files, want = nil, strings.TrimPrefix(c.name, key+": ")
				}
			}
			if len(files) == 0 {
				_, err := cgroup.New(l, spec(newPath(), &c.r), "id")
				if err == nil || !strings.HasPrefix(err.Error(), "linux.resources."+want) {
					t.Errorf("New: %v, want linux.resources.%s...", err, want)
				}
				return
			}
			if text := tooNew(&c.r); l.Mode == cgroup.V2 && text != "" {
				cg := build(t, newPath(), &c.r)
				if err := errors.Join(cg.Create(), cg.Set()); err == nil || err.Error() != "linux.resources."+text {
					t.Errorf("%v, want linux.resources.%s", err, text)
				}
				if err := cg.Destroy(); err != nil {
					t.Error(err)
				}
				return
			}
			cg := container(t, newPath(), &c.r)
			for _, f := range files {
				if got := read(t, cg, key, f.name); !slices.Contains(strings.Split(got, "\n"), f.want) {
					t.Errorf("%s: %q, want %q", f.name, got, f.want)
				}
			}
		})
	}
}

// tooNew returns what is to be said of a limit that this kernel does not know, "" if it
// knows all of them.
func tooNew(r *specs.LinuxResources) string {
	switch {
	case r.CPU != nil && r.CPU.Burst != nil && !box.Linux(5, 14):
		return fmt.Sprintf("cpu.burst: %d: cpu.max.burst: no such file or directory; this kernel's controller cpu has no such file (it came with Linux 5.14)", *r.CPU.Burst)
	case r.CPU != nil && r.CPU.Idle != nil && !box.Linux(5, 15):
		return fmt.Sprintf("cpu.idle: %d: cpu.idle: no such file or directory; this kernel's controller cpu has no such file (it came with Linux 5.15)", *r.CPU.Idle)
	}
	return ""
}

// TestWeight: blockIO.weight is one of BFQ's where that scheduler is there, on
// version 2 else one of the io.cost controller's.
func TestWeight(t *testing.T) {
	l := layout(t)
	r := &specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{Weight: ptr(uint16(500))}}
	if l.Mode != cgroup.V2 {
		c := build(t, newPath(), r)
		if err := c.Create(); err != nil {
			t.Fatal(err)
		}
		err := c.Set()
		for _, f := range []string{"blkio.weight", "blkio.bfq.weight"} {
			if text, missing := tryRead(c, "blkio", f); missing == nil {
				if err != nil || text != "500" {
					t.Errorf("%s: %q, %v", f, text, err)
				}
				return
			}
		}
		if err == nil || !strings.HasPrefix(err.Error(), "linux.resources.blockIO.weight: 500: ") {
			t.Errorf("a kernel without weights: %v", err)
		}
		return
	}
	c := container(t, newPath(), r)
	if got, err := tryRead(c, "", "io.bfq.weight"); err == nil {
		if !strings.Contains(got, "500") {
			t.Errorf("io.bfq.weight: %q", got)
		}
	} else if got := read(t, c, "", "io.weight"); got != "default 4950" { // 10..1000 to 1..10000
		t.Errorf("io.weight: %q, want default 4950", got)
	}
}
