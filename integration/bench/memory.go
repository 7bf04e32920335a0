package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// memorySamples is how often memory is measured: it differs little from run to run, so
// few are enough.
func memorySamples(n int) int { return min(n, 5) }

// peak measures the peak memory of create and exec.
func (m *measurement) peak() error {
	err := m.memory(rowCreateMem, func(r *runtime) (float64, error) {
		kib, err := m.s.spawner.peak(m.s.launch, r.argv(r.createArgs(r.short.Dir, cycleID)...)...)
		if err == nil {
			_, _, err = r.startDelete(cycleID)
		}
		return float64(kib) / 1024, err
	})
	if err != nil {
		return err
	}
	return m.memory(rowExecMem, func(r *runtime) (float64, error) {
		kib, err := m.s.spawner.peak(m.s.launch, r.argv("exec", longID, "/bin/true")...)
		return float64(kib) / 1024, err
	})
}

// charged measures what the cgroup of a created container has been charged with. The
// kernel charges in batches (64 pages for each CPU, Linux 6.18), which are part of it.
func (m *measurement) charged() error {
	return m.memory(rowCharged, func(r *runtime) (float64, error) {
		if _, err := r.command(r.createArgs(r.short.Dir, cycleID)...); err != nil {
			return 0, err
		}
		if err := r.track(cycleID); err != nil {
			return 0, err
		}
		bytes, err := chargedTo(r.pid(cycleID))
		if err != nil {
			return 0, err
		}
		_, _, err = r.startDelete(cycleID)
		return float64(bytes) / (1 << 20), err
	})
}

// memory adds a row of memory in MiB.
func (m *measurement) memory(name string, once func(*runtime) (float64, error)) error {
	values := make([][]float64, len(m.s.runtimes))
	for range memorySamples(m.o.n) {
		for k, r := range m.s.runtimes {
			if err := context.Cause(m.ctx); err != nil {
				return err
			}
			v, err := once(r)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", r.Name, name, err)
			}
			values[k] = append(values[k], v)
		}
	}
	m.rep.add(sectionMain, name, mib, values)
	return nil
}

// chargedTo returns the memory in bytes that is charged to the cgroup of a process.
func chargedTo(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return 0, err
	}
	files, err := usageFiles(string(text))
	if err != nil {
		return 0, err
	}
	for _, name := range files {
		value, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(value)), 10, 64)
		if err != nil || n <= 0 {
			return 0, fmt.Errorf("%s: %q: expected a number of bytes above 0", name, value)
		}
		return n, nil
	}
	return 0, fmt.Errorf("memory of the cgroup of process %d: none of %q is there: is the memory controller on?", pid, files)
}

// usageFiles are the files that may say how much memory is charged, in the text of a
// process's cgroup file (cgroups(7): ID:CONTROLLERS:PATH): of the memory controller's
// hierarchy of version 1, or else of version 2 where it is mounted alone or in a hybrid
// layout. A cgroup outside the benchmark's is an error: it has other processes.
func usageFiles(text string) ([]string, error) {
	var v2 []string
	for l := range strings.Lines(text) {
		f := strings.SplitN(strings.TrimSpace(l), ":", 3)
		if len(f) != 3 {
			return nil, fmt.Errorf("line %q of a cgroup file: expected ID:CONTROLLERS:PATH", l)
		}
		path, v1 := f[2], slices.Contains(strings.Split(f[1], ","), "memory")
		if !v1 && f[1] != "" {
			continue
		}
		if !strings.HasPrefix(path, cgroupParent+"/") {
			if v1 {
				return nil, fmt.Errorf("the container process is in the memory cgroup %q, expected one below %s", path, cgroupParent)
			}
			continue
		}
		if v1 {
			return []string{filepath.Join(cgroupRoot, "memory", path, "memory.usage_in_bytes")}, nil
		}
		v2 = []string{filepath.Join(cgroupRoot, path, "memory.current"), filepath.Join(cgroupRoot, "unified", path, "memory.current")}
	}
	if v2 == nil {
		return nil, fmt.Errorf("cgroup file %q: expected a cgroup below %s", text, cgroupParent)
	}
	return v2, nil
}
