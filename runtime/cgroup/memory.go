package cgroup

import (
	"math"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// memory converts linux.resources.memory.
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
