package cgroup

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// cpu converts linux.resources.cpu, the cpuset included.
func (c *conv) cpu(p *specs.LinuxCPU) {
	if p == nil {
		return
	}
	if s := p.Shares; s != nil && *s != 0 {
		c.need("cpu", "cpu.shares", *s)
		if *s < 2 || *s > 262144 {
			c.bad("cpu.shares", *s, "expected 2 to 262144")
		}
		c.out.CpuShares = *s
		c.out.CpuWeight = cgroups.ConvertCPUSharesToCgroupV2Value(*s)
	}
	if q := p.Quota; q != nil && *q != 0 {
		c.need("cpu", "cpu.quota", *q)
		if *q != -1 && *q < 1000 {
			c.bad("cpu.quota", *q, "expected at least 1000 microseconds, or -1 for no limit")
		}
		c.out.CpuQuota = *q
	}
	if d := p.Period; d != nil && *d != 0 {
		c.need("cpu", "cpu.period", *d)
		if *d < 1000 || *d > 1000000 {
			c.bad("cpu.period", *d, "expected 1000 to 1000000 microseconds")
		}
		c.out.CpuPeriod = *d
	}
	if b := p.Burst; b != nil && *b != 0 {
		c.need("cpu", "cpu.burst", *b)
		if c.out.CpuQuota == 0 {
			c.bad("cpu.burst", *b, "expected cpu.quota as well")
		} else if c.out.CpuQuota > 0 && *b > uint64(c.out.CpuQuota) {
			c.bad("cpu.burst", *b, "expected at most cpu.quota (%d)", c.out.CpuQuota)
		}
		c.out.CpuBurst = b
	}
	if p.RealtimePeriod != nil && *p.RealtimePeriod != 0 {
		c.v1Only("cpu.realtimePeriod", *p.RealtimePeriod)
		c.need("cpu", "cpu.realtimePeriod", *p.RealtimePeriod)
		c.out.CpuRtPeriod = *p.RealtimePeriod
	}
	if p.RealtimeRuntime != nil && *p.RealtimeRuntime != 0 {
		c.v1Only("cpu.realtimeRuntime", *p.RealtimeRuntime)
		c.need("cpu", "cpu.realtimeRuntime", *p.RealtimeRuntime)
		c.out.CpuRtRuntime = *p.RealtimeRuntime
	}
	if i := p.Idle; i != nil {
		c.need("cpu", "cpu.idle", *i)
		if *i != 0 && *i != 1 {
			c.bad("cpu.idle", *i, "expected 0 or 1")
		}
		c.out.CPUIdle = i
	}
	c.out.CpusetCpus = c.list("cpu.cpus", p.Cpus)
	c.out.CpusetMems = c.list("cpu.mems", p.Mems)
}

// list checks the syntax of a list of CPUs or memory nodes (cpuset(7), "List
// format": 0-4,9,16-24:2/4). Whether they exist is for the kernel to say.
func (c *conv) list(field, s string) string {
	if s == "" {
		return ""
	}
	c.need("cpuset", field, s)
	for _, part := range strings.Split(s, ",") {
		if err := checkRange(part); err != nil {
			c.bad(field, s, "%v", err)
		}
	}
	return s
}

func checkRange(part string) error {
	wrong := errors.New("expected a list of numbers and ranges such as 0-3,7")
	part, step, stepped := strings.Cut(part, ":")
	lo, hi, ranged := strings.Cut(part, "-")
	if stepped {
		used, group, ok := strings.Cut(step, "/")
		u, err1 := strconv.ParseUint(used, 10, 16)
		g, err2 := strconv.ParseUint(group, 10, 16)
		if !ok || !ranged || err1 != nil || err2 != nil || u == 0 || u > g {
			return wrong
		}
	}
	a, err := strconv.ParseUint(lo, 10, 16)
	if err != nil {
		return wrong
	}
	if ranged {
		b, err := strconv.ParseUint(hi, 10, 16)
		if err != nil {
			return wrong
		}
		if a > b {
			return fmt.Errorf("the range %s runs backwards, expected the lower number first", part)
		}
	}
	return nil
}
