package runtime

import (
	"errors"
	"path/filepath"

	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/state"
)

// heir says whether the processes in the cgroup of a container, whose own first process has
// ended or is not known, are another container's: one that was given the same
// linux.cgroupsPath when there was nobody in it. Only containers below the same state root
// are known. An error means that it could not be found out, and nothing may be killed.
func heir(d *state.Dir, c *cgroup.Cgroup) (bool, error) {
	pids, err := c.Pids()
	if err != nil || len(pids) == 0 {
		return false, err
	}
	root := filepath.Dir(d.Path())
	ids, err := state.List(root)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if id == d.ID() {
			continue
		}
		if found, err := lives(root, id, c.Paths()); err != nil || found {
			return found, err
		}
	}
	return false, nil
}

// lives says whether a container runs in one of the cgroups. If its state is damaged it may,
// and whose the processes are that are in there then cannot be told.
func lives(root, id string, cgroups map[string]string) (bool, error) {
	d, err := state.Open(root, id, false)
	if errors.Is(err, state.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer d.Close()
	s, err := d.Load()
	switch {
	case errors.Is(err, state.ErrForeign):
		return false, nil
	case errors.Is(err, state.ErrDamaged):
		p, err := d.Place()
		if state.Scarce(err) {
			return false, err
		}
		return overlap(p.CgroupPaths, cgroups), nil // none are known without a record
	case err != nil:
		return false, err
	}
	is, err := alive(s)
	return is && overlap(s.CgroupPaths, cgroups), err
}

// overlap says whether two containers have a cgroup in common.
func overlap(a, b map[string]string) bool {
	for controller, dir := range a {
		if b[controller] == dir {
			return true
		}
	}
	return false
}
