package runtime

import (
	"fmt"
	"os"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter/selfexe"
	"github.com/runseal/runseal/runtime/policy"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/state"
)

// hooked is what start has to do for a container with hooks of its own. Nil: it has
// none.
type hooked struct {
	dir    *state.Dir
	state  *state.State
	spec   *specs.Spec
	filter *filter // of the hooks startContainer
	wait   *patience
	fifo   int // a reader of the exec FIFO, if there are hooks poststart, or -1
}

// prepareHooked does what can fail before a hook runs.
func (r *Runtime) prepareHooked(d *state.Dir, s *state.State, wait *patience) (*hooked, error) {
	if !s.Hooks {
		return nil, nil
	}
	cfg, err := spec.Parse(s.Config)
	if err != nil {
		return nil, fmt.Errorf("the recorded configuration: %w", err)
	}
	h := &hooked{dir: d, state: s, spec: cfg, wait: wait, fifo: -1}
	if spec.HasHooks(cfg.Hooks, spec.StartContainer) {
		// A process of ours will be in the container, and its program may be
		// /proc/self/exe. This executes runseal again if it has to, which gives up the
		// lock and begins anew.
		if err := selfexe.Protect(); err != nil {
			return nil, err
		}
		seal, err := policy.Restore(s.Policy, cfg, r.StrictSeccomp)
		if err != nil {
			return nil, err
		}
		if h.filter, err = r.compile(seal); err != nil {
			return nil, err
		}
	}
	if spec.HasHooks(cfg.Hooks, spec.Poststart) {
		if h.fifo, err = unix.Open(d.FifoPath(), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0); err != nil {
			return nil, &os.PathError{Op: "open", Path: d.FifoPath(), Err: err}
		}
	}
	return h, nil
}

// before runs the hooks startContainer, while the container's process waits at the FIFO.
func (h *hooked) before() error {
	if h == nil || !spec.HasHooks(h.spec.Hooks, spec.StartContainer) {
		return nil
	}
	init, err := openInit(h.state)
	if err != nil {
		return err
	}
	defer unix.Close(init)
	if err := startContainerHooks(h.state, h.spec, h.filter, h.wait, init, describe(h.dir, h.state, StatusCreated)); err != nil {
		return discard(h.dir, h.state, err)
	}
	return nil
}

// after runs the hooks poststart when the container's program is executing. It runs
// without the lock, as anybody may use and delete a container that does. If the
// execve has failed, which the process itself says on its standard error, there is no
// program and they are not run. With notified an agent may have to decide on the execve.
func (h *hooked) after(notified bool) error {
	if h == nil || h.fifo < 0 {
		return nil
	}
	h.dir.Unlock()
	limit := -1
	if notified {
		limit = int(max(0, h.wait.left)/time.Millisecond) + 1
	}
	switch executes, err := h.awaitExecve(limit); {
	case err != nil:
		return discard(h.dir, h.state, err)
	case !executes:
		return nil
	}
	running := describe(h.dir, h.state, StatusRunning) // even if it was short
	if err := runtimeHooks(spec.Poststart, h.spec.Hooks, running); err != nil {
		return discard(h.dir, h.state, err)
	}
	return nil
}

// awaitExecve waits until the FIFO has no writer: the process has one, close-on-exec.
// There is something in the FIFO then if the process has died without reading what
// start has written, or could not execute its program (plan.tellFailure). The limit is in
// milliseconds, -1 for none.
func (h *hooked) awaitExecve(limit int) (executes bool, err error) {
	fds := []unix.PollFd{{Fd: int32(h.fifo)}} // POLLHUP is always told
	for fds[0].Revents&unix.POLLHUP == 0 {
		n, err := unix.Poll(fds, limit)
		if err != nil && err != unix.EINTR {
			return false, fmt.Errorf("wait for the execve of the container's program: %w", err)
		}
		if n == 0 && err == nil {
			return false, errUndecided()
		}
	}
	var buf [1]byte
	n, err := unix.Read(h.fifo, buf[:])
	return err == nil && n == 0, nil
}

func (h *hooked) close() {
	if h != nil {
		closeEnd(&h.fifo)
	}
}
