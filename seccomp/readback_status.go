package seccomp

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// threadStatus is what /proc/PID/status (proc(5)) says about a thread.
type threadStatus struct {
	state         byte // R, S, D, T, t, Z, X
	group, tracer int
	mode          int    // SECCOMP_MODE_*
	caps          uint64 // effective
}

func (s *threadStatus) dead() bool { return s.state == 'Z' || s.state == 'X' }

// traced is the error for a thread with another tracer. TracerPid is the id of the
// tracing thread; people know the process.
func (s *threadStatus) traced() error {
	by := s.tracer
	if t, err := readStatus(strconv.Itoa(by)); err == nil {
		by = t.group
	}
	return fmt.Errorf("it is traced by process %d, and a thread can have one tracer only: %w", by, unix.EPERM)
}

// readStatus reads the status of /proc/name; a thread id is found there although
// only processes are listed.
func readStatus(name string) (*threadStatus, error) {
	data, err := os.ReadFile("/proc/" + name + "/status")
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		if _, e := os.Stat("/proc/thread-self/status"); e != nil {
			return nil, fmt.Errorf("needs a procfs on /proc: %w", e)
		}
		return nil, fmt.Errorf("process or thread: %w", unix.ESRCH)
	} else if err != nil {
		return nil, err
	}
	s, err := parseStatus(string(data))
	if err != nil {
		return nil, fmt.Errorf("/proc/%s/status: %w", name, err)
	}
	return s, nil
}

func parseStatus(text string) (*threadStatus, error) {
	s := &threadStatus{mode: -1}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		var err error
		switch name {
		case "State":
			if value != "" {
				s.state = value[0]
			}
		case "Tgid":
			s.group, err = strconv.Atoi(value)
		case "TracerPid":
			s.tracer, err = strconv.Atoi(value)
		case "CapEff":
			s.caps, err = strconv.ParseUint(value, 16, 64)
		case "Seccomp":
			s.mode, err = strconv.Atoi(value)
		}
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", strings.TrimSpace(line), err)
		}
	}
	if s.mode < 0 {
		return nil, errors.New("no line Seccomp: the kernel is built without CONFIG_SECCOMP")
	}
	return s, nil
}
