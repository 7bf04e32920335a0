package cgroup

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// limitFiles are the files that Update may write, by version 1's controller, and
// those that systemd writes for a unit; those of huge pages and
// linux.resources.unified have names of their own.
var limitFiles = [...]struct {
	controller string
	v1, v2     []string
}{
	{"cpuset", []string{"cpuset.cpus", "cpuset.mems"}, []string{"cpuset.cpus", "cpuset.mems"}},
	{"cpu", []string{"cpu.shares", "cpu.cfs_period_us", "cpu.cfs_quota_us", "cpu.cfs_burst_us", "cpu.idle", "cpu.rt_period_us", "cpu.rt_runtime_us"},
		[]string{"cpu.idle", "cpu.weight", "cpu.max", "cpu.max.burst"}},
	{"pids", []string{"pids.max"}, []string{"pids.max"}},
	{"blkio", []string{"blkio.weight", "blkio.bfq.weight", "blkio.leaf_weight", "blkio.weight_device", "blkio.bfq.weight_device", "blkio.leaf_weight_device",
		"blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device", "blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device"},
		[]string{"io.weight", "io.bfq.weight", "io.max"}},
	{"net_cls", []string{"net_cls.classid"}, nil},
	{"net_prio", []string{"net_prio.ifpriomap"}, nil},
	{"rdma", []string{"rdma.max"}, []string{"rdma.max"}},
	{"memory", []string{"memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.soft_limit_in_bytes", "memory.swappiness", "memory.oom_control"},
		[]string{"memory.max", "memory.swap.max", "memory.low", "memory.min", "memory.high", "memory.zswap.max", "memory.zswap.writeback", "memory.oom.group"}},
}

// limitFile is a file of a cgroup and what was in it.
type limitFile struct {
	dir, name string
	text      string
}

// saveLimits reads all files that c.resources may be written to. Those that this
// kernel does not have are left out.
func (c *Cgroup) saveLimits() ([]limitFile, error) {
	var files []limitFile
	save := func(controller string, names []string) error {
		if c.mode == V2 {
			controller = ""
		}
		dir := c.paths[controller]
		if dir == "" {
			return nil
		}
		fd, err := openCgroup(dir)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		for _, name := range names {
			text, err := readAt(fd, name)
			if err != nil {
				continue // absent, or a unified one that is only written: nothing to go back to
			}
			files = append(files, limitFile{dir, name, string(text)})
		}
		return nil
	}
	for _, l := range limitFiles {
		names := l.v1
		if c.mode == V2 {
			names = l.v2
		}
		if err := save(l.controller, names); err != nil {
			return nil, err
		}
	}
	var pages, unified []string
	for _, h := range c.resources.HugetlbLimit {
		for _, end := range [...]string{".limit_in_bytes", ".rsvd.limit_in_bytes", ".max", ".rsvd.max"} {
			pages = append(pages, "hugetlb."+h.Pagesize+end)
		}
	}
	if err := save("hugetlb", pages); err != nil {
		return nil, err
	}
	for name := range c.resources.Unified {
		unified = append(unified, name)
	}
	slices.Sort(unified)
	return files, save("", unified)
}

// restoreLimits writes back what has changed. One limit can depend on another (a
// period on its quota, memory on the sum with swap), so it goes over them again as
// long as that helps. What stays different is the error.
func restoreLimits(files []limitFile) error {
	for last := len(files) + 1; ; {
		var left []string
		for _, f := range files {
			if err := f.restore(); err != nil {
				left = append(left, fmt.Sprintf("%s: %v", f.name, err))
			}
		}
		if len(left) == 0 {
			return nil
		}
		if len(left) >= last {
			return fmt.Errorf("what was written before could not be undone: %s", strings.Join(left, ", "))
		}
		last = len(left)
	}
}

// restore writes a file's old text unless it has it.
func (f *limitFile) restore() error {
	fd, err := openCgroup(f.dir)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	now, err := readAt(fd, f.name)
	if err != nil {
		return err
	}
	for _, line := range f.difference(string(now)) {
		if err := writeAt(fd, f.name, line); err != nil {
			return err
		}
	}
	return nil
}

// difference returns what has to be written to a file that says now, so that it
// says what it did before.
func (f *limitFile) difference(now string) []string {
	if now == f.text {
		return nil
	}
	gone, keyed := removal(f.name)
	switch {
	case f.name == "memory.oom_control":
		// oom_kill_disable N, and lines that cannot be written.
		first, _, _ := strings.Cut(f.text, "\n")
		if strings.HasPrefix(now, first+"\n") {
			return nil
		}
		return []string{strings.TrimPrefix(first, "oom_kill_disable ")}
	case !keyed:
		// A newline alone is what empties a list of CPUs.
		return []string{strings.TrimSuffix(f.text, "\n") + "\n"}
	}
	var out []string
	old, cur := byKey(f.text), byKey(now)
	for _, line := range strings.Split(now, "\n") {
		key, _, _ := strings.Cut(line, " ")
		if _, was := old[key]; key != "" && !was && gone != "" {
			out = append(out, key+" "+gone)
		}
	}
	for _, line := range strings.Split(f.text, "\n") {
		if key, value, ok := strings.Cut(line, " "); ok && cur[key] != value {
			out = append(out, line)
		}
	}
	return out
}

// removal says of a file of which each line is about a device or resource, whose name
// comes first, what takes a line away; "" where all lines are always there.
func removal(file string) (gone string, keyed bool) {
	switch file {
	case "io.max":
		return "rbps=max wbps=max riops=max wiops=max", true
	case "io.weight", "io.bfq.weight":
		return "default", true
	case "net_prio.ifpriomap", "rdma.max", "misc.max", "dmem.max", "dmem.low", "dmem.min":
		return "", true
	}
	keyed = strings.HasPrefix(file, "blkio.") && strings.HasSuffix(file, "_device")
	return "0", keyed
}

// byKey divides lines into their first word and the rest.
func byKey(text string) map[string]string {
	m := make(map[string]string)
	for _, line := range strings.Split(text, "\n") {
		if key, value, ok := strings.Cut(line, " "); ok {
			m[key] = value
		}
	}
	return m
}

// readNumber reads a file that holds one number.
func readNumber(dir int, name string) (uint64, error) {
	text, err := readAt(dir, name)
	if err != nil {
		return 0, err
	}
	return parseNumber(bytes.TrimSpace(text))
}
