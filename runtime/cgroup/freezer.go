package cgroup

import (
	"fmt"

	"github.com/opencontainers/cgroups"
	"golang.org/x/sys/unix"
)

// Freeze stops every process of the container (version 1: the freezer
// controller; version 2: cgroup.freeze, Linux 5.2) and returns when all stand
// still. If that fails, they run again.
func (c *Cgroup) Freeze() error { return c.freeze(cgroups.Frozen) }

// Thaw lets them run again.
func (c *Cgroup) Thaw() error { return c.freeze(cgroups.Thawed) }

func (c *Cgroup) freeze(state cgroups.FreezerState) error {
	if err := c.checkFreezer(); err != nil {
		return err
	}
	m, err := c.manager()
	if err != nil {
		return err
	}
	if err := m.Freeze(state); err != nil {
		return fmt.Errorf("setting the freezer to %s: %w", state, err)
	}
	return nil
}

// Frozen says whether the container was frozen by Freeze; a freeze that comes
// from a parent cgroup of version 1 does not count. A container without cgroups
// is not frozen.
func (c *Cgroup) Frozen() (bool, error) {
	if err := c.checkFreezer(); err != nil {
		if err == ErrNoFreezer {
			return false, nil
		}
		return false, err
	}
	m, err := c.manager()
	if err != nil {
		return false, err
	}
	state, err := m.GetFreezerState()
	if err != nil {
		return false, fmt.Errorf("reading the freezer: %w", err)
	}
	return state == cgroups.Frozen, nil
}

// freezerDir is the directory that freezes the container.
func (c *Cgroup) freezerDir() string {
	if c.mode == V2 {
		return c.paths[""]
	}
	return c.paths["freezer"]
}

// checkFreezer verifies the path before the library uses it: freezing a
// hierarchy's root by a damaged state file would stop the host.
func (c *Cgroup) checkFreezer() error {
	dir := c.freezerDir()
	if dir == "" {
		return ErrNoFreezer
	}
	fd, err := openCgroup(dir)
	if err == unix.ENOENT {
		return ErrNoFreezer
	}
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// writeFreezer sets the freezer without waiting, for Kill, which looks at the
// processes themselves.
func (c *Cgroup) writeFreezer(v1, v2 string) {
	fd, err := openCgroup(c.freezerDir())
	if err != nil {
		return
	}
	if c.mode == V2 {
		writeAt(fd, "cgroup.freeze", v2)
	} else {
		writeAt(fd, "freezer.state", v1)
	}
	unix.Close(fd)
}
