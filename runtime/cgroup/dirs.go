package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// openCgroup opens a directory that a state file names, and refuses everything
// that cannot be a container's cgroup: a path that is empty, relative or not
// clean, or has symbolic links; a directory of another file system; the root of
// a hierarchy, whose processes are the host's. A missing one is
// unix.ENOENT.
func openCgroup(path string) (int, error) {
	refuse := func(expected string) (int, error) {
		return -1, fmt.Errorf("cgroup %q: expected %s", cut(path), expected)
	}
	if !clean(path) {
		return refuse("an absolute path")
	}
	fd, err := unix.Openat2(unix.AT_FDCWD, path, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	})
	switch err {
	case nil:
	case unix.ENOENT, unix.ENODEV:
		return -1, unix.ENOENT
	case unix.ELOOP, unix.ENOTDIR:
		return refuse("a directory, reached without symbolic links")
	case unix.ENOSYS:
		return -1, fmt.Errorf("%s: openat2: %w%s", path, err, nsenter.Missing("openat2", err))
	default:
		return -1, &os.PathError{Op: "openat2", Path: path, Err: err}
	}
	var (
		fs     unix.Statfs_t
		st, up unix.Stat_t
	)
	if err = unix.Fstatfs(fd, &fs); err == nil {
		if err = unix.Fstat(fd, &st); err == nil {
			err = unix.Fstatat(fd, "..", &up, 0)
		}
	}
	switch {
	case err != nil:
		unix.Close(fd)
		return -1, &os.PathError{Op: "stat", Path: path, Err: err}
	case !isCgroup(&fs):
		unix.Close(fd)
		return refuse("a cgroup")
	case st.Dev != up.Dev:
		unix.Close(fd)
		return refuse("a cgroup below the root of its hierarchy")
	}
	return fd, nil
}

// clean says whether the path is absolute and without "..", "." and NUL.
func clean(path string) bool {
	return strings.HasPrefix(path, "/") && filepath.Clean(path) == path && strings.IndexByte(path, 0) < 0
}

func isCgroup(fs *unix.Statfs_t) bool {
	return fs.Type == unix.CGROUP_SUPER_MAGIC || fs.Type == unix.CGROUP2_SUPER_MAGIC
}

// walk calls visit for the cgroup dir (not closed, not its path but its
// descriptor) and everything below it, children before parents. remove, if not
// nil, is called after a child's visit with the parent's descriptor and the
// child's name. It holds three descriptors at any depth, and names only one
// component at a time, so that no tree that a container builds is too deep.
// Children that vanish meanwhile are passed over.
func walk(dir int, visit func(fd int) error, remove func(parent int, name string) error) error {
	type level struct {
		name     string   // of this cgroup in its parent, "" at the top
		children []string // still to do
	}
	cur, err := unix.FcntlInt(uintptr(dir), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return err
	}
	defer func() { unix.Close(cur) }()
	names, err := subgroups(cur)
	if err != nil {
		return err
	}
	stack := []level{{children: names}}
	for {
		top := &stack[len(stack)-1]
		if n := len(top.children); n > 0 {
			name := top.children[n-1]
			top.children = top.children[:n-1]
			child, err := unix.Openat(cur, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
			if err == unix.ENOENT || err == unix.ENODEV {
				continue
			}
			if err != nil {
				return err
			}
			unix.Close(cur)
			cur = child
			if names, err = subgroups(cur); err != nil {
				return err
			}
			stack = append(stack, level{name, names})
			continue
		}
		if err := visit(cur); err != nil && err != unix.ENODEV && err != unix.ENOENT {
			return err
		}
		if len(stack) == 1 {
			return nil
		}
		parent, err := unix.Openat(cur, "..", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		unix.Close(cur)
		cur = parent
		if remove != nil {
			if err := remove(cur, top.name); err != nil {
				return err
			}
		}
		stack = stack[:len(stack)-1]
	}
}

// subgroups lists the cgroups directly below fd. Without any, which is what the
// link count says (2 + children in kernfs), the directory is not read.
func subgroups(fd int) ([]string, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	if st.Nlink == 2 {
		return nil, nil
	}
	again, err := unix.Openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT || err == unix.ENODEV {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(again), "cgroup")
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENODEV) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// some prints a few process ids.
func some(pids []int) string {
	var b strings.Builder
	b.WriteString("pid")
	for i, p := range pids {
		if i == 5 {
			b.WriteString(" ...")
			break
		}
		b.WriteByte(' ')
		b.WriteString(strconv.Itoa(p))
	}
	return b.String()
}
