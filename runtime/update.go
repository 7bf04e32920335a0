package runtime

import (
	"encoding/json"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/state"
)

// Update changes the limits that change names of a container that has not stopped,
// and records them for the next update. If it fails, the container has the limits
// that it had, as far as the kernel gives them back.
func (r *Runtime) Update(id string, change *specs.LinuxResources) error {
	d, s, err := r.open(id, true)
	if err != nil {
		return err
	}
	defer d.Close()
	if st, err := status(d, s); err != nil {
		return fmt.Errorf("update %w", err)
	} else if st == StatusStopped || st == StatusCreating {
		return fmt.Errorf("update container %q: container not running (it is %s)", id, st)
	}
	now, err := resourcesOf(s)
	if err != nil {
		return fmt.Errorf("update container %q: %w", id, err)
	}
	spec.UnsetPids(s.OCIVersion, now)
	spec.UnsetPids(s.OCIVersion, change)
	if err := noCgroup(s.CgroupPaths); err != nil {
		return fmt.Errorf("update container %q: %w", id, err)
	}
	c := cgroupOf(s)
	merged, undo, err := c.Update(now, change)
	if err != nil {
		return fmt.Errorf("update container %q: %w", id, err)
	}
	before := s.Resources
	// The one document that is written by reflection: nobody waits for an update.
	if s.Resources, err = json.Marshal(merged); err == nil {
		err = d.Save(s)
	}
	if err == nil {
		// Last, for it cannot be undone.
		if err = c.UpdateUnit(); err != nil {
			s.Resources = before
			err = also(err, d.Save(s))
		}
	}
	if err != nil {
		return fmt.Errorf("update container %q: %w", id, also(err, undo()))
	}
	return nil
}

// also adds a second error, of what the first has made necessary.
func also(err, second error) error {
	if second == nil {
		return err
	}
	return fmt.Errorf("%w; %w", err, second)
}

// resourcesOf is what the container's cgroup was last set to: by update, or by
// create from config.json.
func resourcesOf(s *state.State) (*specs.LinuxResources, error) {
	if len(s.Resources) > 0 {
		res, err := spec.ParseResources(s.Resources)
		if err != nil {
			return nil, fmt.Errorf("the recorded resources: %w", err)
		}
		return res, nil
	}
	cfg, err := spec.Parse(s.Config)
	if err != nil {
		return nil, fmt.Errorf("the recorded configuration: %w", err)
	}
	if cfg.Linux == nil {
		return nil, nil
	}
	return cfg.Linux.Resources, nil
}
