package conformance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/hierarchy"
	"github.com/runseal/runseal/runtime/spec"
)

const cgroupRoot = "/sys/fs/cgroup"

// controllers are those of cgroup version 1 that have a hierarchy in this mount
// namespace, each at a directory of its own name, which is where the programs look.
var controllers []string

// spare are the controllers that systemd and others leave unmounted, or in a directory
// with two names (net_cls,net_prio), and that rows of the table need.
var spare = []string{"hugetlb", "net_cls", "net_prio"}

// mountControllers puts a private directory of hierarchies over /sys/fs/cgroup: those that
// are there, and the spare ones. A controller that cannot be had, because cgroups of
// version 2 use it or the kernel has none, is left out, and so are the rows that need it.
// Where there is nothing but version 2, nothing is mounted. The function that is returned
// takes the spare ones back.
func mountControllers() (undo func() error, err error) {
	undo = func() error { return nil }
	var st unix.Statfs_t
	if err := unix.Statfs(cgroupRoot, &st); err != nil {
		return undo, fmt.Errorf("statfs %s: %w", cgroupRoot, err)
	}
	if st.Type == unix.CGROUP2_SUPER_MAGIC {
		return undo, nil
	}
	dir, err := os.MkdirTemp("", "runseal-cgroups-")
	if err != nil {
		return undo, err
	}
	defer os.Remove(dir) // an empty mount point once all is unmounted
	if err := unix.Mount("none", dir, "tmpfs", 0, "mode=755"); err != nil {
		return undo, fmt.Errorf("mount tmpfs on %s: %w", dir, err)
	}
	entries, err := os.ReadDir(cgroupRoot)
	if err != nil {
		return undo, err
	}
	for _, e := range entries {
		name := e.Name()
		src, dst := filepath.Join(cgroupRoot, name), filepath.Join(dir, name)
		if target, err := os.Readlink(src); err == nil { // cpu -> cpu,cpuacct
			if err := os.Symlink(target, dst); err != nil {
				return undo, err
			}
		} else if err := bind(src, dst); err != nil {
			return undo, err
		}
		controllers = append(controllers, name)
	}
	var mounted []string
	for _, name := range spare {
		if slices.Contains(controllers, name) {
			continue
		}
		if err := hierarchy.Mount(name, filepath.Join(dir, name)); err != nil {
			fmt.Fprintf(os.Stderr, "no cgroup v1 controller %s: %v\n", name, err)
			continue
		}
		controllers, mounted = append(controllers, name), append(mounted, name)
	}
	if err := unix.Mount(dir, cgroupRoot, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return undo, fmt.Errorf("mount %s on %s: %w", dir, cgroupRoot, err)
	}
	if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
		return undo, fmt.Errorf("unmount %s: %w", dir, err)
	}
	return func() error { return unmountControllers(mounted) }, nil
}

func bind(src, dst string) error {
	if err := os.Mkdir(dst, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(src, dst, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("mount %s on %s: %w", src, dst, err)
	}
	return nil
}

// unmountControllers takes the spare hierarchies back.
func unmountControllers(names []string) error {
	var errs []error
	for _, name := range names {
		errs = append(errs, hierarchy.Unmount(name, filepath.Join(cgroupRoot, name)))
	}
	return errors.Join(errs...)
}

// removeCgroups removes the parents that linux.cgroupsPath of the programs names, which no
// runtime removes: /cgrouptest and testdir/cgrouptest, the latter relative to the
// runtime's own cgroup under some runtimes.
func removeCgroups() error {
	var errs []error
	err := filepath.WalkDir(cgroupRoot, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || d.Name() != "cgrouptest" && d.Name() != "testdir" {
			return nil // gone meanwhile, or somebody else's
		}
		dirs := []string{filepath.Join(path, "cgrouptest"), path}
		if *writeTable { // crun leaves the container's own
			dirs = append([]string{filepath.Join(path, "cgrouptest", "container")}, dirs...)
		}
		for _, dir := range dirs {
			if err := unix.Rmdir(dir); err != nil && err != unix.ENOENT {
				errs = append(errs, fmt.Errorf("remove cgroup %s: %w", dir, err))
			}
		}
		return fs.SkipDir
	})
	return errors.Join(append(errs, err)...)
}

// missing are the controllers of names that are not mounted.
func missing(names []string) (list []string) {
	for _, name := range names {
		if !slices.Contains(controllers, name) {
			list = append(list, name)
		}
	}
	return list
}

// withheld are the capabilities that this host does not let anybody have: what the bounding
// set of this process lacks of those that the programs know, CAP_CHOWN to CAP_AUDIT_READ.
func withheld() ([]string, error) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, err
	}
	_, rest, ok := strings.Cut(string(data), "\nCapBnd:\t")
	word, _, _ := strings.Cut(rest, "\n")
	set, err := strconv.ParseUint(word, 16, 64)
	if !ok || err != nil {
		return nil, fmt.Errorf("no CapBnd in /proc/self/status: %w", err)
	}
	var list []string
	for n := range 38 {
		if set>>n&1 == 0 {
			list = append(list, spec.CapName(n))
		}
	}
	return list, nil
}
