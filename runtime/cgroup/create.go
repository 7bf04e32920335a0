package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/opencontainers/cgroups"
	cgfs "github.com/opencontainers/cgroups/fs"
	"github.com/opencontainers/cgroups/fs2"
	"golang.org/x/sys/unix"
)

// Create makes the directories and, on version 2, enables the controllers on the
// way down. No process is moved. A directory that exists already is used as it
// is, as engines may prepare it, but not if processes are in it or below it:
// they would be killed with the container. If it fails, what it made is gone
// again.
//
// Its time is the kernel's, 20 to 80 us for a directory, which is why version 1
// does not go through the library's Apply: that looks at each path and its
// parent first, and takes twice as long. The library still prepares the cpuset,
// which accepts no process before it has CPUs and memory nodes.
func (c *Cgroup) Create() (err error) {
	if len(c.paths) == 0 {
		return nil // without cgroups
	}
	var made []string // parents first
	defer func() {
		if err != nil {
			for i := len(made) - 1; i >= 0; i-- {
				unix.Rmdir(made[i]) // in use by somebody else by now: stays
			}
		}
	}()
	for _, dir := range c.dirs(nil) {
		there, err := c.mkdir(dir, &made)
		if err != nil {
			return fmt.Errorf("linux.cgroupsPath: %w", err)
		}
		if !there {
			continue
		}
		pids, err := pidsIn([]string{dir})
		if err != nil {
			return fmt.Errorf("linux.cgroupsPath: %w", err)
		}
		if len(pids) > 0 {
			return fmt.Errorf("linux.cgroupsPath: %s: has %d processes already (%s), expected a cgroup without processes", dir, len(pids), some(pids))
		}
	}
	resources := c.resources
	if resources == nil {
		resources = &cgroups.Resources{}
	}
	if c.mode == V2 {
		if err := c.enableControllers(); err != nil {
			return err
		}
		return c.CheckThawed()
	}
	if dir := c.paths["cpuset"]; dir != "" {
		if err := new(cgfs.CpusetGroup).Apply(dir, resources, -1); err != nil {
			return c.describe("linux.cgroupsPath", err)
		}
	}
	return c.CheckThawed()
}

// races is how often a cgroup is tried to be made again whose parent the delete of another
// container has taken away meanwhile. One delete does that once.
const races = 2000

// mkdir makes dir and the parents that are missing, adds them to made, and says
// whether dir was there already. In mode V2 it only notes what is missing, since
// each directory needs its controllers (enableControllers).
func (c *Cgroup) mkdir(dir string, made *[]string) (there bool, err error) {
	if c.mode != V2 {
		switch err := unix.Mkdir(dir, 0o755); err {
		case nil:
			*made = append(*made, dir)
			return false, nil
		case unix.EEXIST, unix.ENOENT:
		default:
			return false, &fs.PathError{Op: "mkdir", Path: dir, Err: err}
		}
	}
	for try := 0; ; try++ {
		missing, err := missingDirs(dir)
		if err != nil {
			return false, err
		}
		if c.mode == V2 {
			*made = append(*made, missing...)
			return len(missing) == 0, nil
		}
		for _, p := range missing {
			if err = unix.Mkdir(p, 0o755); err == nil {
				*made = append(*made, p)
			} else if err != unix.EEXIST || p == dir {
				break // EEXIST: another container makes the same parent
			}
		}
		// ENOENT: the delete of another container has taken the parent away.
		if err != nil && (try == races || err != unix.EEXIST && err != unix.ENOENT) {
			return false, &fs.PathError{Op: "mkdir", Path: dir, Err: err}
		}
		if err == nil {
			return len(missing) == 0, nil
		}
	}
}

// Set writes the limits and the device rules. It is meant for a cgroup without
// processes, just after Create. Errors name the field of config.json.
func (c *Cgroup) Set() error {
	if c.resources == nil {
		return errors.New("cgroup: Set without resources: expected a Cgroup from New")
	}
	if err := c.checkFiles(); err != nil {
		return err
	}
	if len(c.paths) == 0 {
		return nil
	}
	m, err := c.manager()
	if err != nil {
		return err
	}
	if err := m.Set(c.resources); err != nil {
		return c.describe("linux.resources", err)
	}
	if c.anyDevice {
		return nil
	}
	if c.mode == V2 {
		return setDevicesV2(c.paths[""], &c.devices)
	}
	return setDevicesV1(c.paths["devices"], &c.devices)
}

// checkFiles catches what the library would leave out in silence because this
// kernel has no file for it.
func (c *Cgroup) checkFiles() error {
	if c.mode != V2 {
		if b := c.resources.CpuBurst; b != nil && !exists(c.paths["cpu"]+"/cpu.cfs_burst_us") {
			return fmt.Errorf("%scpu.burst: %d: needs Linux 5.14 with CONFIG_CFS_BANDWIDTH", c.in, *b)
		}
		return nil
	}
	if len(c.resources.BlkioWeightDevice) > 0 && !exists(c.paths[""]+"/io.bfq.weight") {
		return errors.New(c.in + "blockIO.weightDevice: cgroup v2 has weights per device only with the BFQ scheduler (Linux 5.4, CONFIG_BFQ_GROUP_IOSCHED)")
	}
	for _, name := range slices.Sorted(maps.Keys(c.resources.Unified)) {
		if file := c.paths[""] + "/" + name; !exists(file) {
			err := &fs.PathError{Op: "open", Path: file, Err: unix.ENOENT}
			return c.describe("", fmt.Errorf("unified resource %q: %w", name, err))
		}
	}
	return nil
}

// manager returns the library's manager for the directories.
func (c *Cgroup) manager() (cgroups.Manager, error) {
	cfg := &cgroups.Cgroup{Resources: c.resources}
	if cfg.Resources == nil {
		cfg.Resources = &cgroups.Resources{}
	}
	if c.mode == V2 {
		return fs2.NewManager(cfg, c.paths[""])
	}
	return cgfs.NewManager(cfg, c.Paths())
}

// missingDirs returns dir and those of its parents that do not exist, parents
// first.
func missingDirs(dir string) ([]string, error) {
	var out []string
	for p := dir; ; p = filepath.Dir(p) {
		var st unix.Stat_t
		switch err := unix.Lstat(p, &st); {
		case err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR:
			for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
				out[i], out[j] = out[j], out[i]
			}
			return out, nil
		case err == nil:
			return nil, fmt.Errorf("%s: expected a cgroup, not a file", p)
		case err == unix.ENOENT:
			out = append(out, p)
		default:
			return nil, &fs.PathError{Op: "lstat", Path: p, Err: err}
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
