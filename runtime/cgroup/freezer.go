package cgroup

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// freezeTimeout is how long Freeze waits. A process stands still at once, but for
// one in an uninterruptible wait: for a dead NFS or FUSE server it can take for
// ever, and whoever waits for the container's lock waits with us.
const freezeTimeout = 5 * time.Second

// The files of the freezer and what is written there. The library's own freezer
// waits without a limit on version 1 where it only reads the state, and leaves a
// version 2 cgroup half frozen when it gives up.
const (
	freezerV1, freezerV2 = "freezer.state", "cgroup.freeze"
	frozenV1, frozenV2   = "FROZEN", "1"
	thawedV1, thawedV2   = "THAWED", "0"
)

// Freeze stops every process of the container (version 1: the freezer
// controller; version 2: cgroup.freeze, Linux 5.2) and returns when all stand
// still, for at most five seconds. If that fails, they run again. It refuses what
// Kill refuses: this process could not thaw itself.
func (c *Cgroup) Freeze() error {
	fd, err := c.openFreezer()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	dirs := []string{c.freezerDir()}
	pids, err := pidsIn(dirs)
	if err != nil {
		return err
	}
	if err := spare(pids, dirs, "freezing"); err != nil {
		return err
	}
	end := time.Now().Add(freezeTimeout)
	if c.mode == V2 {
		err = freezeV2(fd, end)
	} else {
		err = freezeV1(fd, end)
	}
	if err == nil {
		return nil
	}
	err = fmt.Errorf("freezing the container: %w", err)
	if e := c.thaw(fd); e != nil {
		return errors.Join(err, e)
	}
	return err
}

// errNotStill is what ends a Freeze whose time is over.
func errNotStill() error {
	return fmt.Errorf("not every process stood still within %s (one in an uninterruptible wait cannot be frozen)", freezeTimeout)
}

// freezeV1 writes FROZEN until it is: processes that appear meanwhile are stopped
// by the next write only (cgroup-v1/freezer-subsystem.rst).
func freezeV1(dir int, end time.Time) error {
	for round, delay := 1, 50*time.Microsecond; ; round++ {
		if err := writeAt(dir, freezerV1, frozenV1); err != nil {
			return fmt.Errorf("%s: %w", freezerV1, err)
		}
		state, err := readAt(dir, freezerV1)
		if err != nil {
			return fmt.Errorf("%s: %w", freezerV1, err)
		}
		if string(bytes.TrimSpace(state)) == frozenV1 {
			return nil
		}
		if time.Now().After(end) {
			return errNotStill()
		}
		if round%32 == 0 {
			// One process can wait for another that already stands still.
			writeAt(dir, freezerV1, thawedV1)
		}
		time.Sleep(delay)
		delay = min(2*delay, 10*time.Millisecond)
	}
}

// freezeV2 writes 1 and waits for the kernel to say in cgroup.events that it is
// done, which poll(2) reports (cgroup-v2.rst, "Core Interface Files").
func freezeV2(dir int, end time.Time) error {
	const events = "cgroup.events"
	if err := writeAt(dir, freezerV2, frozenV2); err != nil {
		return fmt.Errorf("%s: %w", freezerV2, err)
	}
	fd, err := unix.Openat(dir, events, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", events, err)
	}
	defer unix.Close(fd)
	var buf [256]byte
	for {
		n, err := unix.Pread(fd, buf[:], 0)
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("%s: %w", events, err)
		}
		if n > 0 && bytes.Contains(buf[:n], []byte("frozen 1\n")) {
			return nil
		}
		left := time.Until(end)
		if left <= 0 {
			return errNotStill()
		}
		wait := int(min(left, 100*time.Millisecond)/time.Millisecond) + 1
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLPRI}}, wait); err != nil && err != unix.EINTR {
			return fmt.Errorf("%s: poll: %w", events, err)
		}
	}
}

// Thaw lets them run again. It does not wait for them.
func (c *Cgroup) Thaw() error {
	fd, err := c.openFreezer()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return c.thaw(fd)
}

func (c *Cgroup) thaw(dir int) error {
	name, value := c.freezerFile(thawedV1, thawedV2)
	if err := writeAt(dir, name, value); err != nil {
		return fmt.Errorf("letting the container run again: %s: %w", name, err)
	}
	return nil
}

// Frozen says whether the container was frozen by Freeze, or is about to be; a
// freeze that comes from a parent cgroup does not count. So a Freeze that was
// killed half-way leaves a container that is frozen, and can be thawed. A
// container without cgroups is not frozen.
func (c *Cgroup) Frozen() (bool, error) {
	fd, err := c.openFreezer()
	if err == ErrNoFreezer {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	// Unlike these two, freezer.state and cgroup.events speak of the processes,
	// whatever has stopped them.
	name := "freezer.self_freezing" // Linux 3.8
	if c.mode == V2 {
		name = freezerV2
	}
	text, err := readAt(fd, name)
	if err == unix.ENOENT || err == unix.ENODEV { // removed meanwhile
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the freezer: %w", &os.PathError{Op: "read", Path: name, Err: err})
	}
	return string(bytes.TrimSpace(text)) == "1", nil
}

// freezerDir is the directory that freezes the container.
func (c *Cgroup) freezerDir() string {
	if c.mode == V2 {
		return c.paths[""]
	}
	return c.paths["freezer"]
}

// freezerFile picks the file of the container's version, and the value.
func (c *Cgroup) freezerFile(v1, v2 string) (name, value string) {
	if c.mode == V2 {
		return freezerV2, v2
	}
	return freezerV1, v1
}

// openFreezer opens the directory and verifies the path: freezing a hierarchy's
// root by a damaged state file would stop the host.
func (c *Cgroup) openFreezer() (int, error) {
	dir := c.freezerDir()
	if dir == "" {
		return -1, ErrNoFreezer
	}
	fd, err := openCgroup(dir)
	if err == unix.ENOENT {
		return -1, ErrNoFreezer
	}
	return fd, err
}

// writeFreezer sets the freezer without waiting, for Kill, which looks at the
// processes themselves.
func (c *Cgroup) writeFreezer(v1, v2 string) {
	fd, err := openCgroup(c.freezerDir())
	if err != nil {
		return
	}
	name, value := c.freezerFile(v1, v2)
	writeAt(fd, name, value)
	unix.Close(fd)
}
