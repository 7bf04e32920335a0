package cgroup

import (
	"maps"
	"math"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Merge puts the values that change names over those of now and returns the
// result; neither is written to, and both may be nil. As in [convert] a zero means
// "not set" but where it is a value of its own (burst, idle, pids, swappiness).
// Lists are merged entry by entry: by device, page size, interface or file.
//
// A memory limit of -1 without a word about swap lifts the limit of swap too, as
// runc has it: a sum of both would have no meaning.
//
// Device rules are not merged, since an update leaves them alone; the result has
// none. Nothing is validated.
func Merge(now, change *specs.LinuxResources) *specs.LinuxResources {
	var a, b specs.LinuxResources
	if now != nil {
		a = *now
	}
	if change != nil {
		b = *change
	}
	return &specs.LinuxResources{
		Memory:  mergeMemory(a.Memory, b.Memory),
		CPU:     mergeCPU(a.CPU, b.CPU),
		Pids:    mergeStruct(a.Pids, b.Pids, func(m, b *specs.LinuxPids) { over(&m.Limit, b.Limit) }),
		BlockIO: mergeStruct(a.BlockIO, b.BlockIO, mergeBlockIO),
		HugepageLimits: mergeList(a.HugepageLimits, b.HugepageLimits, func(a, b *specs.LinuxHugepageLimit) bool {
			if a.Pagesize != b.Pagesize {
				return false
			}
			a.Limit = b.Limit
			return true
		}),
		Network: mergeStruct(a.Network, b.Network, func(m, b *specs.LinuxNetwork) {
			overNonzero(&m.ClassID, b.ClassID)
			m.Priorities = mergeList(m.Priorities, b.Priorities, func(a, b *specs.LinuxInterfacePriority) bool {
				if a.Name != b.Name {
					return false
				}
				a.Priority = b.Priority
				return true
			})
		}),
		Rdma:    mergeRdma(a.Rdma, b.Rdma),
		Unified: mergeMap(a.Unified, b.Unified),
	}
}

func mergeMemory(now, change *specs.LinuxMemory) *specs.LinuxMemory {
	return mergeStruct(now, change, func(m, b *specs.LinuxMemory) {
		overNonzero(&m.Limit, b.Limit)
		overNonzero(&m.Reservation, b.Reservation)
		overNonzero(&m.Swap, b.Swap)
		if unset(b.Swap) && b.Limit != nil && *b.Limit == -1 {
			m.Swap = b.Limit
		}
		if b.Swappiness != nil && *b.Swappiness != math.MaxUint64 { // see conv.memory
			m.Swappiness = b.Swappiness
		}
		over(&m.DisableOOMKiller, b.DisableOOMKiller)
		over(&m.UseHierarchy, b.UseHierarchy)
		over(&m.CheckBeforeUpdate, b.CheckBeforeUpdate)
		over(&m.KernelTCP, b.KernelTCP)
		//lint:ignore SA1019 a deprecated field still has to be answered, by convert
		over(&m.Kernel, b.Kernel)
	})
}

func mergeCPU(now, change *specs.LinuxCPU) *specs.LinuxCPU {
	return mergeStruct(now, change, func(m, b *specs.LinuxCPU) {
		overNonzero(&m.Shares, b.Shares)
		overNonzero(&m.Quota, b.Quota)
		over(&m.Burst, b.Burst)
		overNonzero(&m.Period, b.Period)
		overNonzero(&m.RealtimeRuntime, b.RealtimeRuntime)
		overNonzero(&m.RealtimePeriod, b.RealtimePeriod)
		over(&m.Idle, b.Idle)
		if b.Cpus != "" {
			m.Cpus = b.Cpus
		}
		if b.Mems != "" {
			m.Mems = b.Mems
		}
	})
}

func mergeBlockIO(m, b *specs.LinuxBlockIO) {
	overNonzero(&m.Weight, b.Weight)
	overNonzero(&m.LeafWeight, b.LeafWeight)
	m.WeightDevice = mergeList(m.WeightDevice, b.WeightDevice, func(a, b *specs.LinuxWeightDevice) bool {
		if a.LinuxBlockIODevice != b.LinuxBlockIODevice {
			return false
		}
		overNonzero(&a.Weight, b.Weight)
		overNonzero(&a.LeafWeight, b.LeafWeight)
		return true
	})
	rate := func(a, b *specs.LinuxThrottleDevice) bool {
		if a.LinuxBlockIODevice != b.LinuxBlockIODevice {
			return false
		}
		a.Rate = b.Rate
		return true
	}
	m.ThrottleReadBpsDevice = mergeList(m.ThrottleReadBpsDevice, b.ThrottleReadBpsDevice, rate)
	m.ThrottleWriteBpsDevice = mergeList(m.ThrottleWriteBpsDevice, b.ThrottleWriteBpsDevice, rate)
	m.ThrottleReadIOPSDevice = mergeList(m.ThrottleReadIOPSDevice, b.ThrottleReadIOPSDevice, rate)
	m.ThrottleWriteIOPSDevice = mergeList(m.ThrottleWriteIOPSDevice, b.ThrottleWriteIOPSDevice, rate)
}

func mergeRdma(now, change map[string]specs.LinuxRdma) map[string]specs.LinuxRdma {
	m := mergeMap(now, nil)
	for name, b := range change {
		a := m[name]
		over(&a.HcaHandles, b.HcaHandles)
		over(&a.HcaObjects, b.HcaObjects)
		if m == nil {
			m = make(map[string]specs.LinuxRdma, len(change))
		}
		m[name] = a
	}
	return m
}

// mergeStruct copies now and lets merge put change over it.
func mergeStruct[T any](now, change *T, merge func(m, change *T)) *T {
	if now == nil && change == nil {
		return nil
	}
	m := new(T)
	if now != nil {
		*m = *now
	}
	if change == nil {
		change = new(T)
	}
	merge(m, change)
	return m
}

// mergeList lets take put each entry of change over the entry of the copy that it
// is for, and appends those for which there is none.
func mergeList[T any](now, change []T, take func(a, b *T) bool) []T {
	m := slices.Clone(now)
next:
	for i := range change {
		for j := range m {
			if take(&m[j], &change[i]) {
				continue next
			}
		}
		m = append(m, change[i])
	}
	return m
}

func mergeMap[V any](now, change map[string]V) map[string]V {
	m := maps.Clone(now)
	if m == nil && len(change) > 0 {
		m = make(map[string]V, len(change))
	}
	maps.Copy(m, change)
	return m
}

// over replaces a value by one that is given.
func over[T any](dst **T, v *T) {
	if v != nil {
		*dst = v
	}
}

// overNonzero replaces a value by one that is given and set.
func overNonzero[T comparable](dst **T, v *T) {
	if !unset(v) {
		*dst = v
	}
}

// unset says that a value is not given, or zero where that means the same.
func unset[T comparable](v *T) bool {
	var zero T
	return v == nil || *v == zero
}
