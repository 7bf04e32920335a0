package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const cgroupRoot = "/sys/fs/cgroup"

// hugetlbMount is the cgroup v1 hierarchy of the hugetlb controller where it had
// to be mounted. crun on a v1 or hybrid layout does not start without it when the
// kernel has the controller.
type hugetlbMount struct{ dir string }

// mountHugetlb returns nil where there is nothing to do: on cgroup v2, without
// the controller, or with the hierarchy already mounted.
func mountHugetlb() (*hugetlbMount, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(cgroupRoot, &st); err != nil {
		return nil, fmt.Errorf("statfs %s: %w", cgroupRoot, err)
	}
	if st.Type == unix.CGROUP2_SUPER_MAGIC {
		return nil, nil
	}
	enabled, _, err := controller("hugetlb")
	if err != nil || !enabled {
		return nil, err
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || mountsController(string(mounts), "hugetlb") {
		return nil, err
	}
	dir := filepath.Join(cgroupRoot, "hugetlb")
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	// Cgroups of version 2 that have the controller are in the way, for a moment even when
	// they are removed.
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		err = unix.Mount("cgroup", dir, "cgroup", 0, "hugetlb")
		if err == nil {
			return &hugetlbMount{dir}, nil
		}
		if err != unix.EBUSY || time.Now().After(end) {
			break
		}
	}
	// A directory that is in use stays; an error of rmdir adds nothing here.
	os.Remove(dir)
	if err == unix.EBUSY {
		return nil, fmt.Errorf("mount the hugetlb hierarchy on %s: %w: there are cgroups of version 2 that have the controller (cgroup.subtree_control of their root)", dir, err)
	}
	return nil, fmt.Errorf("mount the hugetlb hierarchy on %s: %w", dir, err)
}

// controller tells whether the kernel has a cgroup v1 controller enabled and how
// many cgroups its hierarchy has. Whether that is mounted it does not tell: a
// hierarchy that was unmounted while it still had cgroups keeps its number.
func controller(name string) (enabled bool, cgroups int, err error) {
	data, err := os.ReadFile("/proc/cgroups")
	if err != nil {
		return false, 0, err
	}
	enabled, cgroups = controllerLine(string(data), name)
	return enabled, cgroups, nil
}

// controllerLine finds the controller in the text of /proc/cgroups (cgroups(7):
// name, hierarchy, number of cgroups, enabled).
func controllerLine(text, name string) (enabled bool, cgroups int) {
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 4 && f[0] == name {
			cgroups, _ = strconv.Atoi(f[2])
			return f[3] == "1", cgroups
		}
	}
	return false, 0
}

// mountsController tells whether the text of a mountinfo file (proc(5)) has a
// cgroup v1 hierarchy with this controller.
func mountsController(text, name string) bool {
	for line := range strings.Lines(text) {
		_, fs, found := strings.Cut(line, " - ")
		f := strings.Fields(fs)
		if found && len(f) == 3 && f[0] == "cgroup" && slices.Contains(strings.Split(f[2], ","), name) {
			return true
		}
	}
	return false
}

// undo unmounts the hierarchy once its removed cgroups are gone: the kernel frees
// them a moment after rmdir, and a hierarchy unmounted before that stays around.
func (h *hugetlbMount) undo() error {
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, n, err := controller("hugetlb"); err != nil || n <= 1 {
			break
		}
	}
	if err := unix.Unmount(h.dir, 0); err != nil {
		return fmt.Errorf("unmount %s: %w", h.dir, err)
	}
	return os.Remove(h.dir)
}

// removeCgroups removes the cgroups below parent whose names start with prefix, in
// every hierarchy, and then parent itself when that leaves it empty. A cgroup with
// a process in it is an error.
func removeCgroups(parent, prefix string) error {
	tops := []string{filepath.Join(cgroupRoot, parent)}
	more, err := filepath.Glob(filepath.Join(cgroupRoot, "*", parent))
	if err != nil {
		return err
	}
	var errs []error
	for _, top := range append(tops, more...) {
		ours, err := filepath.Glob(filepath.Join(top, prefix+"*"))
		if err != nil {
			return err
		}
		for _, dir := range ours {
			errs = append(errs, removeTree(dir))
		}
		// Not ours alone: another benchmark may have its cgroups here.
		if err := os.Remove(top); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.EBUSY) && !errors.Is(err, unix.ENOTEMPTY) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// removeTree removes a cgroup and those inside it, innermost first. The kernel
// says EBUSY for a moment after the last process has gone.
func removeTree(dir string) error {
	var dirs []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	for i := len(dirs) - 1; i >= 0; i-- {
		for try := 0; ; try++ {
			err := os.Remove(dirs[i])
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				break
			}
			if try == 50 || !errors.Is(err, unix.EBUSY) {
				return err
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	return nil
}
