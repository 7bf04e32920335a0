package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/hierarchy"
)

const cgroupRoot = "/sys/fs/cgroup"

// mountHugetlb mounts the cgroup v1 hierarchy of the hugetlb controller, without which
// crun does not start on a v1 or hybrid layout when the kernel has the controller, and
// returns its directory. That is "" where there is nothing to do: on cgroup v2, without the
// controller, or with the hierarchy already mounted.
func mountHugetlb() (dir string, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(cgroupRoot, &st); err != nil {
		return "", fmt.Errorf("statfs %s: %w", cgroupRoot, err)
	}
	if st.Type == unix.CGROUP2_SUPER_MAGIC {
		return "", nil
	}
	wanting, err := hierarchy.Wanting("hugetlb")
	if err != nil || !wanting {
		return "", err
	}
	dir = filepath.Join(cgroupRoot, "hugetlb")
	if err := hierarchy.Mount("hugetlb", dir); err != nil {
		return "", err
	}
	return dir, nil
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
