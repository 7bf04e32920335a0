package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// How long Kill waits for processes to die and Destroy for cgroups to fall
// empty. A process in an uninterruptible wait (a dead NFS server) can take any
// time; everything else is done within milliseconds.
const (
	killTimeout    = 10 * time.Second
	destroyTimeout = time.Second
)

// Kill sends SIGKILL to every process in and below the container's cgroups,
// stopped and frozen ones included, until none is left, for at most ten seconds.
// Missing cgroups have no processes.
//
// It refuses, before anything is killed, a path that is not a cgroup below the
// root of a hierarchy and a cgroup that holds this process, pid 1, or processes
// of a pid namespace that cannot be seen from here: no container's
// cgroup does, so the path must be wrong.
func (c *Cgroup) Kill() error {
	dirs := c.dirs(nil)
	pids, err := pidsIn(dirs)
	if err != nil {
		return err
	}
	if err := spare(pids, dirs, "killing"); err != nil || len(pids) == 0 {
		return err
	}
	// Where there is a version 2 cgroup of Linux 5.14 or newer the kernel kills
	// all of it at once, so that no fork gets away. Absent or not possible
	// (a threaded cgroup): one by one below.
	if dir, ok := c.paths[""]; ok {
		if fd, err := openCgroup(dir); err == nil {
			writeAt(fd, "cgroup.kill", "1")
			unix.Close(fd)
		}
	}
	deadline := time.Now().Add(killTimeout)
	for delay, round := 100*time.Microsecond, 0; ; round++ {
		if round > 3 {
			// They fork as fast as they are killed: stop them all first.
			c.writeFreezer(frozenV1, frozenV2)
		}
		pids, err := signalRound(dirs, unix.SIGKILL)
		// A frozen process of version 1 takes the signal when it is thawed. The
		// container may have been frozen by "pause", too.
		if len(pids) > 0 || round > 3 {
			c.thawAll()
		}
		if err != nil || len(pids) == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d processes are still alive %s after SIGKILL (%s)", len(pids), killTimeout, some(pids))
		}
		time.Sleep(delay)
		delay = min(2*delay, 20*time.Millisecond)
	}
}

// spare returns an error if the processes cannot be a container's; what was to be
// done to them is for the message.
func spare(pids []int, dirs []string, what string) error {
	for _, p := range pids {
		var who string
		switch p {
		case 0:
			who = "processes of an outer pid namespace"
		case 1:
			who = "pid 1"
		case os.Getpid():
			who = "this process"
		default:
			continue
		}
		return fmt.Errorf("not %s what is in %s: it holds %s, expected a container's cgroup", what, strings.Join(dirs, " "), who)
	}
	return nil
}

// Signal sends a signal to every process that is in the cgroup now, under the
// same rules as Kill.
func (c *Cgroup) Signal(sig unix.Signal) error {
	_, err := signalRound(c.primary(), sig)
	return err
}

// signalRound signals what is there and returns it.
//
// Between reading a pid and using it the process could end and the number go to
// another process. So the pid is turned into a pidfd first, which can only mean
// one process, and then the cgroups are read again: if the number is still there,
// the pidfd is either that process, or one that has ended already.
func signalRound(dirs []string, sig unix.Signal) ([]int, error) {
	before, err := pidsIn(dirs)
	if err != nil || len(before) == 0 {
		return nil, err
	}
	if err := spare(before, dirs, "killing"); err != nil {
		return nil, err
	}
	// In portions, so that a container of thousands does not use up all descriptors: in
	// smaller ones where there are fewer.
	for rest, portion := before, 64; len(rest) > 0; {
		part := rest[:min(portion, len(rest))]
		err := signalPart(part, dirs, sig)
		if noDescriptors(err) && len(part) > 1 {
			portion = len(part) / 2
			continue
		}
		if err != nil {
			return nil, err
		}
		rest = rest[len(part):]
	}
	return before, nil
}

func noDescriptors(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE)
}

// signalPart signals all of the processes. If descriptors are too few for all, it signals
// none, and the error is one of noDescriptors.
func signalPart(pids []int, dirs []string, sig unix.Signal) error {
	var failed error // of what would fail in another round, too
	fds := make([]int, 0, len(pids))
	defer func() {
		for _, fd := range fds {
			if fd >= 0 {
				unix.Close(fd)
			}
		}
	}()
	for _, p := range pids {
		fd, err := unix.PidfdOpen(p, 0)
		if err != nil {
			fd = -1
		}
		if err != nil && !NoProcess(err) { // else the next round looks again
			failed = fmt.Errorf("look for process %d: pidfd_open: %w%s", p, err, nsenter.Missing("pidfd_open", err))
		}
		if noDescriptors(err) {
			return failed
		}
		fds = append(fds, fd)
	}
	now, err := pidsIn(dirs)
	if err != nil {
		return err
	}
	for i, fd := range fds {
		if _, still := slices.BinarySearch(now, pids[i]); fd < 0 || !still {
			continue
		}
		if err := unix.PidfdSendSignal(fd, sig, nil, 0); err != nil && err != unix.ESRCH { // ended
			failed = fmt.Errorf("send signal %d to process %d: pidfd_send_signal: %w%s", int(sig), pids[i], err, nsenter.Missing("pidfd_send_signal", err))
		}
	}
	return failed
}

// NoProcess says whether an error of pidfd_open(2) means that there is no process of
// this id (any more), and not that it could not be looked for: ESRCH; of the id of a
// thread EINVAL, from Linux 6.15 on ENOENT.
func NoProcess(err error) bool {
	return err == unix.ESRCH || err == unix.EINVAL || err == unix.ENOENT
}

// Destroy removes the container's cgroups and those that were made below them,
// and the parent that runseal made for containers without a cgroupsPath, once it
// is empty. A cgroup that is still busy is tried again for a second, since
// processes that were just killed take a moment to leave; Destroy
// itself kills nothing. What does not exist is fine, so it can be repeated. If
// systemd has made the cgroup, its unit is stopped first.
func (c *Cgroup) Destroy() error {
	if c.unit != nil {
		if err := c.stopUnit(); err != nil {
			return err
		}
	}
	deadline := time.Now().Add(destroyTimeout)
	var first error
	for _, dir := range c.dirs(nil) {
		if err := destroy(dir, deadline); err != nil && first == nil {
			first = err // the others are still removed
		}
	}
	return first
}

func destroy(dir string, deadline time.Time) error {
	// Mostly it is empty and two system calls are enough. The kernel itself does
	// not remove a hierarchy's root.
	var fs unix.Statfs_t
	if clean(dir) && unix.Statfs(dir, &fs) == nil && isCgroup(&fs) && unix.Rmdir(dir) == nil {
		removeParent(dir)
		return nil
	}
	for delay := 50 * time.Microsecond; ; {
		fd, err := openCgroup(dir)
		if err == unix.ENOENT {
			return nil
		}
		if err != nil {
			return err
		}
		err = walk(fd, func(int) error { return nil }, func(parent int, name string) error {
			if err := unix.Unlinkat(parent, name, unix.AT_REMOVEDIR); err != unix.ENOENT {
				return err
			}
			return nil
		})
		if err == nil {
			err = removeSelf(fd, dir)
		}
		unix.Close(fd)
		switch {
		case err == nil || err == unix.ENOENT:
			return nil
		case err != unix.EBUSY && err != unix.ENOTEMPTY:
			return &os.PathError{Op: "rmdir", Path: dir, Err: err}
		case time.Now().After(deadline):
			pids, _ := pidsIn([]string{dir})
			if len(pids) > 0 {
				return fmt.Errorf("removing cgroup %s: it still has %d processes (%s)", dir, len(pids), some(pids))
			}
			return &os.PathError{Op: "rmdir", Path: dir, Err: err}
		}
		time.Sleep(delay)
		delay = min(2*delay, 20*time.Millisecond)
	}
}

// removeSelf removes the cgroup that fd is open on, by its name in its parent.
func removeSelf(fd int, dir string) error {
	parent, err := unix.Openat(fd, "..", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(parent)
	if err := unix.Unlinkat(parent, filepath.Base(dir), unix.AT_REMOVEDIR); err != nil {
		return err
	}
	removeParent(dir)
	return nil
}

// removeParent removes the directory that dir was in if it is runseal's own and
// empty. It may be busy, since another container is being made: then it stays.
func removeParent(dir string) {
	up := filepath.Dir(dir)
	if filepath.Base(up) != defaultParent {
		return
	}
	var st unix.Stat_t
	if unix.Lstat(up, &st) == nil && st.Nlink == 2 {
		if fd, err := openCgroup(up); err == nil {
			unix.Close(fd)
			unix.Rmdir(up)
		}
	}
}
