package runtime

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// The exec FIFO is where a created container waits. It is made under a name
// that nobody looks for and gets its own when the container is ready: its
// presence is what tells "created" from "creating" and "running".

func (c *created) fifoTemp() string { return filepath.Join(c.dir.Path(), ".exec.fifo") }

// makeFifo opens it for reading and writing, so that neither side ever blocks
// in open(2) and the child, a writer itself, never sees an end of file.
func (c *created) makeFifo() error {
	if err := unix.Mkfifo(c.fifoTemp(), 0o600); err != nil {
		return &os.PathError{Op: "mkfifo", Path: c.fifoTemp(), Err: err}
	}
	fd, err := unix.Open(c.fifoTemp(), unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: c.fifoTemp(), Err: err}
	}
	c.fifo = fd
	return nil
}

func (c *created) publishFifo() error {
	if err := os.Rename(c.fifoTemp(), c.dir.FifoPath()); err != nil {
		return fmt.Errorf("make the container startable: %w", err)
	}
	return nil
}

func (c *created) closeFifo() {
	if c.fifo >= 0 {
		unix.Close(c.fifo)
		c.fifo = -1
	}
}
