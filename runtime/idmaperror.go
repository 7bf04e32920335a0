package runtime

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/plan"
)

// whyNotMapped says, as an appendix to the error of mount_setattr(2), what is in the way of
// an id-mapped mount.
func whyNotMapped(im *plan.IDMap, space int, err error) string {
	switch err {
	case unix.EPERM:
		return " (it is id-mapped already, or the user namespace of its file system or of the mapping is not this process's to change)"
	case unix.EINVAL:
		m := unmappable(im, space)
		if m == nil {
			return ""
		}
		since := ""
		if v := idmapSince(m.FSType); v != "" {
			since = ", expected Linux " + v + " or newer"
		}
		return fmt.Sprintf(" (%q is on a file system of type %s, which this kernel cannot id-map%s)", m.Mountpoint, m.FSType, since)
	}
	return ""
}

// unmappable finds the mount at or below the source that the kernel refuses to map, by
// trying each by itself.
func unmappable(im *plan.IDMap, space int) *mountinfo.Info {
	fd, err := unix.Open(im.Source, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	id, err := mountID(fd)
	if err != nil {
		return nil
	}
	source, err := os.Readlink("/proc/thread-self/fd/" + strconv.Itoa(fd)) // without symlinks
	if err != nil {
		return nil
	}
	// Of this thread, since it is in a mount namespace of its own.
	table, err := os.Open("/proc/thread-self/mountinfo")
	if err != nil {
		return nil
	}
	defer table.Close()
	var found *mountinfo.Info
	_, _ = mountinfo.GetMountsFromReader(table, func(m *mountinfo.Info) (skip, stop bool) {
		at := m.Mountpoint
		if m.ID == id {
			at = source
		} else if !im.Recursive || !im.Tree || !strings.HasPrefix(at, strings.TrimSuffix(source, "/")+"/") {
			return true, false
		}
		tree, err := unix.OpenTree(unix.AT_FDCWD, at, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
		if err != nil {
			return true, false
		}
		defer unix.Close(tree)
		if setIDMap(tree, false, space) == unix.EINVAL {
			found = m
			found.Mountpoint = at
		}
		return true, found != nil
	})
	return found
}

// idmapSince is the version of Linux since which a file system can be id-mapped
// (mount_setattr(2)), "" if it is not known to be.
func idmapSince(fstype string) string {
	switch fstype {
	case "ext4", "xfs", "vfat", "msdos":
		return "5.12"
	case "btrfs", "ntfs3":
		return "5.15"
	case "f2fs":
		return "5.18"
	case "erofs":
		return "5.19"
	case "squashfs":
		return "6.2"
	case "tmpfs":
		return "6.3"
	case "ceph":
		return "6.7"
	case "hugetlbfs":
		return "6.9"
	}
	return ""
}
