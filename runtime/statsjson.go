package runtime

import (
	"maps"
	"slices"
	"strconv"

	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/spec/jsonw"
)

// The documents of `events`, on one line each, as runc writes them and tools parse
// them: members that are left out when they are zero, and others that are not.

// appendOOM appends the event of a process that was killed for lack of memory.
func appendOOM(b []byte, id string) []byte {
	b = jsonw.AppendString(append(b, `{"type":"oom","id":`...), id)
	return append(b, '}')
}

// appendStats appends the event with what a container uses. intel_rdt and
// network_interfaces are always empty: neither the resctrl group nor the network
// devices that a container may have are read.
func appendStats(b []byte, id string, s *cgroup.Stats) []byte {
	b = jsonw.AppendString(append(b, `{"type":"stats","id":`...), id)
	b = append(b, `,"data":{"cpu":`...)
	b = appendCPU(b, &s.CPU)
	b = appendCPUSet(append(b, `,"cpuset":`...), &s.CPUSet)
	b = appendMemory(append(b, `,"memory":`...), &s.Memory)
	b = append(b, `,"pids":{`...)
	b = nonzero(b, "current", s.Pids.Current)
	b = nonzero(b, "limit", s.Pids.Limit)
	b = appendBlkIO(append(b, `},"blkio":`...), &s.BlkIO)
	b = append(b, `,"hugetlb":{`...)
	for _, size := range slices.Sorted(maps.Keys(s.Hugetlb)) {
		h := s.Hugetlb[size]
		b = append(jsonw.AppendName(b, size), '{')
		b = nonzero(b, "usage", h.Usage)
		b = nonzero(b, "max", h.Max)
		b = append(number(b, "failcnt", h.Failures), '}')
	}
	return append(b, `},"intel_rdt":{},"network_interfaces":null}}`...)
}

func appendCPU(b []byte, c *cgroup.CPUStats) []byte {
	b = append(b, `{"usage":{`...)
	b = nonzero(b, "total", c.Total)
	b = numbers(b, "percpu", c.PerCPU)
	b = numbers(b, "percpu_kernel", c.PerCPUKernel)
	b = numbers(b, "percpu_user", c.PerCPUUser)
	b = number(b, "kernel", c.Kernel)
	b = number(b, "user", c.User)
	b = append(b, `},"throttling":{`...)
	b = nonzero(b, "periods", c.Periods)
	b = nonzero(b, "throttledPeriods", c.ThrottledPeriods)
	b = nonzero(b, "throttledTime", c.ThrottledTime)
	return append(pressure(append(b, '}'), c.Pressure), '}')
}

func appendCPUSet(b []byte, c *cgroup.CPUSetStats) []byte {
	b = numbers(append(b, '{'), "cpus", c.CPUs)
	b = number(b, "cpu_exclusive", c.CPUExclusive)
	b = numbers(b, "mems", c.Mems)
	b = number(b, "mem_hardwall", c.MemHardwall)
	b = number(b, "mem_exclusive", c.MemExclusive)
	b = number(b, "memory_migrate", c.MemoryMigrate)
	b = number(b, "memory_spread_page", c.MemorySpreadPage)
	b = number(b, "memory_spread_slab", c.MemorySpreadSlab)
	b = number(b, "memory_pressure", c.MemoryPressure)
	b = number(b, "sched_load_balance", c.SchedLoadBalance)
	b = jsonw.AppendInt(jsonw.AppendName(b, "sched_relax_domain_level"), c.SchedRelaxDomainLevel)
	return append(b, '}')
}

func appendMemory(b []byte, m *cgroup.MemoryStats) []byte {
	b = nonzero(append(b, '{'), "cache", m.Cache)
	for _, x := range [...]struct {
		name string
		*cgroup.MemoryUsage
	}{{"usage", &m.Usage}, {"swap", &m.Swap}, {"kernel", &m.Kernel}, {"kernelTCP", &m.KernelTCP}} {
		b = append(jsonw.AppendName(b, x.name), '{')
		b = number(b, "limit", x.Limit)
		b = nonzero(b, "usage", x.Usage)
		b = nonzero(b, "max", x.Max)
		b = append(number(b, "failcnt", x.Failures), '}')
	}
	if len(m.Raw) > 0 {
		b = append(jsonw.AppendName(b, "raw"), '{')
		for _, key := range slices.Sorted(maps.Keys(m.Raw)) {
			b = number(b, key, m.Raw[key])
		}
		b = append(b, '}')
	}
	return append(pressure(b, m.Pressure), '}')
}

func appendBlkIO(b []byte, s *cgroup.BlkIOStats) []byte {
	b = append(b, '{')
	for _, list := range [...]struct {
		name    string
		entries []cgroup.BlkIOEntry
	}{
		{"ioServiceBytesRecursive", s.ServiceBytes}, {"ioServicedRecursive", s.Serviced}, {"ioQueueRecursive", s.Queued},
		{"ioServiceTimeRecursive", s.ServiceTime}, {"ioWaitTimeRecursive", s.WaitTime}, {"ioMergedRecursive", s.Merged},
		{"ioTimeRecursive", s.Time}, {"sectorsRecursive", s.Sectors},
	} {
		if len(list.entries) == 0 {
			continue
		}
		b = append(jsonw.AppendName(b, list.name), '[')
		for i := range list.entries {
			e := &list.entries[i]
			b = append(jsonw.AppendComma(b), '{')
			b = nonzero(b, "major", e.Major)
			b = nonzero(b, "minor", e.Minor)
			if e.Op != "" {
				b = jsonw.AppendString(jsonw.AppendName(b, "op"), e.Op)
			}
			b = append(nonzero(b, "value", e.Value), '}')
		}
		b = append(b, ']')
	}
	return append(pressure(b, s.Pressure), '}')
}

// pressure appends the member "psi" (runc 1.2 and newer), if there is one.
func pressure(b []byte, p *cgroup.Pressure) []byte {
	if p == nil {
		return b
	}
	b = append(jsonw.AppendName(b, "psi"), '{')
	for _, x := range [...]struct {
		name string
		*cgroup.Stall
	}{{"some", &p.Some}, {"full", &p.Full}} {
		b = append(jsonw.AppendName(b, x.name), '{')
		for _, avg := range [...]struct{ name, percent string }{{"avg10", x.Avg10}, {"avg60", x.Avg60}, {"avg300", x.Avg300}} {
			if avg.percent == "" {
				avg.percent = "0"
			}
			b = append(jsonw.AppendName(b, avg.name), avg.percent...)
		}
		b = append(number(b, "total", x.Total), '}')
	}
	return append(b, '}')
}

func number(b []byte, name string, n uint64) []byte {
	return jsonw.AppendUint(jsonw.AppendName(b, name), n)
}

func nonzero(b []byte, name string, n uint64) []byte {
	if n == 0 {
		return b
	}
	return number(b, name, n)
}

func numbers[T uint16 | uint64](b []byte, name string, list []T) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(jsonw.AppendName(b, name), '[')
	for _, n := range list {
		b = strconv.AppendUint(jsonw.AppendComma(b), uint64(n), 10)
	}
	return append(b, ']')
}
