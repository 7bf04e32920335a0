package cgroup

import (
	"math"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func ptr[T any](v T) *T { return &v }

// full is a layout with every version 1 controller.
func full() Layout {
	l := Layout{Mode: V1}
	for _, c := range []string{"cpu", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "hugetlb", "net_cls", "net_prio", "rdma"} {
		l.Hierarchies = append(l.Hierarchies, Hierarchy{Controllers: []string{c}, Mountpoint: root + "/" + c, Root: "/", Own: "/"})
	}
	return l
}

// TestBadResources has one case per rule; want begins after linux.resources.
func TestBadResources(t *testing.T) {
	type R = specs.LinuxResources
	mem := func(m specs.LinuxMemory) R { return R{Memory: &m} }
	cpu := func(c specs.LinuxCPU) R { return R{CPU: &c} }
	bio := func(b specs.LinuxBlockIO) R { return R{BlockIO: &b} }
	dev := func(d ...specs.LinuxDeviceCgroup) R { return R{Devices: d} }
	two, one := v2(t), full()
	bare := Layout{Mode: V1, Hierarchies: []Hierarchy{{Controllers: []string{"devices"}, Mountpoint: root + "/devices", Root: "/", Own: "/"}}}
	for _, c := range []struct {
		l    Layout
		r    R
		want string
	}{
		{one, mem(specs.LinuxMemory{Limit: ptr(int64(-2))}), "memory.limit: -2: expected a number of bytes"},
		{one, mem(specs.LinuxMemory{Reservation: ptr(int64(-9))}), "memory.reservation: -9"},
		{one, mem(specs.LinuxMemory{Swap: ptr(int64(5))}), "memory.swap: 5: expected memory.limit as well"},
		{one, mem(specs.LinuxMemory{Limit: ptr(int64(9)), Swap: ptr(int64(5))}), "memory.swap: 5: expected at least memory.limit (9)"},
		{one, mem(specs.LinuxMemory{Limit: ptr(int64(-1)), Swap: ptr(int64(5))}), "memory.swap: 5: expected -1"},
		//lint:ignore SA1019 the deprecated field is tested
		{one, mem(specs.LinuxMemory{Kernel: ptr(int64(5))}), "memory.kernel: 5: separate limits"},
		{one, mem(specs.LinuxMemory{KernelTCP: ptr(int64(5))}), "memory.kernelTCP: 5"},
		{one, mem(specs.LinuxMemory{Swappiness: ptr(uint64(101))}), "memory.swappiness: 101: expected 0 to 100"},
		{two, mem(specs.LinuxMemory{Swappiness: ptr(uint64(10))}), "memory.swappiness: 10: cgroup v2 has no such limit"},
		{two, mem(specs.LinuxMemory{DisableOOMKiller: ptr(true)}), "memory.disableOOMKiller: true"},
		{one, mem(specs.LinuxMemory{UseHierarchy: ptr(false)}), "memory.useHierarchy: false"},
		{bare, mem(specs.LinuxMemory{Limit: ptr(int64(1 << 20))}), "memory.limit: 1048576: the cgroup v1 controller memory is not mounted"},
		{one, cpu(specs.LinuxCPU{Shares: ptr(uint64(1))}), "cpu.shares: 1: expected 2 to 262144"},
		{two, cpu(specs.LinuxCPU{Shares: ptr(uint64(262145))}), "cpu.shares: 262145"},
		{one, cpu(specs.LinuxCPU{Quota: ptr(int64(999))}), "cpu.quota: 999: expected at least 1000"},
		{one, cpu(specs.LinuxCPU{Quota: ptr(int64(-2))}), "cpu.quota: -2"},
		{one, cpu(specs.LinuxCPU{Period: ptr(uint64(999))}), "cpu.period: 999"},
		{one, cpu(specs.LinuxCPU{Period: ptr(uint64(1000001))}), "cpu.period: 1000001"},
		{one, cpu(specs.LinuxCPU{Burst: ptr(uint64(5))}), "cpu.burst: 5: expected cpu.quota"},
		{one, cpu(specs.LinuxCPU{Quota: ptr(int64(5000)), Burst: ptr(uint64(5001))}), "cpu.burst: 5001: expected at most"},
		{one, cpu(specs.LinuxCPU{Idle: ptr(int64(2))}), "cpu.idle: 2: expected 0 or 1"},
		{two, cpu(specs.LinuxCPU{RealtimePeriod: ptr(uint64(5))}), "cpu.realtimePeriod: 5"},
		{two, cpu(specs.LinuxCPU{RealtimeRuntime: ptr(int64(5))}), "cpu.realtimeRuntime: 5"},
		{one, cpu(specs.LinuxCPU{Cpus: "3-1"}), `cpu.cpus: "3-1": the range 3-1 runs backwards, expected the lower number first`},
		{one, cpu(specs.LinuxCPU{Cpus: "a"}), `cpu.cpus: "a": expected a list`},
		{one, cpu(specs.LinuxCPU{Cpus: "0\n"}), `cpu.cpus: "0\n": expected a list`},
		{one, cpu(specs.LinuxCPU{Cpus: "0,"}), `cpu.cpus: "0,"`},
		{one, cpu(specs.LinuxCPU{Cpus: "0-3:3/2"}), `cpu.cpus: "0-3:3/2"`},
		{one, cpu(specs.LinuxCPU{Mems: "-1"}), `cpu.mems: "-1"`},
		{bare, cpu(specs.LinuxCPU{Mems: "0"}), `cpu.mems: "0": the cgroup v1 controller cpuset`},
		{one, R{Pids: &specs.LinuxPids{Limit: ptr(int64(-2))}}, "pids.limit: -2"},
		{one, R{Pids: &specs.LinuxPids{Limit: ptr(int64(4194305))}}, "pids.limit: 4194305"},
		{one, bio(specs.LinuxBlockIO{Weight: ptr(uint16(9))}), "blockIO.weight: 9: expected 10 to 1000"},
		{one, bio(specs.LinuxBlockIO{LeafWeight: ptr(uint16(1001))}), "blockIO.leafWeight: 1001"},
		{two, bio(specs.LinuxBlockIO{LeafWeight: ptr(uint16(100))}), "blockIO.leafWeight: 100: cgroup v2"},
		{one, bio(specs.LinuxBlockIO{ThrottleReadBpsDevice: []specs.LinuxThrottleDevice{{Rate: 1}, {LinuxBlockIODevice: specs.LinuxBlockIODevice{Major: 4096}}}}), "blockIO.throttleReadBpsDevice[1].major: 4096: expected 0 to 4095"},
		{one, bio(specs.LinuxBlockIO{ThrottleWriteIOPSDevice: []specs.LinuxThrottleDevice{{LinuxBlockIODevice: specs.LinuxBlockIODevice{Minor: -1}}}}), "blockIO.throttleWriteIOPSDevice[0].minor: -1"},
		{one, bio(specs.LinuxBlockIO{WeightDevice: []specs.LinuxWeightDevice{{Weight: ptr(uint16(5))}}}), "blockIO.weightDevice[0].weight: 5"},
		{one, R{HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2M"}}}, `hugepageLimits[0].pageSize: "2M": expected a size`},
		{one, R{HugepageLimits: []specs.LinuxHugepageLimit{{}}}, `hugepageLimits[0].pageSize: ""`},
		{one, R{HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "../MB"}}}, `hugepageLimits[0].pageSize: "../MB"`},
		{one, R{HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB"}, {Pagesize: "2MB"}}}, `hugepageLimits[1].pageSize: "2MB": given twice`},
		{two, R{Network: &specs.LinuxNetwork{ClassID: ptr(uint32(1))}}, "network.classID: 1: cgroup v2"},
		{one, R{Network: &specs.LinuxNetwork{Priorities: []specs.LinuxInterfacePriority{{Name: "a b"}}}}, `network.priorities[0].name: "a b"`},
		{one, R{Rdma: map[string]specs.LinuxRdma{"mlx": {}}}, `rdma: "mlx": expected hcaHandles`},
		{one, R{Unified: map[string]string{"memory.max": "1"}}, `unified: "memory.max": expected cgroup v2`},
		{two, R{Unified: map[string]string{"cgroup.procs": "1"}}, `unified: "cgroup.procs": expected a limit`},
		{two, R{Unified: map[string]string{"cgroup.freeze": "1"}}, `unified: "cgroup.freeze"`},
		{two, R{Unified: map[string]string{"../memory.max": "1"}}, `unified: "../memory.max"`},
		{two, R{Unified: map[string]string{"memory": "1"}}, `unified: "memory"`},
		{one, dev(specs.LinuxDeviceCgroup{}), `devices[0].access: ""`},
		{one, dev(specs.LinuxDeviceCgroup{Access: "rx"}), `devices[0].access: "rx": expected letters of rwm`},
		{one, dev(specs.LinuxDeviceCgroup{Access: "rwm"}, specs.LinuxDeviceCgroup{Access: "r", Type: "p"}), `devices[1].type: "p"`},
		{one, dev(specs.LinuxDeviceCgroup{Access: "r", Major: ptr(int64(4096))}), "devices[0].major: 4096"},
		{one, dev(specs.LinuxDeviceCgroup{Access: "r", Minor: ptr(int64(-2))}), "devices[0].minor: -2"},
		{one, dev(specs.LinuxDeviceCgroup{Allow: true, Type: "c", Major: ptr(int64(10)), Access: "rwm"}, specs.LinuxDeviceCgroup{Type: "c", Major: ptr(int64(10)), Minor: ptr(int64(1)), Access: "w"}), "devices[1]: c 10:1 w: an earlier rule covers c 10:* rwm"},
	} {
		_, err := New(c.l, &specs.Spec{Linux: &specs.Linux{Resources: &c.r}}, "c1")
		if err == nil || !strings.HasPrefix(err.Error(), "linux.resources."+c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

// TestGoodResources: what engines write is taken over, and their ways to write
// "not set" set nothing.
func TestGoodResources(t *testing.T) {
	r := &specs.LinuxResources{
		Memory: &specs.LinuxMemory{Limit: ptr(int64(1 << 30)), Swap: ptr(int64(1 << 30)), Reservation: ptr(int64(1 << 20)),
			Swappiness: ptr(uint64(math.MaxUint64)), DisableOOMKiller: ptr(false), UseHierarchy: ptr(true), KernelTCP: ptr(int64(-1))},
		CPU: &specs.LinuxCPU{Shares: ptr(uint64(1024)), Quota: ptr(int64(50000)), Period: ptr(uint64(100000)), Burst: ptr(uint64(1000)),
			RealtimePeriod: ptr(uint64(0)), RealtimeRuntime: ptr(int64(0)), Cpus: "0-2,5,8-15:2/4", Mems: "0"},
		Pids:    &specs.LinuxPids{Limit: ptr(int64(-1))},
		BlockIO: &specs.LinuxBlockIO{Weight: ptr(uint16(0))},
		Network: &specs.LinuxNetwork{ClassID: ptr(uint32(0))},
		Unified: map[string]string{},
	}
	for _, l := range []Layout{full(), v2(t)} {
		c, err := New(l, &specs.Spec{Linux: &specs.Linux{Resources: r}}, "c1")
		if err != nil {
			t.Errorf("%v: %v", l.Mode, err)
			continue
		}
		g := c.resources
		if g.Memory != 1<<30 || g.MemorySwap != 1<<30 || g.MemoryReservation != 1<<20 || g.MemorySwappiness != nil || g.OomKillDisable ||
			g.CpuShares != 1024 || g.CpuWeight == 0 || g.CpuQuota != 50000 || g.CpuPeriod != 100000 || *g.CpuBurst != 1000 ||
			g.CpusetCpus != "0-2,5,8-15:2/4" || g.CpusetMems != "0" || *g.PidsLimit != -1 || g.BlkioWeight != 0 || g.Unified != nil || g.Devices != nil {
			t.Errorf("%v: %+v", l.Mode, g)
		}
	}
	for _, s := range []*specs.Spec{nil, {}, {Linux: &specs.Linux{}}} {
		if _, err := New(full(), s, "c1"); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if _, err := New(Layout{Mode: V1, Hierarchies: full().Hierarchies[:1]}, nil, "c1"); err != errNoDevices {
		t.Errorf("no devices controller: %v", err)
	}
}
