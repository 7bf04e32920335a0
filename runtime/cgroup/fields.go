package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// describe turns the library's error, which knows a file, into one that names
// the field of LinuxResources; other is the field for everything else.
func (c *Cgroup) describe(other string, err error) error {
	var pe *fs.PathError
	if !errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", other, err)
	}
	file := filepath.Base(pe.Path)
	field, value := fieldOf(file, c.spec, err.Error())
	if field == "" {
		return fmt.Errorf("%s: %w", other, err)
	}
	var why string
	var errno syscall.Errno
	if errors.As(err, &errno) {
		switch errno {
		case syscall.ENOENT:
			why = "; this kernel or cgroup has no such limit, or its controller is not enabled"
			if c.mode == V2 {
				why = "; " + c.whyNoFile(file)
			}
		case syscall.EINVAL, syscall.ERANGE:
			why = "; expected a value that the kernel and the parent cgroup allow"
		case syscall.EACCES, syscall.EPERM:
			why = "; expected a value within the parent cgroup's"
		case syscall.EBUSY:
			why = "; expected more than is in use"
		}
	}
	return fmt.Errorf("%s%s: %s: %s: %w%s", c.in, field, value, file, pe.Err, why)
}

// fieldOf says which field of linux.resources a cgroup file is written from,
// and its value. text is the whole error, by which the entry of a list is found.
// It returns "" for a file that belongs to no field.
func fieldOf(file string, r *specs.LinuxResources, text string) (field, value string) {
	if r == nil {
		return "", ""
	}
	if v, ok := r.Unified[file]; ok && strings.Contains(text, "unified resource") {
		return "unified", strconv.Quote(file) + ": " + strconv.Quote(cut(v))
	}
	var (
		mem specs.LinuxMemory
		cpu specs.LinuxCPU
		bio specs.LinuxBlockIO
		net specs.LinuxNetwork
	)
	if r.Memory != nil {
		mem = *r.Memory
	}
	if r.CPU != nil {
		cpu = *r.CPU
	}
	if r.BlockIO != nil {
		bio = *r.BlockIO
	}
	if r.Network != nil {
		net = *r.Network
	}
	switch file {
	case "memory.limit_in_bytes", "memory.max":
		return "memory.limit", show(mem.Limit)
	case "memory.soft_limit_in_bytes", "memory.low":
		return "memory.reservation", show(mem.Reservation)
	case "memory.memsw.limit_in_bytes", "memory.swap.max":
		return "memory.swap", show(mem.Swap)
	case "memory.swappiness":
		return "memory.swappiness", show(mem.Swappiness)
	case "memory.oom_control":
		return "memory.disableOOMKiller", show(mem.DisableOOMKiller)
	case "cpu.shares", "cpu.weight":
		return "cpu.shares", show(cpu.Shares)
	case "cpu.cfs_quota_us":
		return "cpu.quota", show(cpu.Quota)
	case "cpu.cfs_period_us":
		return "cpu.period", show(cpu.Period)
	case "cpu.max":
		if cpu.Quota == nil {
			return "cpu.period", show(cpu.Period)
		}
		return "cpu.quota", show(cpu.Quota)
	case "cpu.cfs_burst_us", "cpu.max.burst":
		return "cpu.burst", show(cpu.Burst)
	case "cpu.rt_period_us":
		return "cpu.realtimePeriod", show(cpu.RealtimePeriod)
	case "cpu.rt_runtime_us":
		return "cpu.realtimeRuntime", show(cpu.RealtimeRuntime)
	case "cpu.idle":
		return "cpu.idle", show(cpu.Idle)
	case "cpuset.cpus", "cpus":
		return "cpu.cpus", strconv.Quote(cut(cpu.Cpus))
	case "cpuset.mems", "mems":
		return "cpu.mems", strconv.Quote(cut(cpu.Mems))
	case "pids.max":
		if r.Pids != nil {
			return "pids.limit", show(r.Pids.Limit)
		}
	case "blkio.weight", "blkio.bfq.weight", "io.weight", "io.bfq.weight":
		return "blockIO.weight", show(bio.Weight)
	case "blkio.leaf_weight":
		return "blockIO.leafWeight", show(bio.LeafWeight)
	case "blkio.weight_device", "blkio.bfq.weight_device", "blkio.leaf_weight_device":
		for i, d := range bio.WeightDevice {
			if named(text, d.Major, d.Minor) {
				return fmt.Sprintf("blockIO.weightDevice[%d]", i), fmt.Sprintf("%d:%d", d.Major, d.Minor)
			}
		}
		// The file could not be opened, and nothing is quoted.
		return "blockIO.weightDevice", strconv.Itoa(len(bio.WeightDevice)) + " entries"
	case "blkio.throttle.read_bps_device":
		return throttle("throttleReadBpsDevice", bio.ThrottleReadBpsDevice, text)
	case "blkio.throttle.write_bps_device":
		return throttle("throttleWriteBpsDevice", bio.ThrottleWriteBpsDevice, text)
	case "blkio.throttle.read_iops_device":
		return throttle("throttleReadIOPSDevice", bio.ThrottleReadIOPSDevice, text)
	case "blkio.throttle.write_iops_device":
		return throttle("throttleWriteIOPSDevice", bio.ThrottleWriteIOPSDevice, text)
	case "io.max":
		switch {
		case strings.Contains(text, " rbps="):
			return throttle("throttleReadBpsDevice", bio.ThrottleReadBpsDevice, text)
		case strings.Contains(text, " wbps="):
			return throttle("throttleWriteBpsDevice", bio.ThrottleWriteBpsDevice, text)
		case strings.Contains(text, " riops="):
			return throttle("throttleReadIOPSDevice", bio.ThrottleReadIOPSDevice, text)
		case strings.Contains(text, " wiops="):
			return throttle("throttleWriteIOPSDevice", bio.ThrottleWriteIOPSDevice, text)
		}
	case "net_cls.classid":
		return "network.classID", show(net.ClassID)
	case "net_prio.ifpriomap":
		for i, p := range net.Priorities {
			if strings.Contains(text, `"`+p.Name+" ") {
				return fmt.Sprintf("network.priorities[%d].name", i), strconv.Quote(p.Name)
			}
		}
		return "network.priorities", strconv.Itoa(len(net.Priorities)) + " entries"
	case "rdma.max":
		for name := range r.Rdma {
			if strings.Contains(text, `"`+name+" ") {
				return "rdma", strconv.Quote(name)
			}
		}
		return "rdma", strconv.Itoa(len(r.Rdma)) + " entries"
	}
	if rest, ok := strings.CutPrefix(file, "hugetlb."); ok {
		size, _, _ := strings.Cut(rest, ".")
		for i, h := range r.HugepageLimits {
			if h.Pagesize == size {
				return fmt.Sprintf("hugepageLimits[%d]", i), fmt.Sprintf("%s of %d bytes", size, h.Limit)
			}
		}
	}
	if v, ok := r.Unified[file]; ok {
		return "unified", strconv.Quote(file) + ": " + strconv.Quote(cut(v))
	}
	return "", ""
}

// throttle finds the entry of a list that the error text quotes.
func throttle(name string, list []specs.LinuxThrottleDevice, text string) (field, value string) {
	for i, d := range list {
		if named(text, d.Major, d.Minor) {
			return fmt.Sprintf("blockIO.%s[%d]", name, i), fmt.Sprintf("%d:%d at %d", d.Major, d.Minor, d.Rate)
		}
	}
	return "blockIO." + name, strconv.Itoa(len(list)) + " entries"
}

// named says whether the error text is about a write that begins with the device.
func named(text string, major, minor int64) bool {
	return strings.Contains(text, fmt.Sprintf(`"%d:%d `, major, minor))
}

// show prints an optional value.
func show[T any](v *T) string {
	if v == nil {
		return "not given"
	}
	return fmt.Sprint(*v)
}
