package runtime

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/plan"
)

// idmapper makes the trees of id-mapped mounts (plan.IDMap). The zero value is ready.
type idmapper struct {
	inside *visit // in the child's mount namespace; nil: not there yet
	spaces []userSpace
}

// userSpace is a user namespace that has the mappings of one or several mounts. Nil ids:
// it is the container's own.
type userSpace struct {
	uids, gids []specs.LinuxIDMapping
	fd         int
}

// passTree gives the child the tree that it waits for.
//
// It is cloned in the child's mount namespace, so that it is a slave of the host's mounts
// and as locked (mount_namespaces(7)) as everything that the child mounts by itself; and by
// this process, whose credentials reach the source and may map it.
func (c *created) passTree(im *plan.IDMap) error {
	space := -1
	if !im.Plain {
		var err error
		if space, err = c.idmaps.space(c, im); err != nil {
			return err
		}
	}
	if c.idmaps.inside == nil {
		var err error
		if c.idmaps.inside, err = visitProcess(c.child.PidFD, unix.CLONE_NEWNS); err != nil {
			return fmt.Errorf("%s: enter the container's mount namespace: %w", im.Field, err)
		}
	}
	tree := -1
	if err := c.idmaps.inside.do(func() (err error) {
		tree, err = mappedTree(im, space)
		return err
	}); err != nil {
		return err
	}
	defer unix.Close(tree)
	return c.child.Pass(tree)
}

// close gives up what was needed to make the trees. Their user namespaces live on in the
// mounts.
func (m *idmapper) close() {
	if m.inside != nil {
		m.inside.leave()
	}
	for _, s := range m.spaces {
		unix.Close(s.fd)
	}
	*m = idmapper{}
}

// space returns a user namespace that has the mappings of a mount, which is made when they
// are met first.
func (m *idmapper) space(c *created, im *plan.IDMap) (fd int, err error) {
	uids, gids := im.UIDs, im.GIDs
	if l := c.spec.Linux; c.plan.Flags&unix.CLONE_NEWUSER != 0 && slices.Equal(uids, l.UIDMappings) && slices.Equal(gids, l.GIDMappings) {
		uids, gids = nil, nil // they are the container's, and this process has written them
	}
	for _, s := range m.spaces {
		if slices.Equal(s.uids, uids) && slices.Equal(s.gids, gids) {
			return s.fd, nil
		}
	}
	if len(uids) == 0 {
		fd, err = openUserNamespace(c.child.Pid)
	} else {
		fd, err = newUserNamespace(im.Field, uids, gids)
	}
	if err != nil {
		return -1, fmt.Errorf("%s: %w", im.About, err)
	}
	m.spaces = append(m.spaces, userSpace{uids, gids, fd})
	return fd, nil
}

// newUserNamespace makes a user namespace with these mappings that has no process. The
// errors name what is below field.
func newUserNamespace(field string, uids, gids []specs.LinuxIDMapping) (int, error) {
	b := nsenter.NewBuilder()
	b.Step(field, "hold a user namespace")
	b.Hold() // until it is killed, or this process ends
	b.Fail(uint16(unix.ECANCELED))
	p, err := b.Program()
	if err != nil {
		return -1, err
	}
	holder, err := nsenter.Start(p, nsenter.Clone{Flags: unix.CLONE_NEWUSER, Cgroup: -1, Keep: 3})
	if err != nil {
		var op *nsenter.OpError
		if errors.As(err, &op) { // it would speak of linux.namespaces
			err = fmt.Errorf("%s: %w", op.Call, op.Errno)
			if op.Errno == unix.ENOSPC {
				err = fmt.Errorf("%w (user.max_user_namespaces allows no more)", err)
			}
		}
		return -1, fmt.Errorf("make a user namespace for the mapping: %w", err)
	}
	defer holder.Close()
	defer holder.Kill()
	for _, m := range []mapper{{file: "uid_map", field: field + ".uidMappings", list: uids}, {file: "gid_map", field: field + ".gidMappings", list: gids}} {
		if err := m.write(holder.Pid); err != nil {
			return -1, err
		}
	}
	return openUserNamespace(holder.Pid)
}

// openUserNamespace opens the user namespace of a child that has not been reaped.
func openUserNamespace(pid int) (int, error) {
	name := "/proc/" + strconv.Itoa(pid) + "/ns/user"
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return fd, nil
}

// mappedTree makes a detached tree whose files have the owners that the user namespace
// gives them.
func mappedTree(im *plan.IDMap, space int) (int, error) {
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC)
	if im.Tree {
		flags |= unix.AT_RECURSIVE
	}
	tree, err := unix.OpenTree(unix.AT_FDCWD, im.Source, flags)
	if err != nil {
		why := ""
		if err == unix.EINVAL && !im.Tree {
			why = " (in a user namespace a source with mounts below it needs rbind)" // they are locked to it
		}
		return -1, fmt.Errorf("%s.source: %w%s", im.Field, &os.PathError{Op: "open_tree", Path: im.Source, Err: err}, why)
	}
	if im.Plain {
		return tree, nil
	}
	if err := setIDMap(tree, im.Recursive, space); err != nil {
		unix.Close(tree)
		return -1, fmt.Errorf("%s: id-map %q: mount_setattr: %w%s", im.About, im.Source, err, whyNotMapped(im, space, err))
	}
	return tree, nil
}

// setIDMap maps the owners of a detached mount, or of all in the tree.
func setIDMap(tree int, recursive bool, space int) error {
	flags := uint(unix.AT_EMPTY_PATH)
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	return unix.MountSetattr(tree, "", flags, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(space)})
}
