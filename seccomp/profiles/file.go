package profiles

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// openFlags open a file without side effects should it be a FIFO (which would block)
// or a terminal (which would become this process's own).
const openFlags = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_NOCTTY

// below reads the file name below the profile root.
func below(o Options, name string) (*specs.LinuxSeccomp, error) {
	root := o.Root
	if root == "" {
		root = DefaultRoot
	}
	// openBelow has no way out either; these are for a better message, and for names
	// such as a/../b, which would stay inside and are refused by Kubernetes.
	switch {
	case name == "":
		return nil, errors.New("no file, expected localhost/NAME")
	case strings.HasPrefix(name, "/"):
		return nil, fmt.Errorf("an absolute path, expected one below %s", root)
	case strings.IndexByte(name, 0) >= 0:
		return nil, errors.New("a byte 0, expected a path")
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return nil, fmt.Errorf("contains \"..\", expected a path below %s", root)
		}
	}
	f, err := openBelow(root, name)
	if err != nil {
		return nil, err
	}
	return read(f, o)
}

// openBelow opens the file name below root. The root may be a symbolic link, which
// is its owner's business; what comes from a pod is name, and the kernel keeps its
// resolution below the root and without symbolic links at any place (openat2(2),
// Linux 5.6).
func openBelow(root, name string) (*os.File, error) {
	path := filepath.Join(root, name)
	dir, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open profile root", Path: root, Err: err}
	}
	defer unix.Close(dir)
	how := unix.OpenHow{Flags: openFlags, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS}
	fd, err := retry(func() (int, error) { return unix.Openat2(dir, name, &how) })
	switch err {
	case nil:
		return os.NewFile(uintptr(fd), path), nil
	case unix.ELOOP:
		return nil, fmt.Errorf("%s: a symbolic link, expected none below %s", path, root)
	case unix.EXDEV:
		return nil, fmt.Errorf("%s: leads out of %s", path, root)
	case unix.ENOSYS:
		return nil, errors.New("localhost profiles need openat2(2), Linux 5.6")
	}
	return nil, &fs.PathError{Op: "open", Path: path, Err: err}
}

// openFile opens a file that an administrator has named.
func openFile(path string) (*os.File, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path, openFlags, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// retry repeats what a signal has interrupted, or, for openat2, a rename elsewhere
// while the kernel was checking where the path leads. Endless renames must not
// become an endless loop.
func retry(open func() (int, error)) (fd int, err error) {
	for range 100 {
		if fd, err = open(); err != unix.EINTR && err != unix.EAGAIN {
			break
		}
	}
	return fd, err
}

// read reads a profile and closes f. Anything but a regular file is an error, and so
// is one above strictjson.MaxSize bytes, of which nothing is read.
func read(f *os.File, o Options) (*specs.LinuxSeccomp, error) {
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %s, expected a regular file", f.Name(), kind(info.Mode()))
	}
	if info.Size() > strictjson.MaxSize {
		return nil, fmt.Errorf("%s: %w", f.Name(), strictjson.TooLarge(info.Size()))
	}
	if o.Check != nil {
		if err := o.Check(info.Sys().(*syscall.Stat_t)); err != nil {
			return nil, &fs.PathError{Op: "read", Path: f.Name(), Err: err}
		}
	}
	// The file may grow meanwhile, and files of /proc say that they are empty.
	data, err := io.ReadAll(io.LimitReader(f, strictjson.MaxSize+1))
	if err != nil {
		return nil, err
	}
	if o.Text != nil {
		o.Text(f.Name(), data)
	}
	p, err := Parse(data, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return p, nil
}

func kind(m fs.FileMode) string {
	switch m.Type() {
	case fs.ModeDir:
		return "a directory"
	case fs.ModeNamedPipe:
		return "a FIFO"
	case fs.ModeSocket:
		return "a socket"
	}
	return "a device"
}
