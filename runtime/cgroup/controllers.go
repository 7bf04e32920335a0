package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// enableControllers makes the version 2 directory and the parents that are
// missing, and has each parent give all controllers that there are to those below
// it, as engines expect it: they read what a container uses even if it has no
// limits. A parent that cannot is passed over (that it has processes is one
// reason, cgroups(7), "no internal processes" rule); Set finds out whether that
// matters, and says why.
//
// The library does the same. It writes to each parent every time, for which the
// kernel stops all changes of the tree, and gives up when the delete of another
// container takes a parent away at the same moment.
func (c *Cgroup) enableControllers() (err error) {
	dir := c.paths[""]
	rel, ok := strings.CutPrefix(dir, root+"/")
	if !ok {
		return fmt.Errorf("linux.cgroupsPath: %q: expected a path below %s", cut(dir), root)
	}
	// Not os.ReadFile: for the Go runtime these files are ones to poll.
	all, err := readAt(unix.AT_FDCWD, root+"/cgroup.controllers")
	if err != nil {
		return fmt.Errorf("linux.cgroupsPath: %s: %w", root+"/cgroup.controllers", err)
	}
	names := strings.Split(rel, "/")
	for try := 0; ; try++ {
		err := c.makeBelow(strings.Fields(string(all)), names)
		if err == nil {
			return nil
		}
		// ENOENT, ENODEV: the delete of another container has taken a parent away.
		if try == races || !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENODEV) {
			return fmt.Errorf("linux.cgroupsPath: %w", err)
		}
	}
}

// makeBelow goes down by descriptors: a parent that another delete takes away in between
// and a create makes again is another directory, which gives no controllers yet.
func (c *Cgroup) makeBelow(all, names []string) error {
	const flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	dir := root
	fd, err := unix.Open(dir, flags, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: dir, Err: err}
	}
	defer func() { unix.Close(fd) }()
	for i, name := range names {
		if err := giveControllers(fd, dir, all); err != nil {
			return err
		}
		dir = filepath.Join(dir, name)
		if err := unix.Mkdirat(fd, name, 0o755); err != nil && err != unix.EEXIST {
			return &fs.PathError{Op: "mkdir", Path: dir, Err: err}
		}
		if i == len(names)-1 {
			break
		}
		next, err := unix.Openat(fd, name, flags, 0)
		if err != nil {
			return &fs.PathError{Op: "open", Path: dir, Err: err}
		}
		unix.Close(fd)
		fd = next
	}
	return nil
}

// giveControllers enables those of all that the cgroup does not give to its
// children yet. The only errors are about a cgroup that has vanished.
func giveControllers(at int, dir string, all []string) error {
	const file = "cgroup.subtree_control"
	path := dir + "/" + file
	text, err := readAt(at, file)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	have := strings.Fields(string(text))
	var missing []string
	for _, k := range all {
		if !slices.Contains(have, k) {
			missing = append(missing, "+"+k)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	fd, err := unix.Openat(at, file, unix.O_WRONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err == unix.ENOENT || err == unix.ENODEV {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	if err != nil {
		return nil // not ours to change: in a container that was given a part of the tree
	}
	defer unix.Close(fd)
	switch _, err := unix.Write(fd, []byte(strings.Join(missing, " "))); err {
	case nil:
		return nil
	case unix.EBUSY, unix.EOPNOTSUPP:
		// It has processes, or is threaded. One by one it would still take the
		// controllers that know threads, but by that become threaded, and no
		// process can be in a cgroup that is made below it then (cgroups(7),
		// "domain invalid").
		return nil
	}
	// All or nothing: one that this cgroup cannot give spoils the others.
	for _, k := range missing {
		if _, err := unix.Write(fd, []byte(k)); err == unix.ENODEV {
			return &fs.PathError{Op: "write", Path: path, Err: err}
		}
	}
	return nil
}
