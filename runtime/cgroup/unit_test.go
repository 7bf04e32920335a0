package cgroup

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/runtime/systemd"
)

// TestLimitProperties: linux.resources as systemd gets it, one line for each
// field.
func TestLimitProperties(t *testing.T) {
	unified := func(kv ...string) *specs.LinuxResources {
		r := &specs.LinuxResources{Unified: map[string]string{}}
		for i := 0; i < len(kv); i += 2 {
			r.Unified[kv[i]] = kv[i+1]
		}
		return r
	}
	cpu := func(c specs.LinuxCPU) *specs.LinuxResources { return &specs.LinuxResources{CPU: &c} }
	memory := func(m specs.LinuxMemory) *specs.LinuxResources { return &specs.LinuxResources{Memory: &m} }
	for _, c := range []struct {
		name string
		in   *specs.LinuxResources
		want string
	}{
		{"nothing", nil, ""},
		{"zeros", &specs.LinuxResources{
			Memory: &specs.LinuxMemory{Limit: ptr(int64(0)), Reservation: ptr(int64(0)), Swap: ptr(int64(0))},
			CPU:    &specs.LinuxCPU{Shares: ptr(uint64(0)), Quota: ptr(int64(0)), Period: ptr(uint64(0))}, BlockIO: &specs.LinuxBlockIO{Weight: ptr(uint16(0))},
		}, ""},
		{"memory", memory(specs.LinuxMemory{Limit: ptr(int64(64 << 20)), Reservation: ptr(int64(32 << 20)), Swap: ptr(int64(96 << 20))}),
			"MemoryMax=67108864 MemoryLow=33554432 MemorySwapMax=33554432"},
		{"memory without swap", memory(specs.LinuxMemory{Limit: ptr(int64(64 << 20)), Swap: ptr(int64(64 << 20))}),
			"MemoryMax=67108864 MemorySwapMax=0"},
		{"any memory", memory(specs.LinuxMemory{Limit: ptr(int64(-1))}), "MemoryMax=infinity MemorySwapMax=infinity"},
		{"any swap", memory(specs.LinuxMemory{Limit: ptr(int64(4096)), Swap: ptr(int64(-1))}), "MemoryMax=4096 MemorySwapMax=infinity"},
		{"cpu.shares", cpu(specs.LinuxCPU{Shares: ptr(uint64(1024))}), "CPUWeight=100"},
		{"cpu.idle", cpu(specs.LinuxCPU{Shares: ptr(uint64(1024)), Idle: ptr(int64(1))}), "CPUWeight=0"},
		{"not cpu.idle", cpu(specs.LinuxCPU{Shares: ptr(uint64(1024)), Idle: ptr(int64(0))}), "CPUWeight=100"},
		{"not cpu.idle, and no shares", cpu(specs.LinuxCPU{Idle: ptr(int64(0))}), "CPUWeight=100"},
		{"cpu.quota", cpu(specs.LinuxCPU{Quota: ptr(int64(50000)), Period: ptr(uint64(200000))}), "CPUQuotaPeriodUSec=200000 CPUQuotaPerSecUSec=250000"},
		{"cpu.quota alone", cpu(specs.LinuxCPU{Quota: ptr(int64(250000))}), "CPUQuotaPerSecUSec=2500000"},
		{"cpu.quota, not whole percent", cpu(specs.LinuxCPU{Quota: ptr(int64(50001)), Period: ptr(uint64(100000))}), "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=500100 (before 257: 510000)"},
		{"cpu.quota, half a percent", cpu(specs.LinuxCPU{Quota: ptr(int64(50500)), Period: ptr(uint64(100000))}), "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=505000 (before 257: 510000)"},
		{"cpu.quota, tiny", cpu(specs.LinuxCPU{Quota: ptr(int64(1000)), Period: ptr(uint64(1000000))}), "CPUQuotaPeriodUSec=1000000 CPUQuotaPerSecUSec=1000 (before 257: 10000)"},
		{"cpu.quota, huge", cpu(specs.LinuxCPU{Quota: ptr(int64(1<<63 - 1)), Period: ptr(uint64(1000))}), "CPUQuotaPeriodUSec=1000 CPUQuotaPerSecUSec=infinity"},
		{"cpu.period alone", cpu(specs.LinuxCPU{Period: ptr(uint64(50000))}), "CPUQuotaPeriodUSec=50000 CPUQuotaPerSecUSec=infinity"},
		{"no cpu.quota", cpu(specs.LinuxCPU{Quota: ptr(int64(-1))}), "CPUQuotaPerSecUSec=infinity"},
		{"cpusets", cpu(specs.LinuxCPU{Cpus: "0-2,9", Mems: "0"}), "AllowedCPUs=0x0702 AllowedMemoryNodes=0x01"},
		{"cpuset in steps", cpu(specs.LinuxCPU{Cpus: "0-15:2/8"}), "AllowedCPUs=0x0303"},
		{"pids", &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(33))}}, "TasksMax=33"},
		{"any pids", &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(-1))}}, "TasksMax=infinity"},
		{"no pids", &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(0))}}, "TasksMax=1"},
		{"blockIO.weight", &specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{Weight: ptr(uint16(500))}}, "IOWeight=4950"},
		{"unified memory", unified("memory.high", "100", "memory.low", "1", "memory.max", "max", "memory.min", "2", "memory.swap.max", "0", "memory.zswap.max", "3"),
			"MemoryHigh=100 MemoryLow=1 MemoryMax=infinity MemoryMin=2 MemorySwapMax=0 MemoryZSwapMax=3"},
		{"unified memory with units", unified("memory.high", "1K", "memory.low", "2m", "memory.max", "3G", "memory.min", "0x10", "memory.swap.max", "4t"),
			"MemoryHigh=1024 MemoryLow=2097152 MemoryMax=3221225472 MemoryMin=16 MemorySwapMax=4398046511104"},
		{"unified memory, wrong", unified("memory.high", "K", "memory.low", "1_0", "memory.max", "1KB", "memory.min", "17179869184G", "memory.swap.max", "0b1"), ""},
		{"unified cpu", unified("cpu.max", "50000 100000", "cpu.weight", "77\n", "cpuset.cpus", "1", "cpuset.mems", "0"),
			"CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=500000 CPUWeight=77 AllowedCPUs=0x02 AllowedMemoryNodes=0x01"},
		{"unified cpu.max alone", unified("cpu.max", "50000"), "CPUQuotaPerSecUSec=500000"},
		{"unified cpu.max of any", unified("cpu.max", "max 20000"), "CPUQuotaPeriodUSec=20000 CPUQuotaPerSecUSec=infinity"},
		{"unified cpu.idle", unified("cpu.idle", "1"), "CPUWeight=0"},
		{"unified, not cpu.idle", unified("cpu.idle", "0"), "CPUWeight=100"},
		{"unified, not cpu.idle, with a weight", unified("cpu.idle", "0", "cpu.weight", "7"), "CPUWeight=7"},
		{"unified pids and io", unified("io.weight", "default 50", "pids.max", "max"), "IOWeight=50 TasksMax=infinity"},
		{"unified io.weight of a device", unified("io.weight", "8:0 50"), ""},
		{"unified, nothing of systemd's", unified("hugetlb.2MB.max", "0", "memory.oom.group", "1", "io.max", "8:0 rbps=5", "cgroup.max.depth", "1"), ""},
		{"unified, wrong", unified("memory.max", "lots", "cpu.max", "a b", "cpuset.cpus", "x", "pids.max", "-3", "cpu.weight", ""), ""},
		{"unified over the others", &specs.LinuxResources{
			Memory: &specs.LinuxMemory{Limit: ptr(int64(4096))}, Pids: &specs.LinuxPids{Limit: ptr(int64(5))}, Unified: map[string]string{"memory.max": "8192"},
		}, "TasksMax=5 MemoryMax=8192"},
		{"unified cpu.max over cpu.quota", &specs.LinuxResources{
			CPU: &specs.LinuxCPU{Quota: ptr(int64(1001))}, Unified: map[string]string{"cpu.max": "50000 100000"},
		}, "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=500000"},
		{"unified memory.max with a unit over the limit", &specs.LinuxResources{
			Memory: &specs.LinuxMemory{Limit: ptr(int64(4096))}, Unified: map[string]string{"memory.max": "1M"},
		}, "MemoryMax=1048576"},
		{"unified cpu.max that leaves cpu.period", &specs.LinuxResources{
			CPU: &specs.LinuxCPU{Period: ptr(uint64(200000))}, Unified: map[string]string{"cpu.max": "50000"},
		}, "CPUQuotaPeriodUSec=200000 CPUQuotaPerSecUSec=250000"},
	} {
		r, err := convert(Layout{Mode: V2, Unified: root}, c.in)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		props := limitProperties(r)
		if got := text(props); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
		for _, p := range props {
			if !p.Optional {
				t.Errorf("%s: %s is not optional, but the file has it too", c.name, p.Name)
			}
		}
	}
}

func text(props []systemd.Property) string {
	var out []string
	for _, p := range props {
		s := p.String()
		if p.Before257 != nil {
			s += fmt.Sprintf(" (before 257: %d)", p.Before257)
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

// TestScopeProperties: what every scope has; annotations replace what can be
// another way, and cannot touch the rest.
func TestScopeProperties(t *testing.T) {
	r, err := convert(Layout{Mode: V2, Unified: root}, &specs.LinuxResources{
		Pids: &specs.LinuxPids{Limit: ptr(int64(5))}, Unified: map[string]string{"memory.oom.group": "1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	const accounting = "CPUAccounting=true IOAccounting=true MemoryAccounting=true TasksAccounting=true "
	if got, want := text(scopeProperties("a.slice", "c1", nil, r)), `Description="runseal container c1" Slice="a.slice" Delegate=true DefaultDependencies=false `+
		`CollectMode="inactive-or-failed" `+accounting+`TasksMax=5 OOMPolicy="kill"`; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	annotated, err := systemd.Annotated(map[string]string{
		"org.systemd.property.After": "['crio.service']", "org.systemd.property.DefaultDependencies": "true",
		"org.systemd.property.CollectMode": "'inactive'", "org.systemd.property.OOMPolicy": "'stop'",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := text(scopeProperties("a.slice", "c1", annotated, r)), `Description="runseal container c1" Slice="a.slice" Delegate=true DefaultDependencies=true `+
		`CollectMode="inactive" `+accounting+`TasksMax=5 OOMPolicy="stop" After=["crio.service"]`; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestForeign: which limits need controllers that systemd does not enable.
func TestForeign(t *testing.T) {
	for file, want := range map[string]bool{
		"memory.max": false, "cpu.max": false, "cpuset.cpus": false, "io.max": false, "pids.max": false, "cgroup.max.depth": false,
		"hugetlb.2MB.max": true, "rdma.max": true, "misc.max": true,
	} {
		r, err := convert(Layout{Mode: V2}, &specs.LinuxResources{Unified: map[string]string{file: "1"}})
		if err != nil {
			t.Fatal(err)
		}
		if foreign(r) != want {
			t.Errorf("%s: %v", file, !want)
		}
	}
	r, err := convert(Layout{Mode: V2}, &specs.LinuxResources{HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 0}}})
	if err != nil || !foreign(r) {
		t.Errorf("huge pages: %v", err)
	}
}

func TestBitmask(t *testing.T) {
	for list, want := range map[string]string{
		"": "", "0": "01", "7": "80", "8": "0001", "0-7,8-9": "ff03", "3,1": "0a", "x": "", "1,": "", "65535": strings.Repeat("00", 8191) + "80",
		"1-9:1/4": "2202", "65536": "",
	} {
		var got strings.Builder
		for _, b := range bitmask(list) {
			got.WriteByte("0123456789abcdef"[b>>4])
			got.WriteByte("0123456789abcdef"[b&15])
		}
		if got.String() != want {
			t.Errorf("%q: %s, want %s", list, got.String(), want)
		}
	}
}

// TestScopeRefused: on a machine without systemd, or on version 1, there is no
// systemd driver; which of the two is said depends on the machine.
func TestScopeRefused(t *testing.T) {
	_, err := NewScope(Layout{Mode: Hybrid}, &specs.Spec{}, "c1")
	want := "--systemd-cgroup: the systemd driver needs cgroup v2, this host is in mode hybrid"
	if systemd.Running() != nil {
		want = "--systemd-cgroup: systemd does not run here: there is no directory /run/systemd/system"
	}
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestHolds: a process that is elsewhere is noticed. (This one is in no such scope.)
func TestHolds(t *testing.T) {
	u := &unit{Scope: systemd.Scope{Unit: "a.scope", Slice: "b.slice"}}
	err := u.holds(os.Getpid())
	if err == nil || !strings.Contains(err.Error(), `expected "/b.slice/a.scope"`) {
		t.Error(err)
	}
}
