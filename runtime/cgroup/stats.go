package cgroup

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Stats is what a container uses, with the units and the meaning that runc's
// events have given them: those of version 1. What the kernel does not say is
// zero, or missing in a list or map.
type Stats struct {
	CPU     CPUStats
	CPUSet  CPUSetStats
	Memory  MemoryStats
	Pids    struct{ Current, Limit uint64 } // limit 0: none
	BlkIO   BlkIOStats
	Hugetlb map[string]HugetlbStats // by page size, "2MB"
}

// CPUStats has nanoseconds, but for the numbers of periods.
type CPUStats struct {
	Total, Kernel, User                      uint64
	PerCPU, PerCPUKernel, PerCPUUser         []uint64 // version 1
	Periods, ThrottledPeriods, ThrottledTime uint64
	Pressure                                 *Pressure // version 2
}

// CPUSetStats are the files of version 1's cpuset.
type CPUSetStats struct {
	CPUs, Mems                                        []uint16
	CPUExclusive, MemHardwall, MemExclusive           uint64
	MemoryMigrate, MemorySpreadPage, MemorySpreadSlab uint64
	MemoryPressure, SchedLoadBalance                  uint64
	SchedRelaxDomainLevel                             int64
}

// MemoryStats has bytes. Swap is the sum of memory and swap in both versions.
type MemoryStats struct {
	Cache                          uint64
	Usage, Swap, Kernel, KernelTCP MemoryUsage
	Raw                            map[string]uint64 // memory.stat
	Pressure                       *Pressure         // version 2
}

// MemoryUsage is one kind of memory. No limit is a very large one.
type MemoryUsage struct{ Limit, Usage, Max, Failures uint64 }

// HugetlbStats has bytes.
type HugetlbStats struct{ Usage, Max, Failures uint64 }

// BlkIOStats has one entry for each device and operation.
type BlkIOStats struct {
	ServiceBytes, Serviced, Queued, ServiceTime, WaitTime, Merged, Time, Sectors []BlkIOEntry
	Pressure                                                                     *Pressure // version 2
}

// BlkIOEntry is a number about one device. Op is Read, Write and so on.
type BlkIOEntry struct {
	Major, Minor uint64
	Op           string
	Value        uint64
}

// Pressure is a file of pressure stall information (Linux 4.20): how long some,
// or all (full), processes have waited, in microseconds, and shares of the last 10,
// 60 and 300 seconds in percent, with two decimals, as the kernel has written them.
type Pressure struct{ Some, Full Stall }

// Stall is one line of Pressure; its shares are empty if the line is missing.
type Stall struct {
	Avg10, Avg60, Avg300 string
	Total                uint64
}

// Stats reads them. Files that this kernel or the container does not have count as
// empty; a container without its cgroup is unix.ENOENT.
func (c *Cgroup) Stats() (*Stats, error) {
	s := new(Stats)
	if c.mode == V2 {
		err := c.readFrom("", s.readV2)
		return s, err
	}
	for _, part := range [...]struct {
		controller string
		read       func(*files)
	}{
		{"cpu", s.readCPU}, {"cpuacct", s.readCPUAcct}, {"cpuset", s.readCPUSet}, {"memory", s.readMemory},
		{"pids", s.readPids}, {"blkio", s.readBlkIO}, {"hugetlb", s.readHugetlb},
	} {
		if err := c.readFrom(part.controller, part.read); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// readFrom opens a controller's directory, if the container has one.
func (c *Cgroup) readFrom(controller string, read func(*files)) error {
	dir := c.paths[controller]
	if dir == "" {
		return nil
	}
	fd, err := openCgroup(dir)
	if err != nil {
		return err
	}
	f := files{dir: fd}
	read(&f)
	unix.Close(fd)
	return f.err
}

// files reads the files of one cgroup. The first error stays, and nothing is read
// any more; a file that does not exist is no error.
type files struct {
	dir int
	err error
}

// text returns a file's content, and false if there is none.
func (f *files) text(name string) (string, bool) {
	if f.err != nil {
		return "", false
	}
	b, err := readAt(f.dir, name)
	switch {
	case err == nil:
		return string(b), true
	case errors.Is(err, unix.ENODEV): // the cgroup is being removed
		f.err = unix.ENOENT
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EOPNOTSUPP): // EOPNOTSUPP: pressure that is turned off
	default:
		f.err = fmt.Errorf("%s: %w", name, err)
	}
	return "", false
}

func (f *files) bad(name, text string) {
	if f.err == nil {
		f.err = fmt.Errorf("%s: %q is not understood", name, cut(text))
	}
}

// number returns the one number in a file, 0 without the file, and the largest one
// for "max".
func (f *files) number(name string) uint64 {
	n, _ := f.maybe(name)
	return n
}

func (f *files) maybe(name string) (uint64, bool) {
	text, ok := f.text(name)
	if !ok {
		return 0, false
	}
	n, err := parseNumber(bytes.TrimSpace([]byte(text)))
	if err != nil {
		f.bad(name, text)
	}
	return n, err == nil
}

// keyed calls use for each line of the form KEY NUMBER.
func (f *files) keyed(name string, use func(key string, n uint64)) {
	text, _ := f.text(name)
	f.lines(name, text, use)
}

func (f *files) lines(name, text string, use func(key string, n uint64)) {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		n, err := parseNumber([]byte(value))
		if !ok || err != nil {
			f.bad(name, line)
			return
		}
		use(key, n)
	}
}

// numbers reads a list of numbers with spaces between them.
func (f *files) numbers(name string) []uint64 {
	text, _ := f.text(name)
	var out []uint64
	for _, word := range strings.Fields(text) {
		n, err := parseNumber([]byte(word))
		if err != nil {
			f.bad(name, text)
			return nil
		}
		out = append(out, n)
	}
	return out
}

// parseNumber takes "max" for the largest number, and a negative one, which some
// counters of the kernel show for a moment, for 0.
func parseNumber(b []byte) (uint64, error) {
	s := string(b)
	if s == "max" {
		return math.MaxUint64, nil
	}
	if rest, minus := strings.CutPrefix(s, "-"); minus {
		_, err := strconv.ParseUint(rest, 10, 64)
		return 0, err
	}
	return strconv.ParseUint(s, 10, 64)
}
