package runtime

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/state"
)

// Kill sends a signal to the container's first process, or with all to every
// process of the container. SIGKILL reaches all of them anyway if the
// container has no pid namespace of its own, because then nothing else would
// end them. Killing all of a container that has ended is no error, and does nothing
// to another one that was given its cgroup since. A paused
// container takes SIGKILL at once, other signals when it is resumed.
func (r *Runtime) Kill(id string, sig syscall.Signal, all bool) error {
	d, s, err := r.open(id, false)
	if err != nil {
		return err
	}
	defer d.Close()
	fd, err := openInit(s)
	gone := errors.Is(err, os.ErrProcessDone)
	if err != nil && !gone {
		return err
	}
	if !gone {
		defer unix.Close(fd)
	}
	inherited := false
	if gone {
		if inherited, err = heir(d, cgroupOf(s)); err != nil {
			return fmt.Errorf("kill container %q: %w", id, err)
		}
	}
	switch {
	case inherited && all:
		return nil
	case inherited:
	case all, sig == unix.SIGKILL && !ownPidNS(s):
		return r.killAll(s, sig)
	}
	if gone {
		return fmt.Errorf("kill container %q: container not running", id)
	}
	if err := unix.PidfdSendSignal(fd, unix.Signal(sig), nil, 0); err != nil {
		if errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("kill container %q: container not running", id)
		}
		return fmt.Errorf("kill container %q: send signal %d to process %d: pidfd_send_signal: %w%s", id, int(sig), s.Pid, err, nsenter.Missing("pidfd_send_signal", err))
	}
	if sig == unix.SIGKILL {
		if err := release(cgroupOf(s)); err != nil {
			return fmt.Errorf("kill container %q: it is paused: %w", id, err)
		}
	}
	return nil
}

// killAll signals every process in the container's cgroup.
func (r *Runtime) killAll(s *state.State, sig syscall.Signal) error {
	c := cgroupOf(s)
	if len(s.CgroupPaths) == 0 {
		if err := signalMembers(s, sig); err != nil {
			return fmt.Errorf("kill container %q: %w", s.ID, err)
		}
		return nil
	}
	if sig == unix.SIGKILL {
		return c.Kill()
	}
	if err := c.Signal(sig); err != nil {
		return fmt.Errorf("kill container %q: send signal %d to all: %w", s.ID, int(sig), err)
	}
	return nil
}

// ownPidNS tells whether the end of the container's first process ends all the
// others, as the kernel does for the first process of a pid namespace.
func ownPidNS(s *state.State) bool {
	cfg, err := spec.Parse(s.Config)
	if err != nil || cfg.Linux == nil {
		return false
	}
	for _, ns := range cfg.Linux.Namespaces {
		if ns.Type == specs.PIDNamespace {
			return ns.Path == ""
		}
	}
	return false
}
