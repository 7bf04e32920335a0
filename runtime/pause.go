package runtime

import (
	"errors"
	"fmt"

	"github.com/runseal/runseal/runtime/cgroup"
)

// Pause stops every process of a running or created container, and returns when
// all stand still. If they cannot be stopped within some seconds they run on.
func (r *Runtime) Pause(id string) error {
	d, s, err := r.open(id, true)
	if err != nil {
		return err
	}
	defer d.Close()
	if st, err := status(d, s); err != nil {
		return fmt.Errorf("pause %w", err)
	} else if st != StatusRunning && st != StatusCreated {
		return fmt.Errorf("pause container %q: container not running (it is %s)", id, st)
	}
	c := cgroupOf(s)
	if err := c.Freeze(); err != nil {
		return fmt.Errorf("pause container %q: %w", id, err)
	}
	if lives, err := alive(s); lives || err != nil {
		return nil // it is frozen, whether there is anything to be found out or not
	}
	// It ended meanwhile, and what has stopped cannot be resumed.
	err = fmt.Errorf("pause container %q: container not running (its process has just ended)", id)
	if e := c.Thaw(); e != nil {
		return errors.Join(err, e)
	}
	return err
}

// Resume lets a paused container run again.
func (r *Runtime) Resume(id string) error {
	d, s, err := r.open(id, true)
	if err != nil {
		return err
	}
	defer d.Close()
	if st, err := status(d, s); err != nil {
		return fmt.Errorf("resume %w", err)
	} else if st != StatusPaused {
		return fmt.Errorf("resume container %q: container not paused (it is %s)", id, st)
	}
	if err := cgroupOf(s).Thaw(); err != nil {
		return fmt.Errorf("resume container %q: %w", id, err)
	}
	return nil
}

// release lets a container that was killed take the signal although it is paused, or
// has frozen a part of itself: on version 1 a frozen process does not. Like the status
// it takes a freezer that cannot be read for one that does not hold the container.
func release(c *cgroup.Cgroup) error {
	if frozen, err := c.Frozen(); err == nil && frozen {
		if err := c.Thaw(); err != nil {
			return err
		}
	}
	c.ThawBelow()
	return nil
}
