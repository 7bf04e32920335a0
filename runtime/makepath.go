package runtime

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	securejoin "github.com/cyphar/filepath-securejoin"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/plan"
)

// makePath makes a mount's destination that lies behind a symlink to nowhere.
// fds holds the root, as the child has it open. Where the symlinks lead inside
// of it is worked out as text; the result is then made one component at a time
// without following any, so that somebody who swaps a directory for a symlink
// meanwhile gets an error and nothing outside.
func makePath(fds []int, p plan.Path) error {
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	if len(fds) != 1 {
		return fmt.Errorf("%s: make %q in the root: the child handed over %d descriptors, expected 1", p.Field, p.Name, len(fds))
	}
	root := "/proc/self/fd/" + strconv.Itoa(fds[0])
	full, err := securejoin.SecureJoin(root, p.Name)
	if err != nil {
		return fmt.Errorf("%s: make %q in the root: %w", p.Field, p.Name, err)
	}
	inside := strings.Trim(strings.TrimPrefix(full, root), "/")
	if err := makeInside(fds[0], inside, p.Dir); err != nil {
		return fmt.Errorf("%s: make %q in the root: %w", p.Field, p.Name, err)
	}
	return nil
}

// makeInside makes a path without symlinks below an open directory.
func makeInside(root int, name string, dir bool) error {
	const flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	parent := root
	defer func() {
		if parent != root {
			unix.Close(parent)
		}
	}()
	parents := strings.Split(name, "/")
	base := path.Base(name)
	if !dir {
		parents = parents[:len(parents)-1]
	}
	for _, part := range parents {
		if err := unix.Mkdirat(parent, part, 0o755); err != nil && err != unix.EEXIST {
			return err
		}
		fd, err := unix.Openat(parent, part, flags, 0)
		if err != nil {
			return err
		}
		if parent != root {
			unix.Close(parent)
		}
		parent = fd
	}
	if dir {
		return nil
	}
	fd, err := unix.Openat(parent, base, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_CLOEXEC, 0o644)
	if err == unix.EEXIST {
		return nil
	}
	if err != nil {
		return err
	}
	return unix.Close(fd)
}
