package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// maxDepth bounds the directories inside a container's directory that Remove
// deletes; runseal makes none.
const maxDepth = 32

// Remove deletes the directory with everything in it and so frees the id; it
// ends with state.json, so that a Remove which is killed can be repeated
// with the state still known. The directory must be locked. Close is still to
// be called.
func (d *Dir) Remove() error {
	if !d.locked {
		return fmt.Errorf("removing the state of container %s: the directory is not locked", quote(d.id))
	}
	err := clean(d.fd, stateName, 0)
	if err == nil {
		err = unlink(d.fd, stateName, 0)
	}
	if err == nil {
		err = unix.Unlinkat(d.root, d.id, unix.AT_REMOVEDIR)
	}
	if err != nil && err != unix.ENOENT {
		return fmt.Errorf("removing the state of container %s: %w", quote(d.id), &fs.PathError{Op: "remove", Path: d.path, Err: err})
	}
	return nil
}

// clean deletes what is in a directory, but for keep.
func clean(dir int, keep string, depth int) error {
	fd, err := open(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), ".")
	names, err := f.Readdirnames(-1)
	f.Close()
	if errors.Is(err, unix.ENOENT) {
		return nil // the directory itself is gone
	}
	if err != nil {
		return err
	}
	for _, name := range names {
		if name == keep {
			continue
		}
		if err := unlink(dir, name, depth); err != nil {
			return err
		}
	}
	return nil
}

// unlink deletes one entry, a directory with its content. Symbolic links are
// deleted, not followed. What is not there is fine.
func unlink(dir int, name string, depth int) error {
	err := unix.Unlinkat(dir, name, 0)
	if err == nil || err == unix.ENOENT {
		return nil
	}
	if err != unix.EISDIR || depth == maxDepth {
		return err
	}
	fd, err := open(dir, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return err
	}
	err = clean(fd, "", depth+1)
	unix.Close(fd)
	if err != nil {
		return err
	}
	return unix.Unlinkat(dir, name, unix.AT_REMOVEDIR)
}
