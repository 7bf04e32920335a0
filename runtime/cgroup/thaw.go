package cgroup

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// errFrozen is a cgroup in which no process would run.
var errFrozen = errors.New("expected a cgroup that is not frozen, by itself or by one above it: a process in it would stand still before it is set up")

// CheckThawed looks at the cgroup that a process is about to be put into. Frozen
// can be one that was there before, or one above it: a pod's that is paused. One that
// does not exist is not frozen.
func (c *Cgroup) CheckThawed() error {
	dir, file := c.freezerDir(), "freezer.state"
	if dir == "" {
		return nil
	}
	if c.mode == V2 {
		file = "cgroup.events"
	}
	fd, err := openCgroup(dir)
	if err == unix.ENOENT {
		return nil
	}
	if err != nil {
		return fmt.Errorf("linux.cgroupsPath: %w", err)
	}
	defer unix.Close(fd)
	text, err := readAt(fd, file)
	if err != nil {
		return nil // no freezer; what else is wrong shows when it is used
	}
	state := string(text)
	if strings.Contains(state, "frozen 1\n") || strings.HasPrefix(state, "FROZEN") || strings.HasPrefix(state, "FREEZING") {
		return fmt.Errorf("linux.cgroupsPath: %s: %w", dir, errFrozen)
	}
	return nil
}

// FrozenAbove says whether a cgroup above the container's holds its processes so that they
// take no SIGKILL: the freezer of version 1 does. Nobody may thaw it but who has frozen it.
func (c *Cgroup) FrozenAbove() bool {
	if c.mode == V2 {
		return false
	}
	fd, err := c.openFreezer()
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	text, err := readAt(fd, "freezer.parent_freezing") // Linux 3.8
	return err == nil && strings.TrimSpace(string(text)) == "1"
}

// ThawBelow lets the container's processes take a SIGKILL that they were sent, where
// they are not held by a Freeze but by a cgroup below the container's. A process that
// the freezer of version 1 holds takes none, and a cgroup that is frozen by itself
// stays so whatever is above it (cgroup-v1/freezer-subsystem.rst). Such are made by a
// runtime that runs in the container, or by a container that does not want to end.
// Version 2 kills what is frozen.
//
// What cannot be thawed is still there afterwards, which the caller will see.
func (c *Cgroup) ThawBelow() {
	if c.mode == V2 {
		return
	}
	fd, err := c.openFreezer()
	if err != nil {
		return
	}
	defer unix.Close(fd)
	_ = walk(fd, func(fd int) error {
		writeAt(fd, freezerV1, thawedV1)
		return nil
	}, nil)
}

// thawAll is ThawBelow for a container that may be frozen itself, too.
func (c *Cgroup) thawAll() {
	c.writeFreezer(thawedV1, thawedV2)
	c.ThawBelow()
}
