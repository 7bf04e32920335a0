package features

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// A tmpfs, which can be id-mapped since Linux 6.3.
func TestIDMapTmpfs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tmpfs")
	must(t, os.Mkdir(dir, 0o755))
	must(t, unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k,mode=755"))
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	fill(t, dir)
	b := sh(t, "stat -c '%u:%g' /owned/user")
	idmapped(b, dir, "/owned", "bind,idmap", ids(0, 5000, 65536), ids(0, 6000, 65536))
	switch {
	case noIDMaps(t, b):
	case !box.Linux(6, 3):
		fails(t, b, fmt.Sprintf(`mounts[6].options[1]: id-map %q: mount_setattr: invalid argument (%[1]q is on a file system of type tmpfs, which this kernel cannot id-map, expected Linux 6.3 or newer)`, dir))
	default:
		if got := output(t, b); got != "6000:7001\n" {
			t.Errorf("the owner is %s", got)
		}
	}
}

// What cannot be mapped is named, and nothing is left of what was there before.
func TestIDMapFailure(t *testing.T) {
	dir := owned(t)
	overmount(t, "/sys/kernel", filepath.Join(dir, "dir"), 0)
	link := filepath.Join(dir, "link")
	must(t, os.Symlink(dir, link))
	twice := mappable(t)
	if box.Linux(5, 12) {
		tree, err := mappedClone(t, dir)
		must(t, err)
		must(t, unix.MoveMount(tree, "", unix.AT_FDCWD, twice, unix.MOVE_MOUNT_F_EMPTY_PATH))
		unix.Close(tree)
		t.Cleanup(func() { unix.Unmount(twice, unix.MNT_DETACH) })
	}
	one, two := ids(0, 1, 9), ids(0, 2, 9)
	const sysfs = " is on a file system of type sysfs, which this kernel cannot id-map)"
	for _, c := range []struct {
		name   string
		any    bool // the error is the same on a kernel without id-mapped mounts
		change func(b *box.Box)
		want   string
	}{
		{"file system", false, func(b *box.Box) { idmapped(b, "/sys/kernel", "/x", "bind", one, one) },
			`mounts[6].uidMappings: id-map "/sys/kernel": mount_setattr: invalid argument ("/sys/kernel"` + sysfs},
		{"with a user namespace", false, func(b *box.Box) { usersOf(b); idmapped(b, "/sys/kernel", "/x", "rbind,idmap", nil, nil) },
			`mounts[6].options[1]: id-map "/sys/kernel": mount_setattr: invalid argument ("/sys/kernel"` + sysfs},
		{"below", false, func(b *box.Box) {
			idmapped(b, dir, "/ok", "bind", one, one)
			idmapped(b, link, "/x", "rbind,ridmap", one, one)
		}, fmt.Sprintf(`mounts[7].options[1]: id-map "%s/link": mount_setattr: invalid argument ("%s/dir"`, dir, dir) + sysfs},
		{"locked below", false, func(b *box.Box) { usersOf(b); idmapped(b, dir, "/x", "bind,idmap", nil, nil) },
			fmt.Sprintf(`mounts[6].source: open_tree %s: invalid argument (in a user namespace a source with mounts below it needs rbind)`, dir)},
		{"source", false, func(b *box.Box) { idmapped(b, "/no/such", "/x", "bind,idmap", one, one) },
			`mounts[6].source: stat /no/such: no such file or directory`},
		{"no mapping", true, func(b *box.Box) { idmapped(b, dir, "/x", "bind,ridmap", nil, nil) },
			`mounts[6].options[1]: the mount has no uidMappings and gidMappings, and the container no user namespace whose mappings could be used`},
		{"no bind mount", true, func(b *box.Box) {
			b.Mount("tmpfs", "tmpfs", "/x", "idmap")
			m := &b.Spec.Mounts[len(b.Spec.Mounts)-1]
			m.UIDMappings, m.GIDMappings = one, one
		}, `mounts[6].options[0]: a mount of type "tmpfs" cannot be id-mapped, expected a bind mount`},
		{"later", false, func(b *box.Box) {
			idmapped(b, dir, "/a", "bind,idmap", one, one)
			idmapped(b, dir, "/b", "bind,idmap", two, two)
			b.Mount("no-such-fs", "x", "/mnt/c", "")
		}, `mount no-such-fs on "/mnt/c"`},
		{"program", false, func(b *box.Box) {
			idmapped(b, dir, "/a", "bind,idmap", one, one)
			b.Spec.Process.Args = []string{"/no/such"}
		}, `exec: "/no/such"`},
		{"twice", false, func(b *box.Box) { idmapped(b, twice, "/a", "bind,idmap", one, one) },
			`mount_setattr: operation not permitted (it is id-mapped already`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := sh(t, "true")
			c.change(b)
			want := c.want
			if !c.any && !box.Linux(5, 12) {
				want = needs512
			}
			fails(t, b, want)
		})
	}
}
