package runtime

import (
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/signals"
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
		if err := checkConsole(o.ConsoleSocket); err != nil {
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
		c.undo()
		return 0, err
	}
	if o.Detach {
		c.close()
		return 0, nil
	}
	status, err = attend(c.child, c.tty)
	c.close()
	if err != nil || o.Keep {
		return status, err
	}
	return status, r.Delete(id, true)
}
