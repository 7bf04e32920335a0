package runtime

import (
	"encoding/json"
	"testing"

	"github.com/runseal/runseal/runtime/cgroup"
)

// TestStatsDocument: the members and the order of runc's events, for nothing at
// all and for everything.
func TestStatsDocument(t *testing.T) {
	full := &cgroup.Stats{
		CPU: cgroup.CPUStats{Total: 1, Kernel: 2, User: 3, PerCPU: []uint64{4, 5}, PerCPUKernel: []uint64{6, 7}, PerCPUUser: []uint64{8, 9},
			Periods: 10, ThrottledPeriods: 11, ThrottledTime: 12, Pressure: &cgroup.Pressure{Some: cgroup.Stall{Avg10: "1.50", Avg60: "0.07", Avg300: "0.00", Total: 13}}},
		CPUSet: cgroup.CPUSetStats{CPUs: []uint16{0, 1}, Mems: []uint16{0}, CPUExclusive: 14, MemHardwall: 15, MemExclusive: 16, MemoryMigrate: 17,
			MemorySpreadPage: 18, MemorySpreadSlab: 19, MemoryPressure: 20, SchedLoadBalance: 21, SchedRelaxDomainLevel: -1},
		Memory: cgroup.MemoryStats{Cache: 22, Usage: cgroup.MemoryUsage{Limit: 23, Usage: 24, Max: 25, Failures: 26}, Swap: cgroup.MemoryUsage{Limit: 27},
			Kernel: cgroup.MemoryUsage{Usage: 28}, KernelTCP: cgroup.MemoryUsage{Max: 29}, Raw: map[string]uint64{"b": 30, "a": 31}, Pressure: &cgroup.Pressure{}},
		BlkIO: cgroup.BlkIOStats{ServiceBytes: []cgroup.BlkIOEntry{{Major: 8, Minor: 0, Op: "Read", Value: 32}, {Major: 8, Minor: 1, Value: 33}},
			Serviced: []cgroup.BlkIOEntry{{Op: "Write"}}, Queued: []cgroup.BlkIOEntry{{Value: 34}}, ServiceTime: []cgroup.BlkIOEntry{{Value: 35}},
			WaitTime: []cgroup.BlkIOEntry{{Value: 36}}, Merged: []cgroup.BlkIOEntry{{Value: 37}}, Time: []cgroup.BlkIOEntry{{Value: 38}}, Sectors: []cgroup.BlkIOEntry{{Value: 39}}},
		Hugetlb: map[string]cgroup.HugetlbStats{"2MB": {Usage: 40, Max: 41, Failures: 42}, "1GB": {}},
	}
	full.Pids.Current, full.Pids.Limit = 43, 44
	for _, tc := range []struct {
		s    *cgroup.Stats
		want string
	}{
		{&cgroup.Stats{}, `{"type":"stats","id":"a\"b","data":{"cpu":{"usage":{"kernel":0,"user":0},"throttling":{}},` +
			`"cpuset":{"cpu_exclusive":0,"mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,"memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,"sched_load_balance":0,"sched_relax_domain_level":0},` +
			`"memory":{"usage":{"limit":0,"failcnt":0},"swap":{"limit":0,"failcnt":0},"kernel":{"limit":0,"failcnt":0},"kernelTCP":{"limit":0,"failcnt":0}},` +
			`"pids":{},"blkio":{},"hugetlb":{},"intel_rdt":{},"network_interfaces":null}}`},
		{full, `{"type":"stats","id":"a\"b","data":{"cpu":{"usage":{"total":1,"percpu":[4,5],"percpu_kernel":[6,7],"percpu_user":[8,9],"kernel":2,"user":3},` +
			`"throttling":{"periods":10,"throttledPeriods":11,"throttledTime":12},"psi":{"some":{"avg10":1.50,"avg60":0.07,"avg300":0.00,"total":13},"full":{"avg10":0,"avg60":0,"avg300":0,"total":0}}},` +
			`"cpuset":{"cpus":[0,1],"cpu_exclusive":14,"mems":[0],"mem_hardwall":15,"mem_exclusive":16,"memory_migrate":17,"memory_spread_page":18,"memory_spread_slab":19,"memory_pressure":20,"sched_load_balance":21,"sched_relax_domain_level":-1},` +
			`"memory":{"cache":22,"usage":{"limit":23,"usage":24,"max":25,"failcnt":26},"swap":{"limit":27,"failcnt":0},"kernel":{"limit":0,"usage":28,"failcnt":0},"kernelTCP":{"limit":0,"max":29,"failcnt":0},` +
			`"raw":{"a":31,"b":30},"psi":{"some":{"avg10":0,"avg60":0,"avg300":0,"total":0},"full":{"avg10":0,"avg60":0,"avg300":0,"total":0}}},"pids":{"current":43,"limit":44},` +
			`"blkio":{"ioServiceBytesRecursive":[{"major":8,"op":"Read","value":32},{"major":8,"minor":1,"value":33}],"ioServicedRecursive":[{"op":"Write"}],"ioQueueRecursive":[{"value":34}],` +
			`"ioServiceTimeRecursive":[{"value":35}],"ioWaitTimeRecursive":[{"value":36}],"ioMergedRecursive":[{"value":37}],"ioTimeRecursive":[{"value":38}],"sectorsRecursive":[{"value":39}]},` +
			`"hugetlb":{"1GB":{"failcnt":0},"2MB":{"usage":40,"max":41,"failcnt":42}},"intel_rdt":{},"network_interfaces":null}}`},
	} {
		got := string(appendStats(nil, `a"b`, tc.s))
		if got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
		if !json.Valid([]byte(got)) {
			t.Error("that is not JSON")
		}
	}
	if got := string(appendOOM(nil, "x")); got != `{"type":"oom","id":"x"}` {
		t.Errorf("oom: %s", got)
	}
}
