package procs

import (
	"fmt"
	"strconv"
	"strings"
)

// Modes of seccomp (SECCOMP_MODE_* in linux/seccomp.h).
const (
	ModeDisabled = 0
	ModeStrict   = 1
	ModeFilter   = 2
)

// Unknown stands for a number that this kernel does not tell, or that could not be read.
const Unknown = -1

// Seccomp is what /proc/PID/status says about it for one thread.
type Seccomp struct {
	Mode       int // Mode*, or Unknown: a kernel without CONFIG_SECCOMP
	Filters    int // Seccomp_filters (Linux 5.9), or Unknown
	NoNewPrivs int // 0, 1, or Unknown (before Linux 4.10)
}

// Status is the part of /proc/PID/status that is of interest here.
type Status struct {
	Name       string // the first 15 bytes of the program's name, escaped by the kernel
	State      byte   // R S D T t Z X I ...
	Tgid, Pid  int    // of the process, of the thread
	PPid       int    // of the process's parent, 0 if it is in another pid namespace
	Threads    int
	NSpid      []int  // the id in this procfs's pid namespace, then in each one below
	CapBnd     uint64 // bounding set, a bit for each capability
	KernelTask bool   // Kthread: 1 (Linux 6.8)
	Seccomp
}

// Dead says whether nothing runs any more under this id.
func (s *Status) Dead() bool { return s.State == 'Z' || s.State == 'X' || s.State == 'x' }

// ParseStatus reads the text of /proc/PID/status. The error names the line. Lines that
// are not known are skipped; State, Tgid, Pid and PPid must be there.
func ParseStatus(text string) (*Status, error) {
	s := &Status{Tgid: Unknown, Pid: Unknown, PPid: Unknown, Seccomp: Seccomp{Unknown, Unknown, Unknown}}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		var err error
		number := func(into *int) {
			var n uint64
			if n, err = strconv.ParseUint(value, 10, 31); err == nil {
				*into = int(n)
			}
		}
		switch key {
		case "Name":
			s.Name = value
		case "State":
			if value == "" {
				return nil, fmt.Errorf("line %q: expected a letter", line)
			}
			s.State = value[0]
		case "Tgid":
			number(&s.Tgid)
		case "Pid":
			number(&s.Pid)
		case "PPid":
			number(&s.PPid)
		case "Threads":
			number(&s.Threads)
		case "NSpid":
			s.NSpid, err = numberList(value)
		case "CapBnd":
			s.CapBnd, err = strconv.ParseUint(value, 16, 64)
		case "Kthread":
			s.KernelTask = value == "1"
		case "NoNewPrivs":
			number(&s.NoNewPrivs)
		case "Seccomp":
			number(&s.Mode)
		case "Seccomp_filters":
			number(&s.Filters)
		}
		if err != nil {
			return nil, fmt.Errorf("line %q: expected a number: %w", line, err)
		}
	}
	if s.State == 0 || s.Tgid <= 0 || s.Pid <= 0 || s.PPid < 0 {
		return nil, fmt.Errorf("no status of a process: State, Tgid, Pid or PPid is missing")
	}
	return s, nil
}

func numberList(s string) (list []int, err error) {
	for _, f := range strings.Fields(s) {
		n, err := strconv.ParseUint(f, 10, 31)
		if err != nil {
			return nil, err
		}
		list = append(list, int(n))
	}
	return list, nil
}
