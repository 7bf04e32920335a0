package runtime

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/signals"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/state"
)

// RunOptions are the options of run.
type RunOptions struct {
	CreateOptions
	Detach      bool // return when the container runs
	Keep        bool // do not delete the container when its process has ended
	NoSubreaper bool // do not adopt the container's orphaned processes
}

// Run creates a container and executes its program. In the foreground it
// forwards signals, waits for the end, deletes the container and returns the
// exit status: that of the process, or 128 and the signal's number.
func (r *Runtime) Run(id string, o RunOptions) (status int, err error) {
	if o.Detach {
		if err := checkSocket(consoleSocket, o.ConsoleSocket); err != nil {
			return 0, err
		}
	}
	if !o.NoSubreaper {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			return 0, err
		}
	}
	if !o.Detach {
		signals.Catch()
		defer signals.Restore()
	}
	c, err := r.create(id, o.CreateOptions, false, o.Detach)
	if err != nil {
		return 0, err
	}
	if err := writePidFile(o.PidFile, c.child.Pid); err != nil {
		return 0, c.undo(err)
	}
	if spec.HasHooks(c.spec.Hooks, spec.Poststart) {
		c.dir.Unlock()
		now := c.describe()
		now.Status = StatusRunning
		if err := runtimeHooks(spec.Poststart, c.spec.Hooks, now); err != nil {
			return 0, c.discard(err)
		}
	}
	if o.Detach {
		c.close()
		return 0, nil
	}
	c.devices.Close() // or their namespace would outlive the container
	// Others may use and delete the container while it runs.
	c.dir.Unlock()
	status, err = attend(c.child, c.tty)
	defer c.close()
	if o.Keep {
		return status, err
	}
	// Under the lock of the very directory, not by name: the container may be
	// gone, and the id another one's.
	if e := c.dir.Lock(); errors.Is(e, state.ErrNotExist) {
		return status, err
	} else if e != nil {
		return status, errors.Join(err, e)
	}
	if e := destroy(c.dir, c.state); e != nil {
		return status, errors.Join(err, e)
	}
	c.dir.Unlock()
	r.removed(id, poststop(c.state, c.spec.Hooks))
	return status, err
}

// discard takes back a container that runs already.
func (c *created) discard(cause error) error {
	err := c.dir.Lock()
	if errors.Is(err, state.ErrNotExist) {
		c.child.Reap() // deleted by somebody else, and so killed
		c.close()
		return cause
	}
	if err != nil {
		c.close()
		return errors.Join(cause, err)
	}
	return c.undo(cause)
}
