package cgroup_test

import (
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime/cgroup"
)

// TestBadValues: what only the kernel can refuse is an error that names the
// field, and nothing is left.
func TestBadValues(t *testing.T) {
	type R = specs.LinuxResources
	l := layout(t)
	two := l.Mode == cgroup.V2
	read := R{BlockIO: &specs.LinuxBlockIO{
		ThrottleReadBpsDevice: []specs.LinuxThrottleDevice{{LinuxBlockIODevice: specs.LinuxBlockIODevice{Major: 4000, Minor: 7}, Rate: 5}}}}
	write := R{BlockIO: &specs.LinuxBlockIO{
		ThrottleWriteIOPSDevice: []specs.LinuxThrottleDevice{{LinuxBlockIODevice: specs.LinuxBlockIODevice{Major: 4000, Minor: 7}, Rate: 5}}}}
	for _, c := range []struct {
		v1, v2 bool
		want   string
		r      R
	}{
		{true, true, `cpu.cpus: "4095": cpuset.cpus: `, R{CPU: &specs.LinuxCPU{Cpus: "4095"}}},
		{true, true, `cpu.mems: "900": cpuset.mems: `, R{CPU: &specs.LinuxCPU{Mems: "900"}}},
		{true, true, "blockIO.throttleReadBpsDevice[0]: 4000:7 at 5: ", read},
		{true, true, "blockIO.throttleWriteIOPSDevice[0]: 4000:7 at 5: ", write},
		// Weights of leaves, and of devices, were those of the CFQ scheduler, which Linux 5.0 took away.
		{true, false, "blockIO.leafWeight: 100: ", R{BlockIO: &specs.LinuxBlockIO{LeafWeight: ptr(uint16(100))}}},
		{true, false, "blockIO.weightDevice: 1 entries: ", R{BlockIO: &specs.LinuxBlockIO{
			WeightDevice: []specs.LinuxWeightDevice{{LinuxBlockIODevice: specs.LinuxBlockIODevice{Major: 4000, Minor: 7}, LeafWeight: ptr(uint16(100))}}}}},
		{false, true, "cpu.quota: 17592186044416: cpu.max: invalid argument", R{CPU: &specs.LinuxCPU{Quota: ptr(int64(1 << 44))}}},
		{false, true, "cpu.shares: 512: cpu.weight: ", R{CPU: &specs.LinuxCPU{Idle: ptr(int64(1)), Shares: ptr(uint64(512))}}},
		{false, true, "hugepageLimits[0]: 7MB of 5 bytes: hugetlb.7MB.max: ", R{HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "7MB", Limit: 5}}}},
		{false, true, `rdma: "mlx5_9": rdma.max: `, R{Rdma: map[string]specs.LinuxRdma{"mlx5_9": {HcaHandles: ptr(uint32(3))}}}},
		{false, true, "blockIO.weightDevice: cgroup v2 has weights per device only with the BFQ scheduler", R{BlockIO: &specs.LinuxBlockIO{
			WeightDevice: []specs.LinuxWeightDevice{{LinuxBlockIODevice: specs.LinuxBlockIODevice{Major: 4000, Minor: 7}, Weight: ptr(uint16(100))}}}}},
		{false, true, `unified: "memory.high": "lots": memory.high: invalid argument`, R{Unified: map[string]string{"memory.high": "lots"}}},
		{false, true, `unified: "memory.max": "lots": memory.max: invalid argument`, R{Unified: map[string]string{"memory.max": "lots"}}},
		{false, true, `unified: "cpu.weight": "10001": cpu.weight: numerical result out of range`, R{Unified: map[string]string{"cpu.weight": "10001"}}},
		{false, true, `unified: "memory.nosuch": "1": memory.nosuch: no such file or directory`, R{Unified: map[string]string{"memory.nosuch": "1"}}},
		{false, true, `unified: "nosuch.max": "1": nosuch.max: no such file or directory; this machine has no controller nosuch for cgroup v2`, R{Unified: map[string]string{"nosuch.max": "1"}}},
		{false, true, `unified: "memory.current": "1": memory.current: `, R{Unified: map[string]string{"memory.current": "1"}}},
	} {
		if two && !c.v2 || !two && !c.v1 {
			continue
		}
		cg := build(t, newPath(), &c.r)
		err := cg.Create()
		if err != nil {
			gone(t, cg) // Create cleans up after itself
		} else {
			err = cg.Set()
		}
		want := c.want
		if text := tooNew(&c.r); two && text != "" {
			want = text
		}
		if err == nil || !strings.HasPrefix(err.Error(), "linux.resources."+want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got  %v\nwant linux.resources.%s...", err, want)
		}
		if err := cg.Destroy(); err != nil {
			t.Error(err)
		}
		gone(t, cg)
	}
}
