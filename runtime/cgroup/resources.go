package cgroup

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// convert turns linux.resources (without devices) into the library's form.
// Whatever the text and the mode alone show to be wrong, or what the library
// would leave out in silence, is an error here, before anything exists.
//
// In the library's form zero means "not set"; engines send zeros for that too
// (Docker: blockIO.weight), so that a zero is accepted and sets nothing.
func convert(l Layout, r *specs.LinuxResources) (*cgroups.Resources, error) {
	out := &cgroups.Resources{}
	if r == nil {
		return out, nil
	}
	c := conv{l: l, in: inConfig, out: out}
	c.memory(r.Memory)
	c.cpu(r.CPU)
	c.pids(r.Pids)
	c.blockIO(r.BlockIO)
	c.hugepages(r.HugepageLimits)
	c.network(r.Network)
	c.rdma(r.Rdma)
	c.unified(r.Unified)
	if c.err != nil {
		return nil, c.err
	}
	return out, nil
}

// What comes before the fields of LinuxResources in errors.
const inConfig, inUpdate = "linux.resources.", "resources: "

// conv collects the conversion; the first error stays.
type conv struct {
	l   Layout
	in  string // inConfig or inUpdate
	out *cgroups.Resources
	err error
}

// bad records an error about a field of linux.resources.
func (c *conv) bad(field string, value any, format string, args ...any) {
	if c.err != nil {
		return
	}
	if s, ok := value.(string); ok {
		value = strconv.Quote(cut(s))
	}
	c.err = fmt.Errorf("%s%s: %v: %s", c.in, field, value, fmt.Sprintf(format, args...))
}

// need checks on version 1 that the controller is mounted. On version 2 the
// kernel's answer comes with the write, since controllers are enabled then.
func (c *conv) need(controller, field string, value any) {
	if c.l.Mode == V2 {
		return
	}
	for i := range c.l.Hierarchies {
		for _, have := range c.l.Hierarchies[i].Controllers {
			if have == controller {
				return
			}
		}
	}
	c.bad(field, value, "the cgroup v1 controller %s is not mounted", controller)
}

// v1Only rejects a field that version 2 has no file for.
func (c *conv) v1Only(field string, value any) {
	if c.l.Mode == V2 {
		c.bad(field, value, "cgroup v2 has no such limit; expected cgroup v1 or no value")
	}
}

func (c *conv) memory(m *specs.LinuxMemory) {
	if m == nil {
		return
	}
	// bytes returns a size, 0 for "not set".
	bytes := func(field string, v *int64) int64 {
		if v == nil || *v == 0 {
			return 0
		}
		if *v < -1 {
			c.bad(field, *v, "expected a number of bytes, or -1 for no limit")
		}
		c.need("memory", field, *v)
		return *v
	}
	c.out.Memory = bytes("memory.limit", m.Limit)
	c.out.MemoryReservation = bytes("memory.reservation", m.Reservation)
	c.out.MemorySwap = bytes("memory.swap", m.Swap)
	if swap, limit := c.out.MemorySwap, c.out.Memory; swap > 0 {
		switch {
		case limit == 0:
			c.bad("memory.swap", swap, "expected memory.limit as well, since this is the sum of memory and swap")
		case limit > swap:
			c.bad("memory.swap", swap, "expected at least memory.limit (%d), since this is the sum of memory and swap", limit)
		case limit == -1 && c.l.Mode != V2:
			c.bad("memory.swap", swap, "expected -1, since memory.limit is -1 and this is the sum of memory and swap")
		}
	}
	// Kernel memory limits are deprecated in the specification, gone from Linux
	// 5.16, and never were in version 2.
	//lint:ignore SA1019 a deprecated field still has to be answered
	kernel := m.Kernel
	for _, k := range [...]struct {
		field string
		v     *int64
	}{
		{"memory.kernel", kernel},
		{"memory.kernelTCP", m.KernelTCP},
	} {
		if k.v != nil && *k.v != 0 && *k.v != -1 {
			c.bad(k.field, *k.v, "separate limits for kernel memory are not supported; expected no value, or -1")
		}
	}
	// Docker writes "not set" as -1 cast to an unsigned number.
	if s := m.Swappiness; s != nil && *s != math.MaxUint64 {
		c.v1Only("memory.swappiness", *s)
		c.need("memory", "memory.swappiness", *s)
		if *s > 100 {
			c.bad("memory.swappiness", *s, "expected 0 to 100")
		}
		c.out.MemorySwappiness = s
	}
	if d := m.DisableOOMKiller; d != nil && *d {
		c.v1Only("memory.disableOOMKiller", *d)
		c.need("memory", "memory.disableOOMKiller", *d)
		c.out.OomKillDisable = true
	}
	if h := m.UseHierarchy; h != nil && !*h {
		c.bad("memory.useHierarchy", *h, "memory is always accounted hierarchically (Linux 5.11 or newer, and cgroup v2); expected true")
	}
	if m.CheckBeforeUpdate != nil {
		c.out.MemoryCheckBeforeUpdate = *m.CheckBeforeUpdate
	}
}

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

func (c *conv) pids(p *specs.LinuxPids) {
	if p == nil || p.Limit == nil {
		return
	}
	c.need("pids", "pids.limit", *p.Limit)
	if *p.Limit < -1 || *p.Limit > 4194304 { // PID_MAX_LIMIT
		c.bad("pids.limit", *p.Limit, "expected 0 to 4194304, or -1 for no limit")
	}
	c.out.PidsLimit = p.Limit
}

// hugepages: the sizes that this machine has are for the kernel to say.
func (c *conv) hugepages(limits []specs.LinuxHugepageLimit) {
	for i, h := range limits {
		field := fmt.Sprintf("hugepageLimits[%d].pageSize", i)
		c.need("hugetlb", field, h.Pagesize)
		digits := strings.TrimRight(h.Pagesize, "KMGB")
		_, err := strconv.ParseUint(digits, 10, 32)
		switch h.Pagesize[len(digits):] {
		case "KB", "MB", "GB":
		default:
			err = strconv.ErrSyntax
		}
		if err != nil || digits[0] == '0' {
			c.bad(field, h.Pagesize, "expected a size such as 64KB, 2MB or 1GB")
		}
		for _, other := range limits[:i] {
			if other.Pagesize == h.Pagesize {
				c.bad(field, h.Pagesize, "given twice")
			}
		}
		c.out.HugetlbLimit = append(c.out.HugetlbLimit, &cgroups.HugepageLimit{Pagesize: h.Pagesize, Limit: h.Limit})
	}
}

func (c *conv) network(n *specs.LinuxNetwork) {
	if n == nil {
		return
	}
	if id := n.ClassID; id != nil && *id != 0 {
		c.v1Only("network.classID", *id)
		c.need("net_cls", "network.classID", *id)
		c.out.NetClsClassid = *id
	}
	for i, p := range n.Priorities {
		field := fmt.Sprintf("network.priorities[%d].name", i)
		c.v1Only(field, p.Name)
		c.need("net_prio", field, p.Name)
		if p.Name == "" || len(p.Name) > 15 || strings.ContainsAny(p.Name, " \t\n\x00/") {
			c.bad(field, p.Name, "expected the name of a network interface")
		}
		c.out.NetPrioIfpriomap = append(c.out.NetPrioIfpriomap, &cgroups.IfPrioMap{Interface: p.Name, Priority: int64(p.Priority)})
	}
}

func (c *conv) rdma(devices map[string]specs.LinuxRdma) {
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		limit := devices[name]
		field := "rdma"
		c.need("rdma", field, name)
		if name == "" || strings.ContainsAny(name, " \t\n\x00") {
			c.bad(field, name, "expected the name of an RDMA device")
		}
		if limit.HcaHandles == nil && limit.HcaObjects == nil {
			c.bad(field, name, "expected hcaHandles or hcaObjects")
		}
		if c.out.Rdma == nil {
			c.out.Rdma = make(map[string]cgroups.LinuxRdma, len(devices))
		}
		c.out.Rdma[name] = cgroups.LinuxRdma{HcaHandles: limit.HcaHandles, HcaObjects: limit.HcaObjects}
	}
}

// unified is a map from file name to content, for version 2.
func (c *conv) unified(files map[string]string) {
	if len(files) == 0 {
		return
	}
	c.out.Unified = make(map[string]string, len(files))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		value := files[name]
		if c.l.Mode != V2 {
			c.bad("unified", name, "expected cgroup v2, this host is in mode %s", c.l.Mode)
		}
		controller, _, ok := strings.Cut(name, ".")
		switch {
		case !ok || controller == "" || strings.ContainsAny(name, "/\n\x00"):
			c.bad("unified", name, "expected the name of a cgroup file, CONTROLLER.PARAMETER")
		case controller == "cgroup" && name != "cgroup.max.depth" && name != "cgroup.max.descendants" && name != "cgroup.pressure":
			// cgroup.procs would pull any process of the host into the
			// container's cgroup, cgroup.freeze would stop the start for ever.
			c.bad("unified", name, "expected a limit; files that move, kill or freeze processes are not limits")
		case strings.ContainsRune(value, 0):
			c.bad("unified", name, "its value holds a NUL")
		}
		c.out.Unified[name] = value
	}
}
