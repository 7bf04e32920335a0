package cgroup

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// delegatePath lists the files of a cgroup that its owner may write to (Linux 4.15).
const delegatePath = "/sys/kernel/cgroup/delegate"

// Delegate makes a user of the host the owner of the version 2 cgroup and of those
// of its files that the kernel lists for that, so that the user can make cgroups
// below it and move processes between them. The limits' files stay root's. Version
// 1 is not safe to give away (cgroups(7), "Cgroups delegation") and stays as it is.
func (c *Cgroup) Delegate(uid int) error {
	if c.mode != V2 || c.paths[""] == "" {
		return nil
	}
	files := words(delegatePath)
	if len(files) == 0 {
		files = []string{"cgroup.procs", "cgroup.subtree_control", "cgroup.threads"} // what the specification says
	}
	fd, err := openCgroup(c.paths[""])
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for _, name := range append(files, ".") {
		if filepath.Base(name) != name {
			continue
		}
		// The list is of all files that a cgroup can have.
		if err := unix.Fchownat(fd, name, uid, -1, unix.AT_SYMLINK_NOFOLLOW); err != nil && !errors.Is(err, unix.ENOENT) {
			return &os.PathError{Op: "chown", Path: filepath.Join(c.paths[""], name), Err: err}
		}
	}
	return nil
}
