package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/state"
	"github.com/runseal/runseal/seccomp"
)

// process is a process, or a thread, whose filters are looked at.
type process struct {
	pid       int
	container string              // id; empty if the command line gave a number
	profile   *specs.LinuxSeccomp // of the container's config.json; nil if it has none

	startTime uint64 // of a container's process, which tells it from a later one
}

func (p *process) String() string {
	if p.container == "" {
		return fmt.Sprintf("process %d", p.pid)
	}
	return fmt.Sprintf("container %s (process %d)", p.container, p.pid)
}

// findProcess takes a number for the id of a process, and everything else for that
// of a container below root.
func findProcess(name, root string) (*process, error) {
	if name != "" && strings.Trim(name, "0123456789") == "" {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == 0 {
			return nil, fmt.Errorf("%q: expected the positive id of a process", name)
		}
		return &process{pid: pid}, nil
	}
	return findContainer(name, root)
}

// findContainer reads the state of a container whose program runs. Before that there
// is no filter: it is installed as the program is executed.
func findContainer(id, root string) (*process, error) {
	d, err := state.Open(root, id, false)
	if err != nil {
		return nil, fmt.Errorf("container %q below %s: %w", id, root, err)
	}
	defer d.Close()
	s, err := d.Load()
	if err != nil {
		return nil, fmt.Errorf("container %q: %w", id, err)
	}
	if s.Pid == 0 {
		return nil, fmt.Errorf("container %q is being created, expected a running one", id)
	}
	if !state.Alive(s.Pid, s.StartTime) {
		return nil, fmt.Errorf("container %q has stopped, expected a running one", id)
	}
	dir, fifo := filepath.Split(d.FifoPath())
	for _, name := range []string{fifo, "." + fifo} { // with the dot until create is done
		var st unix.Stat_t
		if unix.Lstat(dir+name, &st) == nil {
			return nil, fmt.Errorf("container %q is not started, expected a running one: its filter is installed at start", id)
		}
	}
	config, err := spec.Parse(s.Config)
	if err != nil {
		return nil, fmt.Errorf("container %q: config.json: %w", id, err)
	}
	p := &process{pid: s.Pid, startTime: s.StartTime, container: id}
	if config.Linux != nil {
		p.profile = config.Linux.Seccomp
	}
	return p, nil
}

// filters reads the filters in force, the newest first.
func (p *process) filters() ([]seccomp.InstalledFilter, error) {
	filters, err := seccomp.ReadFilters(p.pid)
	if err != nil {
		return nil, err
	}
	if p.container != "" && !state.Alive(p.pid, p.startTime) { // perhaps it was another's
		return nil, errors.New(p.String() + " ended while its filters were read")
	}
	return filters, nil
}
