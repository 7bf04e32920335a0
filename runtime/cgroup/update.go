package cgroup

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Update changes the limits that change names and no others; now is what the
// container has, by which values that depend on each other are checked and
// converted. The result is what it has from here on ([Merge]), and a function that
// writes back what was there before, for a caller whose next step fails.
//
// Everything is checked as by New before anything is written. If a write fails,
// those before it are undone as far as the kernel allows: what a lower memory limit
// has thrown out of memory, or killed (version 2), does not come back, so that is
// written last. Errors name the field of change, its value and what was expected.
//
// Device rules are left alone whatever change says about them, as by runc: others,
// such as the hooks of GPUs, may have added to them.
func (c *Cgroup) Update(now, change *specs.LinuxResources) (merged *specs.LinuxResources, undo func() error, err error) {
	if change == nil {
		change = new(specs.LinuxResources)
	}
	merged = Merge(now, change)
	if err := c.prepareUpdate(merged, change); err != nil {
		return nil, nil, err
	}
	files, err := c.saveLimits()
	if err != nil {
		return nil, nil, err
	}
	undo = func() error { return restoreLimits(files) }
	if err := c.writeUpdate(change); err != nil {
		if e := undo(); e != nil {
			err = fmt.Errorf("%w; %w", err, e)
		}
		return nil, nil, err
	}
	return merged, undo, nil
}

// prepareUpdate does what does not write: it leaves in c.resources what is to be
// written.
func (c *Cgroup) prepareUpdate(merged, change *specs.LinuxResources) error {
	for _, dir := range c.dirs(nil) {
		fd, err := openCgroup(dir)
		if err == unix.ENOENT {
			return fmt.Errorf("cgroup %q: it does not exist any more", cut(dir))
		}
		if err != nil {
			return err
		}
		unix.Close(fd)
	}
	out, err := c.convertUpdate(merged, change)
	if err != nil {
		return err
	}
	// By these describe finds the field of a file, and in lists the entry.
	c.in, c.resources = inUpdate, out
	c.spec = &specs.LinuxResources{
		Memory: merged.Memory, CPU: merged.CPU, Pids: change.Pids, BlockIO: change.BlockIO,
		HugepageLimits: change.HugepageLimits, Network: change.Network, Rdma: change.Rdma, Unified: change.Unified,
	}
	if err := c.checkFiles(); err != nil {
		return err
	}
	if err := c.fillCPUMax(); err != nil {
		return err
	}
	return c.checkUsage(merged.Memory)
}

// convertUpdate is convert for the fields that change names. Memory and CPU are
// checked together with what is there already.
func (c *Cgroup) convertUpdate(merged, change *specs.LinuxResources) (*cgroups.Resources, error) {
	l := c.layout()
	all := conv{l: l, in: inUpdate, out: &cgroups.Resources{}}
	all.memory(merged.Memory)
	all.cpu(merged.CPU)
	own := conv{l: l, in: inUpdate, out: &cgroups.Resources{}}
	own.pids(change.Pids)
	own.blockIO(change.BlockIO)
	own.hugepages(change.HugepageLimits)
	own.network(change.Network)
	own.rdma(change.Rdma)
	own.unified(change.Unified)
	for _, err := range []error{all.err, own.err} {
		if err != nil {
			return nil, err
		}
	}
	c.takeMemory(own.out, all.out, change.Memory)
	c.takeCPU(own.out, all.out, change.CPU)
	return own.out, nil
}

// takeMemory takes from all what is to be written for change.
func (c *Cgroup) takeMemory(out, all *cgroups.Resources, change *specs.LinuxMemory) {
	if change == nil {
		return
	}
	limit, swap := !unset(change.Limit), !unset(change.Swap)
	if limit {
		out.Memory = all.Memory
	}
	if swap {
		out.MemorySwap = all.MemorySwap
	}
	// Version 2 limits swap alone, which is the difference of the two. On version
	// 1, where it is the sum, the library lifts it together with the limit.
	if c.mode == V2 && (limit || swap) {
		out.Memory, out.MemorySwap = all.Memory, all.MemorySwap
	}
	if !unset(change.Reservation) {
		out.MemoryReservation = all.MemoryReservation
	}
	if s := change.Swappiness; s != nil && *s != math.MaxUint64 {
		out.MemorySwappiness = all.MemorySwappiness
	}
	if d := change.DisableOOMKiller; d != nil {
		out.OomKillDisable = *d
	}
}

// takeCPU takes from all what is to be written for change.
func (c *Cgroup) takeCPU(out, all *cgroups.Resources, change *specs.LinuxCPU) {
	if change == nil {
		return
	}
	if !unset(change.Shares) || change.Idle != nil && *change.Idle == 0 {
		// The kernel has forgotten them where the cgroup was idle.
		out.CpuShares, out.CpuWeight = all.CpuShares, all.CpuWeight
	}
	if !unset(change.Quota) {
		out.CpuQuota = all.CpuQuota
	}
	if !unset(change.Period) {
		out.CpuPeriod = all.CpuPeriod
	}
	out.CpuBurst = change.Burst // a zero too, unlike at create: it takes one away
	if !unset(change.RealtimePeriod) {
		out.CpuRtPeriod = all.CpuRtPeriod
	}
	if !unset(change.RealtimeRuntime) {
		out.CpuRtRuntime = all.CpuRtRuntime
	}
	out.CPUIdle, out.CpusetCpus, out.CpusetMems = change.Idle, change.Cpus, change.Mems
}

// layout is what the conversion has to know, from the container's directories.
func (c *Cgroup) layout() Layout {
	l := Layout{Mode: c.mode}
	for controller := range c.paths {
		l.Hierarchies = append(l.Hierarchies, Hierarchy{Controllers: []string{controller}})
	}
	return l
}

// checkUsage is memory.checkBeforeUpdate on version 2, where the kernel would kill
// processes until the rest fits. On version 1 it refuses by itself (EBUSY).
func (c *Cgroup) checkUsage(m *specs.LinuxMemory) error {
	if c.mode != V2 || m == nil || m.CheckBeforeUpdate == nil || !*m.CheckBeforeUpdate {
		return nil
	}
	r := c.resources
	if r.Memory <= 0 && r.MemorySwap <= 0 {
		return nil
	}
	fd, err := openCgroup(c.paths[""])
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	usage, err := readNumber(fd, "memory.current")
	if err != nil {
		return fmt.Errorf("%smemory.checkBeforeUpdate: memory.current: %w", c.in, err)
	}
	for _, v := range []struct {
		field string
		limit int64
	}{{"memory.swap", r.MemorySwap}, {"memory.limit", r.Memory}} {
		if v.limit > 0 && uint64(v.limit) <= usage {
			return fmt.Errorf("%s%s: %d: expected more than the %d bytes that are in use, because memory.checkBeforeUpdate is true", c.in, v.field, v.limit, usage)
		}
	}
	return nil
}

// fillCPUMax adds the half of cpu.max (version 2: QUOTA PERIOD, in microseconds, or
// "max") that is not to be changed, from the file.
func (c *Cgroup) fillCPUMax() error {
	r := c.resources
	if c.mode != V2 || (r.CpuQuota == 0) == (r.CpuPeriod == 0) {
		return nil
	}
	fd, err := openCgroup(c.paths[""])
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	text, err := readAt(fd, "cpu.max")
	if err != nil {
		return c.describe("resources", &os.PathError{Op: "read", Path: "cpu.max", Err: err})
	}
	quota, period, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	switch {
	case r.CpuPeriod == 0:
		r.CpuPeriod, err = strconv.ParseUint(period, 10, 64)
	case quota == "max":
		r.CpuQuota = -1
	default:
		r.CpuQuota, err = strconv.ParseInt(quota, 10, 64)
	}
	if err != nil {
		return fmt.Errorf("cpu.max: %q: expected a quota and a period", text)
	}
	return nil
}

// writeUpdate writes c.resources. What can fail only for its value comes first,
// memory last. An idle cgroup has no weight of its own (sched_group_set_shares in
// the kernel refuses one), so that one begins to be idle after the rest and ends
// before.
func (c *Cgroup) writeUpdate(change *specs.LinuxResources) error {
	rest, memory := *c.resources, cgroups.Resources{}
	memory.Memory, rest.Memory = rest.Memory, 0
	memory.MemorySwap, rest.MemorySwap = rest.MemorySwap, 0
	memory.MemoryReservation, rest.MemoryReservation = rest.MemoryReservation, 0
	memory.MemorySwappiness, rest.MemorySwappiness = rest.MemorySwappiness, nil
	memory.OomKillDisable, rest.OomKillDisable = rest.OomKillDisable, false
	steps := []*cgroups.Resources{&rest, &memory}
	if idle := rest.CPUIdle; idle != nil {
		rest.CPUIdle = nil
		step := &cgroups.Resources{CPUIdle: idle}
		if *idle == 0 {
			steps = []*cgroups.Resources{step, &rest, &memory}
		} else {
			steps = []*cgroups.Resources{&rest, step, &memory}
		}
	}
	m, err := c.manager()
	if err != nil {
		return err
	}
	for _, r := range steps {
		field := "resources"
		if r == &memory {
			field = fmt.Sprintf("%smemory.limit: %d", c.in, r.Memory)
		}
		if err := m.Set(r); err != nil {
			return c.describe(field, err)
		}
	}
	if m := change.Memory; m != nil && m.DisableOOMKiller != nil && !*m.DisableOOMKiller && c.mode != V2 && c.paths["memory"] != "" {
		// The library only ever disables it.
		return c.write("memory", "memory.oom_control", "0")
	}
	return nil
}

// write writes one file of a controller.
func (c *Cgroup) write(controller, file, value string) error {
	fd, err := openCgroup(c.paths[controller])
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := writeAt(fd, file, value); err != nil {
		return c.describe("resources", &os.PathError{Op: "write", Path: file, Err: err})
	}
	return nil
}
