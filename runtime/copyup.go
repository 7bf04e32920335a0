package runtime

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/plan"
)

// maxCopyDepth bounds the recursion of tmpcopyup.
const maxCopyDepth = 128

// copyUp fills a tmpfs with what its mount point held (option tmpcopyup). Both
// are O_PATH descriptors of directories that the child resolved inside the
// root; everything below is opened relative to them, one component at a time,
// without following symlinks.
func (c *copier) copyUp(fds []int, p plan.Path) error {
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	if len(fds) != 2 {
		return fmt.Errorf("%s: tmpcopyup: the child handed over %d descriptors, expected 2", p.Field, len(fds))
	}
	if err := asOwner(fds[1], func() error { return c.dir(fds[0], fds[1], 0) }); err != nil {
		return fmt.Errorf("%s: tmpcopyup of %q: %w", p.Field, p.Name, err)
	}
	return nil
}

// asOwner calls f with the file system ids of a tmpfs's owner. In a user
// namespace the host's root is not mapped, and files that it makes there would
// have no owner (EOVERFLOW). The ids are the thread's; it goes away afterwards.
func asOwner(tmpfs int, f func() error) error {
	var st unix.Stat_t
	if err := unix.Fstat(tmpfs, &st); err != nil {
		return err
	}
	if int(st.Uid) == os.Geteuid() {
		return f()
	}
	v, err := newVisit(func() error { return takeFsIDs(int(st.Uid), int(st.Gid)) })
	if err != nil {
		return err
	}
	defer v.leave()
	return v.do(f)
}

// takeFsIDs gives the calling thread other file system ids. A change of the file
// system uid drops the file capabilities, which chown and device nodes need.
func takeFsIDs(uid, gid int) error {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var caps [2]unix.CapUserData
	if err := unix.Capget(&hdr, &caps[0]); err != nil {
		return err
	}
	if err := unix.Setfsgid(gid); err != nil {
		return err
	}
	if err := unix.Setfsuid(uid); err != nil {
		return err
	}
	return unix.Capset(&hdr, &caps[0])
}

// A copier copies for one container. The memory that its files take is runseal's in the
// kernel's accounts, and not the container's; so there may be no more of it than the
// container has in all.
type copier struct {
	left int64 // bytes
}

func newCopier(s *specs.Spec) copier {
	if s.Linux != nil && s.Linux.Resources != nil {
		if m := s.Linux.Resources.Memory; m != nil && m.Limit != nil && *m.Limit > 0 {
			return copier{*m.Limit}
		}
	}
	return copier{math.MaxInt64}
}

func (c *copier) take(bytes int64) error {
	if c.left -= bytes; c.left < 0 {
		return errors.New("expected less than linux.resources.memory.limit in all")
	}
	return nil
}

// inode is about what a file takes of a tmpfs without its content.
const inode = 1 << 10

func (c *copier) dir(from, to, depth int) error {
	if depth > maxCopyDepth {
		return fmt.Errorf("directories nested more than %d deep", maxCopyDepth)
	}
	// An O_PATH descriptor cannot be read: open it again.
	src, err := unix.Openat(from, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	dir := os.NewFile(uintptr(src), ".")
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := c.entry(src, to, name, depth); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	var st unix.Stat_t
	if err := unix.Fstat(src, &st); err != nil {
		return err
	}
	return applyMeta(to, &st)
}

func (c *copier) entry(from, to int, name string, depth int) error {
	if err := c.take(inode); err != nil {
		return err
	}
	var st unix.Stat_t
	if err := unix.Fstatat(from, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		if err := unix.Mkdirat(to, name, 0o700); err != nil {
			return err
		}
		sub, err := unix.Openat(from, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(sub)
		dst, err := unix.Openat(to, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(dst)
		return c.dir(sub, dst, depth+1)
	case unix.S_IFREG:
		return c.file(from, to, name)
	case unix.S_IFLNK:
		buf := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(from, name, buf)
		if err != nil {
			return err
		}
		if err := unix.Symlinkat(string(buf[:n]), to, name); err != nil {
			return err
		}
	default:
		if err := unix.Mknodat(to, name, st.Mode, int(st.Rdev)); err != nil {
			return err
		}
		if err := unix.Fchownat(to, name, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
		// Nobody but us writes to the tmpfs yet: name is the node just made.
		return unix.Fchmodat(to, name, st.Mode&0o7777, 0)
	}
	return unix.Fchownat(to, name, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW)
}

func (c *copier) file(from, to int, name string) error {
	in, err := unix.Openat(from, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	in, now, err := openRegular(in) // it may have become something else meanwhile
	if err != nil {
		return err
	}
	src := os.NewFile(uintptr(in), name)
	defer src.Close()
	out, err := unix.Openat(to, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	dst := os.NewFile(uintptr(out), name)
	err = c.data(dst, src, now.Size)
	if err == nil {
		err = applyMeta(out, &now)
	}
	return errors.Join(err, dst.Close())
}

// data copies what a file has, and leaves holes where it has none: they take no memory.
func (c *copier) data(dst, src *os.File, size int64) error {
	for at := int64(0); at < size; {
		from, err := src.Seek(at, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			break
		}
		if err != nil {
			return err
		}
		to, err := src.Seek(from, unix.SEEK_HOLE)
		if err != nil {
			return err
		}
		if err := c.take(to - from); err != nil {
			return err
		}
		if _, err := src.Seek(from, io.SeekStart); err != nil {
			return err
		}
		if _, err := dst.Seek(from, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.CopyN(dst, src, to-from); errors.Is(err, io.EOF) {
			break // somebody makes it shorter
		} else if err != nil {
			return err
		}
		at = to
	}
	return dst.Truncate(size)
}

// applyMeta sets owner and mode; in this order, because a change of owner
// clears the set-user-id bit. The top directory comes as an O_PATH descriptor,
// which fchmod(2) refuses.
func applyMeta(fd int, st *unix.Stat_t) error {
	if err := unix.Fchownat(fd, "", int(st.Uid), int(st.Gid), unix.AT_EMPTY_PATH); err != nil {
		return err
	}
	err := unix.Fchmod(fd, st.Mode&0o7777)
	if errors.Is(err, unix.EBADF) {
		err = unix.Fchmodat(fd, ".", st.Mode&0o7777, 0)
	}
	return err
}
