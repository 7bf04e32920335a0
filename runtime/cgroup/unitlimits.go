package cgroup

import (
	"maps"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/cgroups"

	"github.com/runseal/runseal/runtime/systemd"
)

// limitProperties are the limits as properties of a unit, as far as systemd has
// them (systemd.resource-control(5)), for cgroup v2. systemd writes them to the
// cgroup when it makes it, and again at times that it chooses; so these files must
// not be ours alone. What it cannot express exactly is a little more here than
// was asked for; the files then get the exact value.
//
// Devices are not among them: systemd names them by paths and classes, and gives
// the cgroup a program of its own beside ours, of which both have to grant. It
// does not touch ours.
//
// linux.resources.unified comes last and replaces the others, as in the files.
func limitProperties(r *cgroups.Resources) []systemd.Property {
	var l limits
	if r.Memory != 0 {
		l.set("MemoryMax", uint64(r.Memory)) // -1 is systemd's infinity too
	}
	if r.MemoryReservation != 0 {
		l.set("MemoryLow", uint64(r.MemoryReservation))
	}
	// 0 means "none" only if a sum was given. What cannot be is an error of Set.
	if swap, err := cgroups.ConvertMemorySwapToCgroupV2Value(r.MemorySwap, r.Memory); err == nil && (swap != 0 || r.MemorySwap > 0) {
		l.set("MemorySwapMax", uint64(swap))
	}
	if r.CpuWeight != 0 {
		l.set("CPUWeight", r.CpuWeight)
	}
	if r.CPUIdle != nil {
		l.idle(*r.CPUIdle == 1)
	}
	if r.CpuQuota != 0 || r.CpuPeriod != 0 {
		l.cpuQuota(r.CpuQuota, r.CpuPeriod)
	}
	l.cpuset("AllowedCPUs", r.CpusetCpus)
	l.cpuset("AllowedMemoryNodes", r.CpusetMems)
	if r.PidsLimit != nil {
		l.tasks(uint64(*r.PidsLimit))
	}
	if r.BlkioWeight != 0 {
		l.set("IOWeight", cgroups.ConvertBlkIOToIOWeightValue(r.BlkioWeight))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Unified)) {
		l.unified(name, strings.TrimSpace(r.Unified[name]))
	}
	return l.props
}

// limits collects properties. All are optional, since Set writes the files.
type limits struct{ props []systemd.Property }

func (l *limits) set(name string, value any) {
	l.props = slices.DeleteFunc(l.props, func(p systemd.Property) bool { return p.Name == name })
	l.props = append(l.props, systemd.Property{Name: name, Value: value, Optional: true})
}

// idle is a weight of 0 for systemd 252 and later. Who is not idle any more, and has
// no weight, has the kernel's (sched_group_set_idle).
func (l *limits) idle(is bool) {
	switch {
	case is:
		l.set("CPUWeight", uint64(0))
	case !slices.ContainsFunc(l.props, func(p systemd.Property) bool { return p.Name == "CPUWeight" }):
		l.set("CPUWeight", uint64(100))
	}
}

// tasks: systemd takes no 0, which is for the file.
func (l *limits) tasks(n uint64) { l.set("TasksMax", max(n, 1)) }

// cpuQuota takes microseconds in a period of microseconds; a quota of 0 or less is
// none, a period of 0 the one that was set before, or else the kernel's default.
// systemd counts in microseconds for each second and keeps percent of a CPU in its
// files, with two decimals, before 257 whole ones. What is more exact is rounded up: a
// limit that was right for a cgroup further down would be too much otherwise, and none
// at all be left of 0%.
func (l *limits) cpuQuota(quota int64, period uint64) {
	const name = "CPUQuotaPeriodUSec"
	if period != 0 {
		l.set(name, period)
	} else if i := slices.IndexFunc(l.props, func(p systemd.Property) bool { return p.Name == name }); i >= 0 {
		period = l.props[i].Value.(uint64)
	} else {
		period = 100000
	}
	exact := uint64(systemd.Infinity)
	if quota > 0 {
		if hi, lo := bits.Mul64(uint64(quota), 1e6); hi < period {
			q, rest := bits.Div64(hi, lo, period)
			if rest > 0 && q < systemd.Infinity {
				q++
			}
			exact = q
		}
	}
	const percent = 10000
	l.set("CPUQuotaPerSecUSec", roundUp(exact, percent/100))
	if coarse := roundUp(exact, percent); coarse != exact {
		l.props[len(l.props)-1].Before257 = coarse
	}
}

// roundUp returns the next multiple of unit, or Infinity.
func roundUp(n, unit uint64) uint64 {
	if n > systemd.Infinity-unit {
		return systemd.Infinity
	}
	return (n + unit - 1) / unit * unit
}

// cpuset takes a list of CPUs or memory nodes, as in cpuset.cpus. An empty one is
// none; one that is wrong is for the kernel to refuse.
func (l *limits) cpuset(name, list string) {
	if mask := bitmask(list); mask != nil {
		l.set(name, mask)
	}
}

// bitmask returns a list such as 0-3,8-31:2/8 as bits, the first in the lowest bit
// of the first byte, or nil if it is empty or not a list.
func bitmask(list string) []byte {
	var mask []byte
	for _, part := range strings.Split(list, ",") {
		if checkRange(part) != nil {
			return nil
		}
		part, step, stepped := strings.Cut(part, ":")
		lo, hi, ranged := strings.Cut(part, "-")
		if !ranged {
			hi = lo
		}
		first, _ := strconv.Atoi(lo) // 16 bits, says checkRange
		last, _ := strconv.Atoi(hi)
		used, group := 1, 1
		if stepped {
			u, g, _ := strings.Cut(step, "/")
			used, _ = strconv.Atoi(u)
			group, _ = strconv.Atoi(g)
		}
		for n := first; n <= last; n++ {
			if (n-first)%group >= used {
				continue
			}
			for len(mask) <= n/8 {
				mask = append(mask, 0)
			}
			mask[n/8] |= 1 << (n % 8)
		}
	}
	return mask
}

// unified takes a file of version 2 and what is written to it. Files and values
// that are not here are systemd's neither, or are for the kernel to refuse.
func (l *limits) unified(file, value string) {
	number, ok := parseLimit(value, strings.HasPrefix(file, "memory."))
	switch file {
	case "cpu.max":
		quota, period, _ := strings.Cut(value, " ")
		q, err1 := strconv.ParseInt(quota, 10, 64)
		if quota == "max" {
			q, err1 = 0, nil
		}
		p, err2 := strconv.ParseUint(strings.TrimSpace(period), 10, 64)
		if period == "" {
			p, err2 = 0, nil
		}
		if err1 == nil && err2 == nil {
			l.cpuQuota(q, p)
		}
	case "cpu.idle":
		if value == "0" || value == "1" {
			l.idle(value == "1")
		}
	case "cpuset.cpus":
		l.cpuset("AllowedCPUs", value)
	case "cpuset.mems":
		l.cpuset("AllowedMemoryNodes", value)
	case "io.weight":
		if n, err := strconv.ParseUint(strings.TrimSpace(strings.TrimPrefix(value, "default")), 10, 64); err == nil {
			l.set("IOWeight", n)
		}
	case "pids.max":
		if ok {
			l.tasks(number)
		}
	default:
		if p := unifiedProperty(file); p != "" && ok {
			l.set(p, number)
		}
	}
}

// parseLimit reads a number, or "max", as the kernel does; sizes may have a unit
// (memparse in lib/cmdline.c of the kernel).
func parseLimit(value string, size bool) (n uint64, ok bool) {
	if value == "max" {
		return systemd.Infinity, true
	}
	shift := 0
	if i := len(value) - 1; size && i >= 0 {
		if u := strings.IndexByte("kmgtpe", value[i]|0x20); u >= 0 && !strings.HasPrefix(value, "0x") {
			value, shift = value[:i], 10*(u+1)
		}
	}
	base, digits := 10, value
	if rest, hex := strings.CutPrefix(value, "0x"); hex {
		base, digits = 16, rest
	}
	n, err := strconv.ParseUint(digits, base, 64)
	return n << shift, err == nil && n <= systemd.Infinity>>shift
}

// unifiedProperty is the property for a file with one number in it.
func unifiedProperty(file string) string {
	switch file {
	case "cpu.weight":
		return "CPUWeight"
	case "memory.high":
		return "MemoryHigh"
	case "memory.low":
		return "MemoryLow"
	case "memory.max":
		return "MemoryMax"
	case "memory.min":
		return "MemoryMin"
	case "memory.swap.max":
		return "MemorySwapMax"
	case "memory.zswap.max":
		return "MemoryZSwapMax" // systemd 253
	}
	return ""
}

// oomPolicy: systemd writes memory.oom.group by itself, from a property that only
// a new scope can be given (systemd 253). With Delegate its default is "continue":
// one process killed for lack of memory does not end the container.
func oomPolicy(r *cgroups.Resources) []systemd.Property {
	switch strings.TrimSpace(r.Unified["memory.oom.group"]) {
	case "0":
		return []systemd.Property{{Name: "OOMPolicy", Value: "continue", Optional: true}}
	case "1":
		return []systemd.Property{{Name: "OOMPolicy", Value: "kill", Optional: true}}
	}
	return nil
}

// foreign says whether a limit needs a controller that systemd does not manage,
// and so does not enable for the scope (it knows cpu, cpuset, io, memory, pids).
func foreign(r *cgroups.Resources) bool {
	if len(r.HugetlbLimit) > 0 || len(r.Rdma) > 0 {
		return true
	}
	for file := range r.Unified {
		switch controller, _, _ := strings.Cut(file, "."); controller {
		case "cgroup", "cpu", "cpuset", "io", "memory", "pids":
		default:
			return true
		}
	}
	return false
}
