package runtime

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/state"
)

// Start lets a created container execute its program, between the hooks startContainer
// and poststart. If its filter has a listener (SCMP_ACT_NOTIFY) the agent gets that
// first. A container in which one of the hooks fails is deleted.
func (r *Runtime) Start(id string) error {
	d, s, err := r.open(id, true)
	if err != nil {
		return err
	}
	defer d.Close()
	if st, err := status(d, s); err != nil {
		return fmt.Errorf("cannot start %w", err)
	} else if st != StatusCreated {
		return fmt.Errorf("cannot start container %q: it is %s, expected created", id, st)
	}
	wait := newPatience()
	hooks, err := r.prepareHooked(d, s, wait)
	if err != nil {
		return fmt.Errorf("start container %q: %w", id, err)
	}
	defer hooks.close()
	// Before there is a connection to the agent: it may serve one after the other, and
	// the hooks have connections of their own.
	if err := hooks.before(); err != nil {
		return fmt.Errorf("start container %q: %w", id, err)
	}
	h, err := prepareNotified(d, s, wait)
	if err != nil {
		return fmt.Errorf("start container %q: %w", id, err)
	}
	defer h.close()
	fd, err := unix.Open(d.FifoPath(), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		// ENXIO: nobody waits at the other end any more.
		return fmt.Errorf("start container %q: %w", id, &os.PathError{Op: "open", Path: d.FifoPath(), Err: err})
	}
	defer func() { closeEnd(&fd) }()
	// Unlinked first: a container whose FIFO is gone is never started twice.
	if err := os.Remove(d.FifoPath()); err != nil {
		return fmt.Errorf("start container %q: %w", id, err)
	}
	if _, err := unix.Write(fd, []byte{1}); err != nil {
		return fmt.Errorf("start container %q: %w", id, err)
	}
	closeEnd(&fd) // or else hooks.after would see a writer
	if err := h.do(d, s); err != nil {
		return fmt.Errorf("start container %q: %w", id, err)
	}
	if err := hooks.after(h != nil); err != nil {
		return fmt.Errorf("start container %q: %w", id, err)
	}
	return nil
}

// open opens a container's state directory and reads its state.
func (r *Runtime) open(id string, lock bool) (*state.Dir, *state.State, error) {
	if err := state.ValidID(id); err != nil {
		return nil, nil, err
	}
	d, err := state.Open(r.Root, id, lock)
	if err != nil {
		return nil, nil, err
	}
	s, err := d.Load()
	if err != nil {
		d.Close()
		return nil, nil, err
	}
	return d, s, nil
}
