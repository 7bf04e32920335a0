package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
// the controller, or with the hierarchy already there.
func mountHugetlb() (*hugetlbMount, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(cgroupRoot, &st); err != nil {
		return nil, fmt.Errorf("statfs %s: %w", cgroupRoot, err)
	}
	if st.Type == unix.CGROUP2_SUPER_MAGIC {
		return nil, nil
	}
	f, err := os.Open("/proc/cgroups")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	missing := false
	for sc := bufio.NewScanner(f); sc.Scan(); {
		missing = missing || controllerUnused(sc.Text(), "hugetlb")
	}
	if !missing {
		return nil, nil
	}
	dir := filepath.Join(cgroupRoot, "hugetlb")
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err := unix.Mount("cgroup", dir, "cgroup", 0, "hugetlb"); err != nil {
		// A directory that is in use stays; an error of rmdir adds nothing here.
		os.Remove(dir)
		return nil, fmt.Errorf("mount the hugetlb hierarchy on %s: %w", dir, err)
	}
	return &hugetlbMount{dir}, nil
}

// controllerUnused tells whether a line of /proc/cgroups (cgroups(7): name,
// hierarchy, number of cgroups, enabled) says that the controller is enabled and
// in no hierarchy.
func controllerUnused(line, name string) bool {
	f := strings.Fields(line)
	return len(f) == 4 && f[0] == name && f[1] == "0" && f[3] == "1"
}

func (h *hugetlbMount) undo() error {
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
