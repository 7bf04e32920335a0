package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Names in a container's directory.
const (
	stateName = "state.json"
	tempName  = "state.json.new"
	fifoName  = "exec.fifo"
)

// Dir is a container's open state directory. It is not safe for concurrent use.
type Dir struct {
	id, path string
	root, fd int
	locked   bool
}

// Create takes an id: it makes ID below root, which is made as well if it is
// missing, and returns the directory locked. errors.Is(err, ErrExists) if the id
// is taken.
func Create(root, id string) (*Dir, error) {
	if err := ValidID(id); err != nil {
		return nil, err
	}
	rootFd, err := openRoot(root, true)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		switch err := unix.Mkdirat(rootFd, id, 0o700); err {
		case nil:
		case unix.EEXIST:
			unix.Close(rootFd)
			return nil, &containerError{kind: ErrExists, id: id}
		default:
			unix.Close(rootFd)
			return nil, &fs.PathError{Op: "mkdir", Path: filepath.Join(root, id), Err: err}
		}
		d, err := openAt(rootFd, root, id, true)
		// Between mkdir and the lock a delete can have taken the directory away.
		if errors.Is(err, ErrNotExist) && try < 10 {
			continue
		}
		if err != nil {
			unix.Unlinkat(rootFd, id, unix.AT_REMOVEDIR)
			unix.Close(rootFd)
			return nil, err
		}
		return d, nil
	}
}

// Open opens the directory of an existing container, with lock after waiting
// for whoever has it. errors.Is(err, ErrNotExist) if there is none. The state
// file may be missing or damaged; that is for Load to say.
func Open(root, id string, lock bool) (*Dir, error) {
	if err := ValidID(id); err != nil {
		return nil, err
	}
	rootFd, err := openRoot(root, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &containerError{kind: ErrNotExist, id: id}
	}
	if err != nil {
		return nil, err
	}
	d, err := openAt(rootFd, root, id, lock)
	if err != nil {
		unix.Close(rootFd)
		return nil, err
	}
	return d, nil
}

// List returns the ids of all containers below root, damaged ones included,
// sorted. No root: no containers. Entries that cannot be a container's directory
// (files, names that are no ids) are left out.
func List(root string) ([]string, error) {
	rootFd, err := openRoot(root, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(rootFd), root)
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && ValidID(e.Name()) == nil {
			ids = append(ids, e.Name())
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// openRoot opens the state root and refuses one that somebody else could put
// state files into.
func openRoot(root string, create bool) (int, error) {
	if root == "" {
		return -1, errors.New("state directory: the path is empty")
	}
	if create {
		if err := os.MkdirAll(root, 0o700); err != nil {
			return -1, fmt.Errorf("state directory: %w", err)
		}
	}
	fd, err := open(unix.AT_FDCWD, root, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return -1, fmt.Errorf("state directory: %w", &fs.PathError{Op: "open", Path: root, Err: err})
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("state directory: %w", &fs.PathError{Op: "stat", Path: root, Err: err})
	}
	if int(st.Uid) != os.Geteuid() || st.Mode&0o022 != 0 {
		unix.Close(fd)
		return -1, fmt.Errorf("state directory %s: owner %d and mode %04o, expected owner %d and nobody else allowed to write", root, st.Uid, st.Mode&0o7777, os.Geteuid())
	}
	return fd, nil
}

// openAt opens a container's directory; the Dir takes rootFd over on success.
func openAt(rootFd int, root, id string, lock bool) (*Dir, error) {
	fd, err := open(rootFd, id, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	switch err {
	case nil:
	case unix.ENOENT, unix.ENOTDIR, unix.ELOOP:
		return nil, &containerError{kind: ErrNotExist, id: id}
	default:
		return nil, &fs.PathError{Op: "open", Path: filepath.Join(root, id), Err: err}
	}
	d := &Dir{id: id, path: filepath.Join(root, id), root: rootFd, fd: fd}
	if lock {
		if err := d.Lock(); err != nil {
			unix.Close(fd)
			return nil, err
		}
	}
	return d, nil
}

// Nobody holds a lock for long but a create or delete that hangs in the kernel.
const (
	lockTimeout = 10 * time.Second
	lockPoll    = 2 * time.Millisecond
)

// Lock waits for the exclusive lock of the directory, up to a limit. If the container was
// deleted meanwhile the error is ErrNotExist, also if there is a new one of the
// same id. The lock ends with Close, or with the last process that inherited the
// descriptor.
func (d *Dir) Lock() error {
	if d.locked {
		return nil
	}
	for end := time.Now().Add(lockTimeout); ; {
		err := unix.Flock(d.fd, unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			break
		}
		if err != unix.EWOULDBLOCK && err != unix.EINTR {
			return &fs.PathError{Op: "flock", Path: d.path, Err: err}
		}
		if time.Now().After(end) {
			return fmt.Errorf("container %q: another process has been creating, starting or deleting it for %v", d.id, lockTimeout)
		}
		time.Sleep(lockPoll)
	}
	err := d.named()
	if err != nil {
		unix.Flock(d.fd, unix.LOCK_UN)
		return err
	}
	d.locked = true
	return nil
}

// named makes sure that the directory still has its name; if it has not, the error is
// ErrNotExist.
func (d *Dir) named() error {
	var here, named unix.Stat_t
	err := unix.Fstat(d.fd, &here)
	if err == nil {
		err = unix.Fstatat(d.root, d.id, &named, unix.AT_SYMLINK_NOFOLLOW)
	}
	switch {
	case err == unix.ENOENT || err == nil && (here.Ino != named.Ino || here.Dev != named.Dev):
		return &containerError{kind: ErrNotExist, id: d.id}
	case err != nil:
		return &fs.PathError{Op: "stat", Path: d.path, Err: err}
	}
	return nil
}

// Unlock gives the lock up before Close.
func (d *Dir) Unlock() {
	if d.locked {
		unix.Flock(d.fd, unix.LOCK_UN)
		d.locked = false
	}
}

// Close releases the lock and the descriptors. The lock is released by name: a
// child that was forked meanwhile shares it until it closes its copy.
func (d *Dir) Close() error {
	if d.fd < 0 {
		return nil
	}
	d.Unlock()
	unix.Close(d.root)
	err := unix.Close(d.fd)
	d.root, d.fd, d.locked = -1, -1, false
	return err
}

// ID returns the container's id.
func (d *Dir) ID() string { return d.id }

// Path returns the directory's path, ROOT/ID.
func (d *Dir) Path() string { return d.path }

// FifoPath returns the path of the FIFO on which a created container waits.
func (d *Dir) FifoPath() string { return d.path + "/" + fifoName }

// open is openat(2), close-on-exec, repeated when a signal comes in.
func open(dir int, name string, flags int) (int, error) {
	for {
		fd, err := unix.Openat(dir, name, flags|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}
