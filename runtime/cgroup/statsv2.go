package cgroup

import (
	"math"
	"strings"
)

// readV2 reads the one directory of version 2 (cgroup-v2.rst in the kernel's
// documentation).
func (s *Stats) readV2(f *files) {
	f.keyed("cpu.stat", func(key string, n uint64) {
		const micro = 1000 // nanoseconds
		switch key {
		case "usage_usec":
			s.CPU.Total = n * micro
		case "user_usec":
			s.CPU.User = n * micro
		case "system_usec":
			s.CPU.Kernel = n * micro
		case "nr_periods":
			s.CPU.Periods = n
		case "nr_throttled":
			s.CPU.ThrottledPeriods = n
		case "throttled_usec":
			s.CPU.ThrottledTime = n * micro
		}
	})
	s.CPU.Pressure = f.pressure("cpu.pressure")
	s.readPids(f)
	if text, ok := f.text("cgroup.procs"); ok && s.Pids.Current == 0 {
		s.Pids.Current = uint64(strings.Count(text, "\n")) // without the controller
	}
	s.readMemoryV2(f)
	s.readIO(f)
	for _, size := range f.pageSizes(".current") {
		prefix := "hugetlb." + size
		usage, reserved := f.maybe(prefix + ".rsvd.current") // Linux 5.7
		if !reserved {
			usage = f.number(prefix + ".current")
		}
		h := HugetlbStats{Usage: usage}
		f.keyed(prefix+".events", func(key string, n uint64) {
			if key == "max" {
				h.Failures = n
			}
		})
		s.hugetlb(size, h)
	}
}

func (s *Stats) readMemoryV2(f *files) {
	m := &s.Memory
	m.Pressure = f.pressure("memory.pressure")
	m.Raw = make(map[string]uint64)
	f.keyed("memory.stat", func(key string, n uint64) { m.Raw[key] = n })
	m.Cache = m.Raw["file"]
	m.Usage = MemoryUsage{
		Limit: f.number("memory.max"), Usage: f.number("memory.current"), Max: f.number("memory.peak"), // Linux 5.19
	}
	// There is no peak of the sum.
	m.Swap.Usage = m.Usage.Usage + f.number("memory.swap.current")
	if m.Swap.Limit = m.Usage.Limit + f.number("memory.swap.max"); m.Swap.Limit < m.Usage.Limit {
		m.Swap.Limit = math.MaxUint64 // one of them is that
	}
}

// readIO reads io.stat, lines of the form MAJ:MIN rbytes=N wbytes=N rios=N ...
func (s *Stats) readIO(f *files) {
	b := &s.BlkIO
	b.Pressure = f.pressure("io.pressure")
	const name = "io.stat"
	text, _ := f.text(name)
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		var e BlkIOEntry
		if len(words) < 2 || !e.device(words[0]) {
			continue // a device without any: its name alone
		}
		for _, word := range words[1:] {
			key, value, _ := strings.Cut(word, "=")
			var to *[]BlkIOEntry
			switch key {
			case "rbytes", "wbytes":
				to = &b.ServiceBytes
			case "rios", "wios":
				to = &b.Serviced
			default:
				continue
			}
			e.Op = "Read"
			if key[0] == 'w' {
				e.Op = "Write"
			}
			var err error
			if e.Value, err = parseNumber([]byte(value)); err != nil {
				f.bad(name, line)
				return
			}
			*to = append(*to, e)
		}
	}
}

// pressure reads two lines (cpu.pressure: one before Linux 5.13) of the form
//
//	some avg10=0.00 avg60=0.00 avg300=0.00 total=0
//
// It is nil where the kernel does not keep them.
func (f *files) pressure(name string) *Pressure {
	text, ok := f.text(name)
	if !ok {
		return nil
	}
	p := new(Pressure)
	for line := range strings.Lines(text) {
		kind, rest, _ := strings.Cut(line, " ")
		var to *Stall
		switch kind {
		case "some":
			to = &p.Some
		case "full":
			to = &p.Full
		default:
			continue
		}
		for _, word := range strings.Fields(rest) {
			key, value, _ := strings.Cut(word, "=")
			// Digits and one point are a JSON number as they stand.
			if value == "" || strings.Trim(value, "0123456789.") != "" {
				f.bad(name, line)
				return nil
			}
			switch key {
			case "avg10":
				to.Avg10 = value
			case "avg60":
				to.Avg60 = value
			case "avg300":
				to.Avg300 = value
			case "total":
				n, err := parseNumber([]byte(value))
				if err != nil {
					f.bad(name, line)
				}
				to.Total = n
			}
		}
	}
	return p
}
