package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/resctrl"
	"github.com/runseal/runseal/runtime/state"
)

// Delete removes a stopped or merely created container: what is left of its
// processes, its cgroups, its state. With force it kills a running one first,
// and finds nothing wrong with a container that does not exist.
func (r *Runtime) Delete(id string, force bool) error {
	if err := state.ValidID(id); err != nil {
		return err
	}
	d, err := state.Open(r.Root, id, true)
	if err != nil {
		if force && errors.Is(err, state.ErrNotExist) {
			return nil
		}
		return err
	}
	defer d.Close()
	s, err := d.Load()
	if err != nil {
		// Without its state, another runtime's container would go on and be nobody's.
		if !force || errors.Is(err, state.ErrForeign) {
			return err
		}
		return r.deleteDamaged(d, id)
	}
	if st, err := status(d, s); err != nil {
		return fmt.Errorf("cannot delete %w", err)
	} else if !force && st != StatusStopped && st != StatusCreated {
		return fmt.Errorf("cannot delete container %q: it is %s, expected stopped (or use --force)", id, st)
	}
	if err := destroy(d, s); err != nil {
		return err
	}
	d.Unlock()
	r.removed(id, recordedPoststop(s))
	return nil
}

// destroy ends the container's processes and removes everything.
func destroy(d *state.Dir, s *state.State) error {
	c := cgroupOf(s)
	fd, err := openInit(s)
	switch {
	case err == nil:
		err := killAndWait(fd, c)
		unix.Close(fd)
		if err != nil {
			return fmt.Errorf("kill process %d of container %q: %w", s.Pid, s.ID, err)
		}
	case !errors.Is(err, os.ErrProcessDone):
		return fmt.Errorf("delete container %q: %w", s.ID, err)
	}
	if err == nil {
		err = remove(c)
	} else {
		err = removeUnlessInherited(d, c)
	}
	if err != nil {
		return err
	}
	if err := resctrl.Remove(s.Resctrl); err != nil {
		return err
	}
	return d.Remove()
}

// remove ends what is left in the cgroups, and removes them.
func remove(c *cgroup.Cgroup) error {
	if err := c.Kill(); err != nil {
		return err
	}
	return c.Destroy()
}

func removeUnlessInherited(d *state.Dir, c *cgroup.Cgroup) error {
	inherited, err := heir(d, c)
	if err != nil || inherited {
		return err
	}
	return remove(c)
}

// killAndWait kills a process of c and waits until it has ended. That it may stay a
// zombie until its parent looks is no matter here.
func killAndWait(pidfd int, c *cgroup.Cgroup) error {
	if err := unix.PidfdSendSignal(pidfd, unix.SIGKILL, nil, 0); err != nil {
		if errors.Is(err, unix.ESRCH) {
			return nil
		}
		return fmt.Errorf("pidfd_send_signal: %w%s", err, nsenter.Missing("pidfd_send_signal", err))
	}
	if err := release(c); err != nil {
		return err
	}
	for limit := 100; ; {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, limit)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return err
		case n == 0 && limit == 100:
			// Frozen meanwhile. There may be nothing to thaw, and no freezer.
			_ = release(c)
			if c.FrozenAbove() {
				return errors.New("a cgroup above its own is frozen (paused), and nothing in there takes a signal; expected that to be thawed first")
			}
			limit = 10_000
			continue
		case n == 0:
			return errors.New("it did not end within 10 seconds of SIGKILL")
		}
		return nil
	}
}

// deleteDamaged removes a container whose state cannot be read. Its cgroups, and its group
// of the resctrl file system, are those that create has recorded a second time; no pid is
// trusted. Its hooks poststop do not run: the state alone has them as they were when it was
// created, and by now anything may lie where its bundle was.
func (r *Runtime) deleteDamaged(d *state.Dir, id string) error {
	all, group, err := placesOf(d, id)
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := removeUnlessInherited(d, c); err != nil {
			return err
		}
	}
	if err := resctrl.Remove(group); err != nil {
		return err
	}
	return d.Remove()
}

// placesOf is where the processes of a container may be whose state cannot be read, and
// its resctrl group, if it has one. Without a second record, which older versions have not
// made, or with one that is damaged as well, it is where those are that have no cgroupsPath.
func placesOf(d *state.Dir, id string) (all []*cgroup.Cgroup, group string, err error) {
	p, err := d.Place()
	switch {
	case err == nil:
		return []*cgroup.Cgroup{cgroup.OpenScope(p.CgroupPaths, p.SystemdUnit)}, p.Resctrl, nil
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, state.ErrDamaged):
		return nil, "", err
	}
	l, err := cgroup.Detect()
	if err != nil {
		return nil, "", err
	}
	c, err := cgroup.Find(l, "", id)
	if err != nil {
		return nil, "", err
	}
	all = append(all, c)
	if who, err := whoCalls(); err == nil && who.rootless {
		if own, err := cgroup.FindRootless(l, "", id); err == nil {
			all = append(all, own)
		}
	}
	// By whatever driver: where systemd does not run, or the id is no unit name,
	// there is no scope.
	if scope, err := cgroup.FindScope(l, "", id); err == nil {
		all = append(all, scope)
	}
	return all, "", nil
}
