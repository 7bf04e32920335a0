package cgroup

import "golang.org/x/sys/unix"

// thawAll lets a container's processes take the SIGKILL that they were sent. A
// process that the freezer of version 1 holds takes none, and it may be held by a
// cgroup below the container's: one that is frozen by itself stays so whatever is
// above it (cgroup-v1/freezer-subsystem.rst). Such are made by a runtime that runs
// in the container. Version 2 kills what is frozen.
func (c *Cgroup) thawAll() {
	c.writeFreezer("THAWED", "0")
	if c.mode == V2 {
		return
	}
	fd, err := openCgroup(c.freezerDir())
	if err != nil {
		return
	}
	defer unix.Close(fd)
	// What cannot be thawed is still there afterwards, and Kill says so.
	_ = walk(fd, func(fd int) error {
		writeAt(fd, "freezer.state", "THAWED")
		return nil
	}, nil)
}
