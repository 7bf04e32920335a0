package features

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// owned makes a directory of files on the host that have these owners: 0:0 (the directory
// itself and "root"), 1000:1001 ("user"), 70000:70000 ("high"), and a directory of 1000:1001
// in it ("dir", in which anybody may write).
func owned(t *testing.T) string {
	t.Helper()
	dir := mappable(t)
	fill(t, dir)
	return dir
}

// fill makes what owned says.
func fill(t *testing.T, dir string) {
	t.Helper()
	must(t, os.Mkdir(filepath.Join(dir, "dir"), 0o777))
	must(t, os.Chmod(filepath.Join(dir, "dir"), 0o777))
	for name, owner := range map[string]int{"root": 0, "user": 1000, "high": 70000} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(name+"\n"), 0o640))
		if owner == 1000 {
			must(t, os.Chown(filepath.Join(dir, name), 1000, 1001))
			continue
		}
		must(t, os.Chown(filepath.Join(dir, name), owner, owner))
	}
	must(t, os.Chown(filepath.Join(dir, "dir"), 1000, 1001))
}

// overmount binds from on at until the test's end.
func overmount(t *testing.T, from, at string, flags uintptr) {
	t.Helper()
	must(t, unix.Mount(from, at, "", unix.MS_BIND, ""))
	t.Cleanup(func() { unix.Unmount(at, unix.MNT_DETACH) })
	if flags != 0 {
		must(t, unix.Mount("", at, "", flags, ""))
	}
}

// ids is one range of a mapping.
func ids(fs, mount, size uint32) []specs.LinuxIDMapping {
	return []specs.LinuxIDMapping{{ContainerID: fs, HostID: mount, Size: size}}
}

// idmapped adds an id-mapped mount.
func idmapped(b *box.Box, source, destination, options string, uids, gids []specs.LinuxIDMapping) {
	b.Mount("bind", source, destination, options)
	m := &b.Spec.Mounts[len(b.Spec.Mounts)-1]
	m.UIDMappings, m.GIDMappings = uids, gids
}

// mappable makes a directory on a file system that this kernel can id-map, if it can any:
// on one that is made for that, where the directory for temporary files is a tmpfs and the
// kernel is older than Linux 6.3.
func mappable(t *testing.T) string {
	t.Helper()
	// Not t.TempDir, which a container's user may not pass.
	dir, err := os.MkdirTemp("", "runseal-owned-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	if !box.Linux(5, 12) {
		return dir
	}
	if tree, err := mappedClone(t, dir); err == nil {
		unix.Close(tree)
		return dir
	}
	image := filepath.Join(t.TempDir(), "image")
	must(t, os.WriteFile(image, nil, 0o600))
	must(t, os.Truncate(image, 4<<20))
	for _, argv := range [][]string{{"mke2fs", "-F", image}, {"mount", "-t", "ext4", "-o", "loop", image, dir}} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", argv, err, out)
		}
	}
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	must(t, os.Remove(filepath.Join(dir, "lost+found")))
	return dir
}

// mappedClone makes a detached id-mapped mount of a directory of the host.
func mappedClone(t *testing.T, dir string) (int, error) {
	t.Helper()
	ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/user", holder(t, 0)))
	must(t, err)
	defer ns.Close()
	tree, err := unix.OpenTree(unix.AT_FDCWD, dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	must(t, err)
	err = unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(ns.Fd())})
	if err != nil {
		unix.Close(tree)
		return -1, err
	}
	return tree, nil
}

const needs512 = "an id-mapped mount needs mount_setattr(2), Linux 5.12 or newer"

// noIDMaps tells whether this kernel has no id-mapped mounts, of which the container of b has
// some, and then checks the error.
func noIDMaps(t *testing.T, b *box.Box) bool {
	t.Helper()
	if box.Linux(5, 12) {
		return false
	}
	failed(t, b, b.Run(), needs512)
	return true
}

// fails checks that neither run nor create work, say why, and leave nothing.
func fails(t *testing.T, b *box.Box, want string) {
	t.Helper()
	failed(t, b, b.Run(), want)
	failed(t, b, b.TryCreate().Wait(), want)
}

func failed(t *testing.T, b *box.Box, r box.Result, want string) {
	t.Helper()
	if r.Status == 0 || !strings.Contains(r.Stderr, want) || strings.Count(r.Stderr, "\n") != 1 {
		t.Errorf("exit status %d, stderr\n%s\nexpected\n%s", r.Status, r.Stderr, want)
	}
	b.NothingLeft()
}
