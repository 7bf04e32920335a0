package runtime

import (
	"path/filepath"

	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/state"
)

// heir says whether the processes in the cgroup of a container, whose own first process has
// ended or is not known, are another container's: one that was given the same
// linux.cgroupsPath when there was nobody in it. Only containers below the same state root
// are known.
func heir(d *state.Dir, c *cgroup.Cgroup) bool {
	if pids, err := c.Pids(); err != nil || len(pids) == 0 {
		return false
	}
	root := filepath.Dir(d.Path())
	ids, err := state.List(root)
	if err != nil {
		return false
	}
	for _, id := range ids {
		if id != d.ID() && lives(root, id, c.Paths()) {
			return true
		}
	}
	return false
}

// lives says whether a container runs in one of the cgroups.
func lives(root, id string, cgroups map[string]string) bool {
	d, err := state.Open(root, id, false)
	if err != nil {
		return false
	}
	defer d.Close()
	s, err := d.Load()
	if err != nil || !alive(s) {
		return false
	}
	for controller, dir := range s.CgroupPaths {
		if cgroups[controller] == dir {
			return true
		}
	}
	return false
}
