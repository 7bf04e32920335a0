// Package hierarchy mounts hierarchies of cgroup version 1 that the host does not have, for
// those who cannot do without: crun, which wants that of hugetlb where the kernel has the
// controller, and the programs of integration/conformance.
//
// A hierarchy is the kernel's and not a mount namespace's: while it is mounted anywhere,
// cgroups of version 2 cannot have its controller, and the other way round. So whoever
// mounts one unmounts it again, and nothing here touches one that was there before.
package hierarchy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long the kernel gets to free cgroups that were removed.
const patience = 5 * time.Second

// Mount mounts a controller's hierarchy on a directory, which it makes. EBUSY that stays is
// an error that says whose fault it is; the directory is then gone again.
func Mount(controller, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// Cgroups of version 2 that have the controller are in the way, for a moment even when
	// they are removed.
	var err error
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		err = unix.Mount("cgroup", dir, "cgroup", 0, controller)
		if err == nil {
			return nil
		}
		if err != unix.EBUSY || time.Now().After(end) {
			break
		}
	}
	// A directory that is in use stays; an error of rmdir adds nothing here.
	os.Remove(dir)
	if err == unix.EBUSY {
		return fmt.Errorf("mount the %s hierarchy on %s: %w: there are cgroups of version 2 that have the controller (cgroup.subtree_control of their root)", controller, dir, err)
	}
	return fmt.Errorf("mount the %s hierarchy on %s: %w", controller, dir, err)
}

// Unmount takes back what Mount has done, the directory too, once the hierarchy's removed
// cgroups are gone: the kernel frees them a moment after rmdir, and a hierarchy that is
// unmounted before stays around and keeps its controller from version 2.
func Unmount(controller, dir string) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		data, err := os.ReadFile("/proc/cgroups")
		if err != nil {
			return err
		}
		if _, n := line(string(data), controller); n <= 1 {
			break
		}
	}
	if err := unix.Unmount(dir, 0); err != nil {
		return fmt.Errorf("unmount %s: %w", dir, err)
	}
	return os.Remove(dir)
}

// Wanting says whether the kernel has a controller enabled whose hierarchy of version 1 is
// mounted nowhere in this mount namespace.
func Wanting(controller string) (bool, error) {
	data, err := os.ReadFile("/proc/cgroups")
	if err != nil {
		return false, err
	}
	if enabled, _ := line(string(data), controller); !enabled {
		return false, nil
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	return err == nil && !mounted(string(mounts), controller), err
}

// line finds a controller in the text of /proc/cgroups (cgroups(7): name, hierarchy, number
// of cgroups, enabled). Whether it is mounted is not there: a hierarchy that was unmounted
// while it still had cgroups keeps its number.
func line(text, controller string) (enabled bool, cgroups int) {
	for l := range strings.Lines(text) {
		if f := strings.Fields(l); len(f) == 4 && f[0] == controller {
			cgroups, _ = strconv.Atoi(f[2])
			return f[3] == "1", cgroups
		}
	}
	return false, 0
}

// mounted tells whether the text of a mountinfo file (proc(5)) has a hierarchy of version 1
// with this controller.
func mounted(text, controller string) bool {
	for l := range strings.Lines(text) {
		_, fs, found := strings.Cut(l, " - ")
		f := strings.Fields(fs)
		if found && len(f) == 3 && f[0] == "cgroup" && slices.Contains(strings.Split(f[2], ","), controller) {
			return true
		}
	}
	return false
}
