package cgroup

import (
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// tick is the unit of cpuacct.stat, 1/USER_HZ seconds, in nanoseconds. It is 100
// on every architecture that Go supports (asm-generic/param.h).
const tick = 1_000_000_000 / 100

func (s *Stats) readCPU(f *files) {
	f.keyed("cpu.stat", func(key string, n uint64) {
		switch key {
		case "nr_periods":
			s.CPU.Periods = n
		case "nr_throttled":
			s.CPU.ThrottledPeriods = n
		case "throttled_time":
			s.CPU.ThrottledTime = n
		}
	})
}

func (s *Stats) readCPUAcct(f *files) {
	s.CPU.Total = f.number("cpuacct.usage")
	s.CPU.PerCPU = f.numbers("cpuacct.usage_percpu")
	f.keyed("cpuacct.stat", func(key string, n uint64) {
		switch key {
		case "user":
			s.CPU.User = n * tick
		case "system":
			s.CPU.Kernel = n * tick
		}
	})
	// Linux 4.7. The first line is "cpu user system".
	const all = "cpuacct.usage_all"
	text, _ := f.text(all)
	_, text, _ = strings.Cut(text, "\n")
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 3 {
			f.bad(all, line)
			return
		}
		user, err1 := parseNumber([]byte(words[1]))
		kernel, err2 := parseNumber([]byte(words[2]))
		if err1 != nil || err2 != nil {
			f.bad(all, line)
			return
		}
		s.CPU.PerCPUUser = append(s.CPU.PerCPUUser, user)
		s.CPU.PerCPUKernel = append(s.CPU.PerCPUKernel, kernel)
	}
}

func (s *Stats) readCPUSet(f *files) {
	c := &s.CPUSet
	c.CPUs, c.Mems = f.ranges("cpuset.cpus"), f.ranges("cpuset.mems")
	for _, x := range [...]struct {
		name string
		to   *uint64
	}{
		{"cpu_exclusive", &c.CPUExclusive}, {"mem_hardwall", &c.MemHardwall}, {"mem_exclusive", &c.MemExclusive},
		{"memory_migrate", &c.MemoryMigrate}, {"memory_spread_page", &c.MemorySpreadPage}, {"memory_spread_slab", &c.MemorySpreadSlab},
		{"memory_pressure", &c.MemoryPressure}, {"sched_load_balance", &c.SchedLoadBalance},
	} {
		*x.to = f.number("cpuset." + x.name)
	}
	const level = "cpuset.sched_relax_domain_level" // -1 and up
	if text, ok := f.text(level); ok {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			f.bad(level, text)
		}
		c.SchedRelaxDomainLevel = n
	}
}

// ranges reads a list such as 0-3,7 (cpuset(7), "List format"; the kernel writes
// no steps).
func (f *files) ranges(name string) []uint16 {
	text, _ := f.text(name)
	var out []uint16
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' }) {
		lo, hi, ranged := strings.Cut(part, "-")
		if !ranged {
			hi = lo
		}
		a, err1 := strconv.ParseUint(lo, 10, 16)
		b, err2 := strconv.ParseUint(hi, 10, 16)
		if err1 != nil || err2 != nil || a > b {
			f.bad(name, text)
			return nil
		}
		for ; a <= b; a++ {
			out = append(out, uint16(a))
		}
	}
	return out
}

func (s *Stats) readMemory(f *files) {
	m := &s.Memory
	m.Raw = make(map[string]uint64)
	f.keyed("memory.stat", func(key string, n uint64) { m.Raw[key] = n })
	m.Cache = m.Raw["cache"]
	for _, x := range [...]struct {
		name string
		to   *MemoryUsage
	}{{"memory", &m.Usage}, {"memory.memsw", &m.Swap}, {"memory.kmem", &m.Kernel}, {"memory.kmem.tcp", &m.KernelTCP}} {
		*x.to = MemoryUsage{
			Limit: f.number(x.name + ".limit_in_bytes"), Usage: f.number(x.name + ".usage_in_bytes"),
			Max: f.number(x.name + ".max_usage_in_bytes"), Failures: f.number(x.name + ".failcnt"),
		}
	}
}

// readPids is for both versions.
func (s *Stats) readPids(f *files) {
	s.Pids.Current = f.number("pids.current")
	if s.Pids.Limit = f.number("pids.max"); s.Pids.Limit == math.MaxUint64 {
		s.Pids.Limit = 0
	}
}

// readBlkIO takes the files of the I/O scheduler that counts: BFQ (Linux 4.12), CFQ
// (until 5.0), or what the throttle has seen.
func (s *Stats) readBlkIO(f *files) {
	b := &s.BlkIO
	type file struct {
		name string
		to   *[]BlkIOEntry
	}
	scheduler := func(prefix string) []file {
		return []file{
			{prefix + "io_serviced_recursive", &b.Serviced}, {prefix + "io_service_bytes_recursive", &b.ServiceBytes},
			// Only with CONFIG_BFQ_CGROUP_DEBUG, or CFQ.
			{prefix + "sectors_recursive", &b.Sectors}, {prefix + "io_service_time_recursive", &b.ServiceTime},
			{prefix + "io_wait_time_recursive", &b.WaitTime}, {prefix + "io_merged_recursive", &b.Merged},
			{prefix + "io_queued_recursive", &b.Queued}, {prefix + "time_recursive", &b.Time},
		}
	}
	for _, group := range [][]file{
		scheduler("blkio.bfq."), scheduler("blkio."),
		{{"blkio.throttle.io_serviced_recursive", &b.Serviced}, {"blkio.throttle.io_service_bytes_recursive", &b.ServiceBytes}},
		{{"blkio.throttle.io_serviced", &b.Serviced}, {"blkio.throttle.io_service_bytes", &b.ServiceBytes}},
	} {
		for i, x := range group {
			if *x.to = f.blkio(x.name); i == 0 && *x.to == nil {
				break
			}
		}
		if b.Serviced != nil {
			return
		}
	}
}

// blkio reads lines of the form MAJ:MIN [OPERATION] NUMBER. The last one, a total
// of all devices, has no device.
func (f *files) blkio(name string) []BlkIOEntry {
	text, _ := f.text(name)
	var out []BlkIOEntry
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) > 0 && words[0] == "Total" {
			continue
		}
		var e BlkIOEntry
		if len(words) == 3 {
			e.Op = words[1]
		}
		if len(words) < 2 || len(words) > 3 || !e.device(words[0]) {
			f.bad(name, line)
			return nil
		}
		var err error
		if e.Value, err = parseNumber([]byte(words[len(words)-1])); err != nil {
			f.bad(name, line)
			return nil
		}
		out = append(out, e)
	}
	return out
}

// device reads MAJOR:MINOR.
func (e *BlkIOEntry) device(s string) bool {
	major, minor, ok := strings.Cut(s, ":")
	a, err1 := strconv.ParseUint(major, 10, 32)
	b, err2 := strconv.ParseUint(minor, 10, 32)
	e.Major, e.Minor = a, b
	return ok && err1 == nil && err2 == nil
}

func (s *Stats) readHugetlb(f *files) {
	for _, size := range f.pageSizes(".usage_in_bytes") {
		prefix := "hugetlb." + size
		// Reservations, Linux 5.7, which is what is limited.
		if _, ok := f.maybe(prefix + ".rsvd.usage_in_bytes"); ok {
			prefix += ".rsvd"
		}
		s.hugetlb(size, HugetlbStats{
			Usage: f.number(prefix + ".usage_in_bytes"), Max: f.number(prefix + ".max_usage_in_bytes"), Failures: f.number(prefix + ".failcnt"),
		})
	}
}

func (s *Stats) hugetlb(size string, h HugetlbStats) {
	if s.Hugetlb == nil {
		s.Hugetlb = make(map[string]HugetlbStats)
	}
	s.Hugetlb[size] = h
}

// pageSizes lists the sizes of huge pages by the files of the cgroup,
// hugetlb.SIZE and end.
func (f *files) pageSizes(end string) []string {
	if f.err != nil {
		return nil
	}
	fd, err := unix.Openat(f.dir, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		f.err = err
		return nil
	}
	d := os.NewFile(uintptr(fd), "cgroup")
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		f.err = err
		return nil
	}
	var sizes []string
	for _, name := range names {
		if size, ok := strings.CutPrefix(name, "hugetlb."); ok {
			if size, ok = strings.CutSuffix(size, end); ok && !strings.Contains(size, ".") {
				sizes = append(sizes, size)
			}
		}
	}
	slices.Sort(sizes)
	return sizes
}
