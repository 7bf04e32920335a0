package runtime

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter/inherited"
	"github.com/runseal/runseal/runtime/cgroup"
)

// EventsOptions are the options of events.
type EventsOptions struct {
	Interval time.Duration // between two events with what the container uses; above 0
	Stats    bool          // one such event, now, and no more
}

// Events gives emit one line of JSON, without its end, for each event of a
// container that has not stopped: what it uses, every now and then, and when a
// process was killed for lack of memory. It returns when the container's first
// process has ended, or with the first error, emit's included.
func (r *Runtime) Events(id string, o EventsOptions, emit func(line []byte) error) error {
	d, s, err := r.open(id, false)
	if err != nil {
		return err
	}
	st, err := status(d, s)
	d.Close()
	if err != nil {
		return fmt.Errorf("events of %w", err)
	}
	init, err := openInit(s)
	switch {
	case err == nil:
		defer unix.Close(init)
	case !errors.Is(err, os.ErrProcessDone):
		return fmt.Errorf("events of container %q: %w", id, err)
	}
	if err != nil || st == StatusStopped {
		return fmt.Errorf("events: container with id %s is not running", id)
	}
	if err := noCgroup(s.CgroupPaths); err != nil {
		return fmt.Errorf("events of container %q: %w", id, err)
	}
	e := &events{id: id, cgroup: cgroupOf(s), init: init, emit: emit}
	if o.Stats {
		err = e.stats()
	} else {
		err = e.watch(o.Interval)
	}
	if err != nil {
		return fmt.Errorf("events of container %q: %w", id, err)
	}
	return nil
}

type events struct {
	id     string
	cgroup *cgroup.Cgroup
	init   int // pidfd of the container's first process
	emit   func([]byte) error
}

// stats emits what the container uses now.
func (e *events) stats() error {
	s, err := e.cgroup.Stats()
	if err != nil {
		return err
	}
	return e.emit(appendStats(make([]byte, 0, 4096), e.id, s))
}

// watch waits for what happens.
func (e *events) watch(interval time.Duration) error {
	inherited.Staying()
	oom, err := e.cgroup.WatchOOM()
	if err != nil {
		return err
	}
	defer oom.Close()
	next := time.Now().Add(interval)
	for {
		fds := []unix.PollFd{{Fd: int32(e.init), Events: unix.POLLIN}, {Fd: int32(oom.FD()), Events: unix.POLLIN}}
		_, err := unix.Ppoll(fds, untilNext(next), nil)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("poll: %w", err)
		}
		ended := fds[0].Revents != 0
		if ended || fds[1].Revents != 0 {
			// Asked at the end too: the process may be the one that was killed.
			happened, err := oom.Happened()
			if err == unix.ENODEV {
				return nil
			}
			if err != nil {
				return fmt.Errorf("watching for processes out of memory: %w", err)
			}
			if happened {
				if err := e.emit(appendOOM(nil, e.id)); err != nil {
					return err
				}
			}
		}
		if ended {
			return nil
		}
		if time.Now().Before(next) {
			continue
		}
		if err := e.stats(); errors.Is(err, unix.ENOENT) {
			return nil // stopped and deleted meanwhile
		} else if err != nil {
			return err
		}
		if next = next.Add(interval); next.Before(time.Now()) {
			next = time.Now().Add(interval) // it was suspended, or the reader slow
		}
	}
}

// untilNext is the time that is left, 0 if none is.
func untilNext(next time.Time) *unix.Timespec {
	ts := unix.NsecToTimespec(int64(max(0, time.Until(next))))
	return &ts
}

// Pids returns the processes of a container, those of cgroups below its own
// included, sorted. If it has stopped these are what it has left behind, and none if its
// cgroup is another container's by now.
func (r *Runtime) Pids(id string) ([]int, error) {
	d, s, err := r.open(id, false)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	lives, err := alive(s)
	inherited := false
	if err == nil && !lives {
		inherited, err = heir(d, cgroupOf(s))
	}
	if err != nil {
		return nil, fmt.Errorf("processes of container %q: %w", id, err)
	}
	if inherited {
		return nil, nil
	}
	pids, err := members(s)
	if err != nil {
		return nil, fmt.Errorf("processes of container %q: %w", id, err)
	}
	if len(pids) > 0 && pids[0] == 0 {
		pids = pids[1:] // of a pid namespace that is not ours
	}
	return pids, nil
}
