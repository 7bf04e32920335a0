package cgroup

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// whyNoFile says, for an error message, why a cgroup of version 2 has not the file
// of a controller: "memory.max" of memory.
func (c *Cgroup) whyNoFile(file string) string {
	controller, _, _ := strings.Cut(file, ".")
	has := func(dir string) bool {
		return slices.Contains(words(dir+"/cgroup.controllers"), controller)
	}
	dir := c.paths[""]
	switch {
	case controller == "cgroup":
		return "this kernel has no such file"
	case !has(root):
		return fmt.Sprintf("this machine has no controller %s for cgroup v2", controller)
	case has(dir):
		why := fmt.Sprintf("this kernel's controller %s has no such file", controller)
		if since := fileSince(file); since != "" {
			why += fmt.Sprintf(" (it came with Linux %s)", since)
		}
		return why
	}
	// The first cgroup on the way down that has it and does not pass it on.
	above := root
	for _, name := range strings.Split(strings.TrimPrefix(dir, root+"/"), "/") {
		next := filepath.Join(above, name)
		if !has(next) {
			break
		}
		above = next
	}
	switch pids := words(above + "/cgroup.procs"); {
	case threaded(above):
		return fmt.Sprintf("cgroup %s is threaded and gives no controller %s to those below it", above, controller)
	case len(pids) > 0 && above != root:
		return fmt.Sprintf("cgroup %s has processes of its own (%s) and so gives no controllers to those below it", above, "pid "+strings.Join(pids[:min(len(pids), 5)], " "))
	}
	return fmt.Sprintf("cgroup %s does not give the controller %s to those below it", above, controller)
}

// fileSince returns the version of Linux that has a controller's file, where that is not
// one of the oldest kernel that is supported, and "" else (Documentation/admin-guide/
// cgroup-v2.rst of the versions).
func fileSince(file string) string {
	switch file {
	case "cpu.max.burst", "io.prio.class":
		return "5.14"
	case "cpu.idle":
		return "5.15"
	case "memory.reclaim", "memory.zswap.max":
		return "5.19"
	case "cpuset.cpus.exclusive":
		return "6.7"
	case "memory.zswap.writeback":
		return "6.8"
	}
	return ""
}

// WhyNot says why the kernel let no process be born in the cgroup, and which field
// of config.json that is about; "" if there is nothing to be seen. err holds what
// clone3(2) or clone(2) returned, and n is how many processes, that one included,
// the step has in the cgroup at a time. On version 1 only pids.max is a reason,
// because the first process joins by itself.
func (c *Cgroup) WhyNot(err error, n int) (field, why string) {
	const path = "linux.cgroupsPath"
	dir := c.paths[""]
	switch {
	case c.mode != V2:
		if limit, is := isFull(c.paths["pids"], n); is && errors.Is(err, unix.EAGAIN) {
			return "linux.resources.pids.limit", fmt.Sprintf("%s allows %s", c.paths["pids"]+"/pids.max", limit)
		}
	case errors.Is(err, unix.EAGAIN):
		if at, limit := noRoom(dir, n); at == dir {
			return "linux.resources.pids.limit", fmt.Sprintf("%s allows %s", at+"/pids.max", limit)
		} else if at != "" {
			return path, fmt.Sprintf("%s allows %s", at+"/pids.max", limit)
		}
	case errors.Is(err, unix.EBUSY): // "no internal processes"
		if given := words(dir + "/cgroup.subtree_control"); len(given) > 0 {
			return path, fmt.Sprintf("cgroup %s gives controllers (%s) to those below it and so takes no process itself", dir, strings.Join(given, " "))
		}
	case errors.Is(err, unix.EOPNOTSUPP):
		return path, fmt.Sprintf("cgroup %s is of type %q, expected \"domain\"", dir, strings.Join(words(dir+"/cgroup.type"), " "))
	case errors.Is(err, unix.ENODEV):
		return path, fmt.Sprintf("cgroup %s has been removed", dir)
	}
	return "", ""
}

// noRoom looks for a cgroup that has no room for n more processes, the container's or
// one above it, and returns its limit.
func noRoom(dir string, n int) (at, limit string) {
	for ; len(dir) > len(root); dir = filepath.Dir(dir) {
		if limit, is := isFull(dir, n); is {
			return dir, limit
		}
	}
	return "", ""
}

func isFull(dir string, n int) (limit string, is bool) {
	most := words(dir + "/pids.max")
	if len(most) == 0 || most[0] == "max" {
		return "", false
	}
	used := words(dir + "/pids.current")
	if len(used) == 0 {
		return "", false
	}
	m, err1 := strconv.Atoi(most[0])
	u, err2 := strconv.Atoi(used[0])
	return most[0], err1 == nil && err2 == nil && u+n > m
}

// HasRoom says whether n more processes fit into the version 2 cgroup. That there is
// room in those above it is not looked at.
func (c *Cgroup) HasRoom(n int) bool {
	_, is := isFull(c.paths[""], n)
	return !is
}

// Distributes says whether the version 2 cgroup gives controllers to those below
// it, and so has no processes itself.
func (c *Cgroup) Distributes() bool {
	return len(words(c.paths[""]+"/cgroup.subtree_control")) > 0
}

func threaded(dir string) bool {
	t := words(dir + "/cgroup.type")
	return len(t) > 0 && (t[0] == "threaded" || len(t) > 1) // "domain threaded", "domain invalid"
}

// words are those of a file, none if it cannot be read.
func words(file string) []string {
	text, _ := readAt(unix.AT_FDCWD, file)
	return strings.Fields(string(text))
}
