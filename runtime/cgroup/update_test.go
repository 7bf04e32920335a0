package cgroup

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/cgroups"
)

// v1Cgroup is a container's on a host with every version 1 controller.
func v1Cgroup() *Cgroup {
	paths := make(map[string]string)
	for _, h := range full().Hierarchies {
		paths[h.Controllers[0]] = h.Mountpoint + "/x"
	}
	return Open(paths)
}

// TestConvertUpdate: only what is named is written, and what it depends on.
func TestConvertUpdate(t *testing.T) {
	type R = cgroups.Resources
	idle, none := int64(0), uint64(0)
	for _, tc := range []struct {
		now, change string
		v1, v2      R
	}{
		{`{"memory":{"limit":5000},"pids":{"limit":3},"cpu":{"cpus":"0","shares":5},"unified":{}}`, `{}`, R{}, R{}},
		{`{}`, `{"memory":{"limit":5000}}`, R{Memory: 5000}, R{Memory: 5000}},
		// version 2 limits swap alone, so that it changes with memory
		{`{"memory":{"limit":5000,"swap":9000,"reservation":100}}`, `{"memory":{"limit":6000}}`, R{Memory: 6000}, R{Memory: 6000, MemorySwap: 9000}},
		{`{"memory":{"limit":5000,"swap":9000}}`, `{"memory":{"swap":8000}}`, R{MemorySwap: 8000}, R{Memory: 5000, MemorySwap: 8000}},
		{`{"memory":{"limit":5000,"swap":9000}}`, `{"memory":{"limit":-1}}`, R{Memory: -1}, R{Memory: -1, MemorySwap: -1}},
		{`{"memory":{"limit":5000}}`, `{"memory":{"reservation":70}}`, R{MemoryReservation: 70}, R{MemoryReservation: 70}},
		{`{}`, `{"cpu":{"shares":1024}}`, R{CpuShares: 1024, CpuWeight: cgroups.ConvertCPUSharesToCgroupV2Value(1024)}, R{CpuShares: 1024, CpuWeight: cgroups.ConvertCPUSharesToCgroupV2Value(1024)}},
		{`{"cpu":{"quota":5000,"period":9000}}`, `{"cpu":{"quota":6000}}`, R{CpuQuota: 6000}, R{CpuQuota: 6000}},
		{`{"cpu":{"quota":5000,"period":9000}}`, `{"cpu":{"period":8000}}`, R{CpuPeriod: 8000}, R{CpuPeriod: 8000}},
		{`{"cpu":{"quota":5000,"burst":100}}`, `{"cpu":{"burst":0}}`, R{CpuBurst: &none}, R{CpuBurst: &none}},
		// the kernel has forgotten the shares of an idle cgroup
		{`{"cpu":{"shares":512,"idle":1}}`, `{"cpu":{"idle":0}}`, R{CPUIdle: &idle, CpuShares: 512, CpuWeight: cgroups.ConvertCPUSharesToCgroupV2Value(512)},
			R{CPUIdle: &idle, CpuShares: 512, CpuWeight: cgroups.ConvertCPUSharesToCgroupV2Value(512)}},
		{`{"cpu":{"cpus":"0"}}`, `{"cpu":{"mems":"0"}}`, R{CpusetMems: "0"}, R{CpusetMems: "0"}},
		{`{"pids":{"limit":5}}`, `{"pids":{"limit":-1}}`, R{PidsLimit: ptr(int64(-1))}, R{PidsLimit: ptr(int64(-1))}},
		{`{"blockIO":{"weight":20}}`, `{"blockIO":{"weight":100}}`, R{BlkioWeight: 100}, R{BlkioWeight: 100}},
		{`{"hugepageLimits":[{"pageSize":"1GB","limit":1}]}`, `{"hugepageLimits":[{"pageSize":"2MB","limit":4}]}`,
			R{HugetlbLimit: []*cgroups.HugepageLimit{{Pagesize: "2MB", Limit: 4}}}, R{HugetlbLimit: []*cgroups.HugepageLimit{{Pagesize: "2MB", Limit: 4}}}},
		// devices are not written, whatever they say
		{`{}`, `{"devices":[{"allow":true,"access":"nonsense"}]}`, R{}, R{}},
	} {
		for _, v := range []struct {
			c    *Cgroup
			want R
		}{{v1Cgroup(), tc.v1}, {Open(map[string]string{"": root + "/x"}), tc.v2}} {
			change := parse(t, tc.change)
			got, err := v.c.convertUpdate(Merge(parse(t, tc.now), change), change)
			if err != nil {
				t.Errorf("%s: %s and %s: %v", v.c.mode, tc.now, tc.change, err)
				continue
			}
			if !reflect.DeepEqual(*got, v.want) {
				a, _ := json.Marshal(got)
				b, _ := json.Marshal(v.want)
				t.Errorf("%s: %s and %s\ngot  %s\nwant %s", v.c.mode, tc.now, tc.change, a, b)
			}
		}
	}
}

// TestBadUpdate: what is wrong for itself, and what is wrong with what is there.
func TestBadUpdate(t *testing.T) {
	one, two := v1Cgroup(), Open(map[string]string{"": root + "/x"})
	bare := Open(map[string]string{"devices": root + "/devices/x"})
	for _, tc := range []struct {
		c                 *Cgroup
		now, change, want string
	}{
		{one, `{}`, `{"memory":{"limit":-2}}`, "resources: memory.limit: -2: expected a number of bytes"},
		{one, `{"memory":{"limit":500}}`, `{"memory":{"swap":400}}`, "resources: memory.swap: 400: expected at least memory.limit (500)"},
		{two, `{"memory":{"limit":500,"swap":600}}`, `{"memory":{"limit":700}}`, "resources: memory.swap: 600: expected at least memory.limit (700)"},
		{two, `{}`, `{"memory":{"swap":400}}`, "resources: memory.swap: 400: expected memory.limit as well"},
		{one, `{}`, `{"memory":{"kernel":400}}`, "resources: memory.kernel: 400"},
		{two, `{}`, `{"memory":{"swappiness":5}}`, "resources: memory.swappiness: 5: cgroup v2"},
		{one, `{"cpu":{"quota":5000}}`, `{"cpu":{"burst":6000}}`, "resources: cpu.burst: 6000: expected at most cpu.quota (5000)"},
		{one, `{"cpu":{"quota":5000,"burst":4000}}`, `{"cpu":{"quota":3000}}`, "resources: cpu.burst: 4000: expected at most cpu.quota (3000)"},
		{one, `{}`, `{"cpu":{"burst":6000}}`, "resources: cpu.burst: 6000: expected cpu.quota as well"},
		{two, `{}`, `{"cpu":{"realtimeRuntime":5}}`, "resources: cpu.realtimeRuntime: 5: cgroup v2"},
		{one, `{}`, `{"cpu":{"cpus":"1-"}}`, `resources: cpu.cpus: "1-": expected a list`},
		{one, `{}`, `{"pids":{"limit":-5}}`, "resources: pids.limit: -5"},
		{one, `{}`, `{"blockIO":{"weight":5}}`, "resources: blockIO.weight: 5: expected 10 to 1000"},
		{one, `{"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1}]}}`, `{"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1},{"major":5000,"minor":0,"rate":1}]}}`,
			"resources: blockIO.throttleReadBpsDevice[1].major: 5000"},
		{one, `{}`, `{"unified":{"memory.max":"1"}}`, `resources: unified: "memory.max": expected cgroup v2`},
		{two, `{}`, `{"unified":{"cgroup.freeze":"1"}}`, `resources: unified: "cgroup.freeze": expected a limit`},
		{two, `{}`, `{"unified":{"../x/memory.max":"1"}}`, `resources: unified: "../x/memory.max": expected the name`},
		{bare, `{}`, `{"memory":{"limit":5}}`, "resources: memory.limit: 5: the cgroup v1 controller memory is not mounted"},
	} {
		change := parse(t, tc.change)
		_, err := tc.c.convertUpdate(Merge(parse(t, tc.now), change), change)
		if err == nil || !strings.HasPrefix(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %s and %s\ngot  %v\nwant %s...", tc.c.mode, tc.now, tc.change, err, tc.want)
		}
	}
	// A burst with no quota is what the kernel takes too.
	change := parse(t, `{"cpu":{"quota":-1}}`)
	if _, err := one.convertUpdate(Merge(parse(t, `{"cpu":{"quota":5000,"burst":4000}}`), change), change); err != nil {
		t.Error(err)
	}
}

// TestDifference: what brings a file back to what it said.
func TestDifference(t *testing.T) {
	for _, tc := range []struct {
		file, was, is string
		want          []string
	}{
		{"pids.max", "5\n", "5\n", nil},
		{"pids.max", "max\n", "5\n", []string{"max\n"}},
		{"cpuset.cpus", "\n", "0-1\n", []string{"\n"}},
		{"cpuset.cpus", "", "0-1\n", []string{"\n"}},
		{"cpu.max", "max 100000\n", "5000 100000\n", []string{"max 100000\n"}},
		{"memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n", "oom_kill_disable 1\nunder_oom 0\noom_kill 7\n", []string{"0"}},
		{"memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n", "oom_kill_disable 0\nunder_oom 1\noom_kill 7\n", nil},
		{"io.max", "", "8:0 rbps=5 wbps=max riops=max wiops=max\n", []string{"8:0 rbps=max wbps=max riops=max wiops=max"}},
		{"io.max", "8:0 rbps=5 wbps=max riops=max wiops=max\n8:1 rbps=1 wbps=1 riops=1 wiops=1\n", "8:1 rbps=1 wbps=1 riops=1 wiops=1\n9:0 rbps=6 wbps=max riops=max wiops=max\n",
			[]string{"9:0 rbps=max wbps=max riops=max wiops=max", "8:0 rbps=5 wbps=max riops=max wiops=max"}},
		{"io.weight", "default 100\n", "default 50\n8:0 200\n", []string{"8:0 default", "default 100"}},
		{"blkio.throttle.read_bps_device", "8:0 5\n", "8:0 6\n8:16 7\n", []string{"8:16 0", "8:0 5"}},
		{"net_prio.ifpriomap", "lo 0\neth0 3\n", "lo 5\neth0 3\n", []string{"lo 0"}},
		{"rdma.max", "mlx4_0 hca_handle=max hca_object=max\n", "mlx4_0 hca_handle=3 hca_object=max\n", []string{"mlx4_0 hca_handle=max hca_object=max"}},
		{"misc.max", "sev 5\nsev_es max\n", "sev 5\nsev_es 3\n", []string{"sev_es max"}},
	} {
		f := limitFile{name: tc.file, text: tc.was}
		if got := f.difference(tc.is); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %q from %q: %q, want %q", tc.file, tc.was, tc.is, got, tc.want)
		}
	}
}
