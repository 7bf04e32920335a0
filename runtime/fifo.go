package runtime

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/state"
)

// The exec FIFO is where a created container waits. It is made under a name
// that nobody looks for and gets its own when the container is ready: its
// presence is what tells "created" from "creating" and "running".

func fifoTemp(d *state.Dir) string { return filepath.Join(d.Path(), ".exec.fifo") }

// makeFifo opens it for reading and writing, so that neither side ever blocks
// in open(2) and the child, a writer itself, never sees an end of file.
func (c *created) makeFifo() error {
	if err := unix.Mkfifo(fifoTemp(c.dir), 0o600); err != nil {
		return &os.PathError{Op: "mkfifo", Path: fifoTemp(c.dir), Err: err}
	}
	fd, err := unix.Open(fifoTemp(c.dir), unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: fifoTemp(c.dir), Err: err}
	}
	c.fifo = fd
	return nil
}

func (c *created) publishFifo() error {
	if err := os.Rename(fifoTemp(c.dir), c.dir.FifoPath()); err != nil {
		return fmt.Errorf("make the container startable: %w", err)
	}
	return nil
}

// announce gives the state directory of run, whose child needs no FIFO, what tells
// that the container is being created: hooks may ask for its state.
func (c *created) announce() error {
	if err := unix.Mkfifo(fifoTemp(c.dir), 0o600); err != nil {
		return &os.PathError{Op: "mkfifo", Path: fifoTemp(c.dir), Err: err}
	}
	c.announced = true
	return nil
}

// runStartContainer runs the hooks of start for run, with the container created, and
// takes back what announce has said.
func (c *created) runStartContainer() error {
	if spec.HasHooks(c.spec.Hooks, spec.StartContainer) {
		if err := c.publishFifo(); err != nil {
			return err
		}
		now := c.describe()
		now.Status = StatusCreated
		if err := startContainerHooks(c.state, c.spec, c.filter, c.wait, c.child.PidFD, now); err != nil {
			return err
		}
		// Not before: the agent may serve one connection after the other.
		var err error
		if c.agent, err = c.filter.agent(false, c.wait); err != nil {
			return err
		}
		return os.Remove(c.dir.FifoPath())
	}
	return os.Remove(fifoTemp(c.dir))
}

func (c *created) closeFifo() {
	if c.fifo >= 0 {
		unix.Close(c.fifo)
		c.fifo = -1
	}
}
