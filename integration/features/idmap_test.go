package features

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
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
	// Not t.TempDir, which a container's user may not pass.
	dir, err := os.MkdirTemp("", "runseal-owned-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
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
	return dir
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

// unsupported tells whether this kernel cannot id-map the file system of dir, of which the
// container of b has mounts, and then checks the error.
func unsupported(t *testing.T, b *box.Box, dir string) bool {
	t.Helper()
	var fs unix.Statfs_t
	must(t, unix.Statfs(dir, &fs))
	want := ""
	switch {
	case !box.Linux(5, 12):
		want = "an id-mapped mount needs mount_setattr(2), Linux 5.12 or newer"
	case fs.Type == unix.TMPFS_MAGIC && !box.Linux(6, 3):
		want = "of type tmpfs, which this kernel cannot id-map, expected Linux 6.3 or newer)"
	case fs.Type == unix.RAMFS_MAGIC:
		want = "of type rootfs, which this kernel cannot id-map)"
	default:
		return false
	}
	r := b.Run()
	if r.Status == 0 || !strings.Contains(r.Stderr, want) || !strings.Contains(r.Stderr, "mounts[") || strings.Count(r.Stderr, "\n") != 1 {
		t.Errorf("exit status %d, stderr %q, expected an error with %q", r.Status, r.Stderr, want)
	}
	b.NothingLeft()
	t.Logf("this kernel cannot id-map %s (file system %#x): the error was tested", dir, fs.Type)
	return true
}

const whose = `cd /owned && stat -c '%n %u:%g' . root user high dir
echo by $(id -u) >dir/made && stat -c '%n %u:%g' dir/made; chown 1:2 dir/made && stat -c '%n %u:%g' dir/made
`

// Owners as the container and as the host see them, without a user namespace and with one,
// new and by path, with mappings of the mount's own and with the container's.
func TestIDMapOwners(t *testing.T) {
	own := func(b *box.Box) { usersOf(b) }
	path := func(b *box.Box) { usersOf(b); pod(b, holder(t, 0), specs.UserNamespace) }
	none := func(*box.Box) {}
	for _, c := range []struct {
		name       string
		users      func(b *box.Box)
		options    string
		uids, gids []specs.LinuxIDMapping
		want       string
		host       string // owner of dir/made on the file system
	}{
		// root is nobody's id in the mount, so it cannot even make a file.
		{"shifted", none, "bind,idmap", ids(0, 5000, 65536), ids(0, 6000, 65536),
			". 5000:6000\nroot 5000:6000\nuser 6000:7001\nhigh 65534:65534\ndir 6000:7001\n", ""},
		{"no option", none, "bind", ids(0, 5000, 65536), ids(0, 6000, 65536),
			". 5000:6000\nroot 5000:6000\nuser 6000:7001\nhigh 65534:65534\ndir 6000:7001\n", ""},
		{"one user is root", none, "rbind,ridmap", ids(1000, 0, 10), ids(1000, 0, 10),
			". 65534:65534\nroot 65534:65534\nuser 0:1\nhigh 65534:65534\ndir 0:1\ndir/made 0:0\ndir/made 1:2\n", "1001:1002"},
		{"the container's", own, "bind,idmap", nil, nil,
			". 0:0\nroot 0:0\nuser 1000:1001\nhigh 65534:65534\ndir 1000:1001\ndir/made 0:0\ndir/made 1:2\n", "1:2"},
		{"the container's by hand", own, "bind,idmap", mapping(), mapping(),
			". 0:0\nroot 0:0\nuser 1000:1001\nhigh 65534:65534\ndir 1000:1001\ndir/made 0:0\ndir/made 1:2\n", "1:2"},
		{"others than the container's", own, "bind,idmap", ids(1000, firstID, 20), ids(1000, firstID+5, 20),
			". 65534:65534\nroot 65534:65534\nuser 0:6\nhigh 65534:65534\ndir 0:6\n", ""},
		{"the container's by path", path, "bind,idmap", nil, nil,
			". 0:0\nroot 0:0\nuser 1000:1001\nhigh 65534:65534\ndir 1000:1001\ndir/made 0:0\ndir/made 1:2\n", "1:2"},
		{"the same by path and by hand", path, "bind,idmap", mapping(), mapping(),
			". 0:0\nroot 0:0\nuser 1000:1001\nhigh 65534:65534\ndir 1000:1001\ndir/made 0:0\ndir/made 1:2\n", "1:2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := owned(t)
			b := sh(t, whose)
			c.users(b)
			idmapped(b, dir, "/owned", c.options, c.uids, c.gids)
			if unsupported(t, b, dir) {
				return
			}
			r := b.Run()
			if r.Stdout != c.want {
				t.Errorf("inside are\n%s\nexpected\n%s (stderr %q)", r.Stdout, c.want, r.Stderr)
			}
			var st unix.Stat_t
			made := ""
			if unix.Stat(filepath.Join(dir, "dir/made"), &st) == nil {
				made = fmt.Sprintf("%d:%d", st.Uid, st.Gid)
			}
			if made != c.host {
				t.Errorf("what was made inside belongs to %q on the host, expected %q", made, c.host)
			}
			b.NothingLeft()
		})
	}
}

// A mount below the source is mapped by ridmap, and by nothing else, and only rbind has it.
func TestIDMapRecursion(t *testing.T) {
	for options, want := range map[string]string{
		"rbind,idmap":         "user 6000:7001\nsub/user 1000:1001\n",
		"rbind,ridmap":        "user 6000:7001\nsub/user 6000:7001\n",
		"rbind":               "user 6000:7001\nsub/user 1000:1001\n",
		"bind,ridmap":         "user 6000:7001\n",
		"rbind,ridmap,ro":     "user 6000:7001\nsub/user 6000:7001\nread-only\n",
		"rbind,ridmap,rro":    "user 6000:7001\nsub/user 6000:7001\nread-only\nsub read-only\n",
		"rbind,ridmap,idmap":  "user 6000:7001\nsub/user 1000:1001\n",
		"rbind,ridmap,rslave": "user 6000:7001\nsub/user 6000:7001\n",
	} {
		t.Run(options, func(t *testing.T) {
			dir, below := owned(t), owned(t)
			must(t, os.Mkdir(filepath.Join(dir, "sub"), 0o755))
			overmount(t, below, filepath.Join(dir, "sub"), 0)
			b := sh(t, `cd /owned; stat -c '%n %u:%g' user sub/user 2>/dev/null
touch dir/x 2>&1 | grep -q 'Read-only' && echo read-only; touch sub/dir/x 2>&1 | grep -q 'Read-only' && echo sub read-only; true`)
			b.Spec.Process.User.UID, b.Spec.Process.User.GID = 6000, 7001 // owner of dir where it is mapped
			idmapped(b, dir, "/owned", options, ids(0, 5000, 65536), ids(0, 6000, 65536))
			if unsupported(t, b, dir) {
				return
			}
			if got := output(t, b); got != want {
				t.Errorf("inside are\n%s\nexpected\n%s", got, want)
			}
			b.NothingLeft()
		})
	}
}

// The other attributes and the propagation are as on any bind mount, and the mounts of the
// host keep what they are locked to.
func TestIDMapAttributes(t *testing.T) {
	dir := owned(t)
	overmount(t, dir, dir, unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NODEV)
	must(t, unix.Mount("", dir, "", unix.MS_PRIVATE, ""))
	must(t, unix.Mount("", dir, "", unix.MS_SHARED, ""))
	b := sh(t, `awk '$5 == "/owned" {print $6, $7; exit}' /proc/self/mountinfo
mount -o remount,bind,rw /owned 2>/dev/null && echo writable; echo ready; read -r line </go; ls /owned/dir; echo done`)
	usersOf(b)
	b.Spec.Process.Capabilities = box.Capabilities("CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE")
	must(t, unix.Mkfifo(b.Path("go"), 0o666))
	must(t, os.Chmod(b.Path("go"), 0o666))
	idmapped(b, dir, "/owned", "bind,idmap,noexec,nosuid,rslave", nil, nil)
	if unsupported(t, b, dir) {
		return
	}
	p := b.Create()
	b.Must("start", b.ID)
	p.WaitOutput("ready\n")
	overmount(t, owned(t), filepath.Join(dir, "dir"), 0)
	must(t, os.WriteFile(b.Path("go"), []byte("\n"), 0))
	p.WaitOutput("done\n")
	line, rest, _ := strings.Cut(p.Output(), "\n")
	options, propagation, _ := strings.Cut(line, " ")
	if options != "ro,nosuid,nodev,noexec,relatime,idmapped" || !strings.HasPrefix(propagation, "master:") {
		t.Errorf("the mount has %q and %q", options, propagation)
	}
	if want := "ready\ndir\nhigh\nroot\nuser\ndone\n"; rest != want {
		t.Errorf("the container has seen %q, expected %q: a read-only mount, and what the host mounts later", rest, want)
	}
	b.Must("delete", "--force", b.ID)
	b.NothingLeft()
}

// A source that only the host's root can reach, as volumes are, and a file.
func TestIDMapPrivateSource(t *testing.T) {
	dir := owned(t)
	closed := filepath.Join(dir, "closed")
	must(t, os.Mkdir(closed, 0o700))
	must(t, os.WriteFile(filepath.Join(closed, "secret"), []byte("volume\n"), 0o600))
	b := sh(t, "cat /volume-file; cat /volume/secret; stat -c %u /volume-file")
	usersOf(b)
	idmapped(b, filepath.Join(closed, "secret"), "/volume-file", "bind,idmap", nil, nil)
	idmapped(b, closed, "/volume", "rbind,ridmap", nil, nil)
	if unsupported(t, b, dir) {
		return
	}
	if got := output(t, b); got != "volume\nvolume\n0\n" {
		t.Errorf("inside is %q", got)
	}
}

// Fifty mounts with seven mappings between them.
func TestIDMapMany(t *testing.T) {
	dir := owned(t)
	b := sh(t, "stat -c %u /mnt/*/user | tr '\\n' ' '; ls /proc/self/fd | wc -l")
	var want strings.Builder
	for i := range 50 {
		idmapped(b, dir, fmt.Sprintf("/mnt/%02d", i), "bind,idmap", ids(0, uint32(10000*(i%7)), 9000), ids(0, uint32(10000*(i%7)), 9000))
		want.WriteString(strconv.Itoa(10000*(i%7)+1000) + " ")
	}
	if unsupported(t, b, dir) {
		return
	}
	if got := output(t, b); got != want.String()+"4\n" {
		t.Errorf("the owners and descriptors inside are %q, expected %q", got, want.String()+"4")
	}
	b.NothingLeft()
}

// What cannot be mapped is named, and nothing is left of what was there before.
func TestIDMapFailure(t *testing.T) {
	dir := owned(t)
	nested := filepath.Join(dir, "dir")
	overmount(t, "/sys/kernel", nested, 0)
	link := filepath.Join(dir, "link")
	must(t, os.Symlink(dir, link))
	for _, c := range []struct {
		name   string
		change func(b *box.Box)
		want   string // %s: the directory
		other  string // before Linux 5.12 and where dir cannot be mapped either: not the same
	}{
		{"file system", func(b *box.Box) { idmapped(b, "/sys/kernel", "/x", "bind", ids(0, 1, 9), ids(0, 1, 9)) },
			`mounts[6].uidMappings: id-map "/sys/kernel": mount_setattr: invalid argument ("/sys/kernel" is on a file system of type sysfs, which this kernel cannot id-map)`, "any"},
		{"with a user namespace", func(b *box.Box) { usersOf(b); idmapped(b, "/sys/kernel", "/x", "bind,idmap", nil, nil) },
			`mounts[6].options[1]: id-map "/sys/kernel": mount_setattr: invalid argument ("/sys/kernel" is on a file system of type sysfs, which this kernel cannot id-map)`, "any"},
		{"below", func(b *box.Box) {
			idmapped(b, dir, "/mnt/ok", "bind", ids(0, 1, 9), ids(0, 1, 9))
			idmapped(b, link, "/x", "rbind,ridmap", ids(0, 1, 9), ids(0, 1, 9))
		}, `mounts[7].options[1]: id-map "%[1]s/link": mount_setattr: invalid argument ("%[1]s/dir" is on a file system of type sysfs, which this kernel cannot id-map)`, ""},
		{"source", func(b *box.Box) { idmapped(b, "/no/such", "/x", "bind,idmap", ids(0, 1, 9), ids(0, 1, 9)) },
			`mounts[6].source: stat /no/such: no such file or directory`, ""},
		{"no mapping", func(b *box.Box) { idmapped(b, dir, "/x", "bind,ridmap", nil, nil) },
			`mounts[6].options[1]: the mount has no uidMappings and gidMappings, and the container no user namespace whose mappings could be used`, "any"},
		{"no bind mount", func(b *box.Box) {
			b.Mount("tmpfs", "tmpfs", "/x", "idmap")
			m := &b.Spec.Mounts[len(b.Spec.Mounts)-1]
			m.UIDMappings, m.GIDMappings = ids(0, 1, 9), ids(0, 1, 9)
		}, `mounts[6].options[0]: a mount of type "tmpfs" cannot be id-mapped, expected a bind mount`, "any"},
		{"later", func(b *box.Box) {
			idmapped(b, dir, "/a", "bind,idmap", ids(0, 1, 9), ids(0, 1, 9))
			idmapped(b, dir, "/mnt/b", "bind,idmap", ids(0, 2, 9), ids(0, 2, 9))
			b.Mount("no-such-fs", "x", "/mnt/c", "")
		}, `mount no-such-fs on "/mnt/c"`, ""},
		{"program", func(b *box.Box) {
			idmapped(b, dir, "/a", "bind,idmap", ids(0, 1, 9), ids(0, 1, 9))
			b.Spec.Process.Args = []string{"/no/such"}
		}, `exec: "/no/such"`, ""},
		{"twice", func(b *box.Box) {
			at := filepath.Join(owned(t), "dir")
			mapHost(t, dir, at)
			idmapped(b, at, "/a", "bind,idmap", ids(0, 1, 9), ids(0, 1, 9))
		}, `mount_setattr: operation not permitted (it is id-mapped already`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := sh(t, "true")
			if c.name == "twice" && !box.Linux(5, 12) {
				t.Skip("this kernel has no id-mapped mounts")
			}
			want := fmt.Sprintf(strings.ReplaceAll(c.want, "%[1]s", "%s"), slicesOf(dir, strings.Count(c.want, "%[1]s"))...)
			c.change(b)
			if !box.Linux(5, 12) && c.other == "any" && strings.Contains(c.want, "mount_setattr") {
				want = "an id-mapped mount needs mount_setattr(2), Linux 5.12 or newer"
			}
			if c.other == "" && c.name != "source" && unsupported(t, b, dir) {
				return
			}
			for _, r := range []box.Result{b.Run(), b.TryCreate().Wait()} {
				if r.Status == 0 || !strings.Contains(r.Stderr, want) || strings.Count(r.Stderr, "\n") != 1 {
					t.Errorf("exit status %d, stderr\n%s\nexpected\n%s", r.Status, r.Stderr, want)
				}
				b.NothingLeft()
			}
		})
	}
}

func slicesOf(s string, n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = s
	}
	return list
}

// mapHost makes an id-mapped mount of a directory on the host.
func mapHost(t *testing.T, from, at string) {
	t.Helper()
	ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/user", holder(t, 0)))
	must(t, err)
	defer ns.Close()
	tree, err := unix.OpenTree(unix.AT_FDCWD, from, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	must(t, err)
	defer unix.Close(tree)
	if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(ns.Fd())}); err != nil {
		t.Skipf("%s cannot be id-mapped here: %v", from, err)
	}
	must(t, unix.MoveMount(tree, "", unix.AT_FDCWD, at, unix.MOVE_MOUNT_F_EMPTY_PATH))
	t.Cleanup(func() { unix.Unmount(at, unix.MNT_DETACH) })
}

// The plan shows who makes the mount and how, and makes nothing itself.
func TestIDMapPlan(t *testing.T) {
	b := sh(t, "true")
	usersOf(b)
	dir := owned(t)
	idmapped(b, dir, "/a", "rbind,ridmap", ids(0, 1, 9), ids(5, 6, 7))
	b.WriteConfig(b.Config())
	r := b.Do("plan", b.Dir)
	if !box.Linux(5, 12) {
		if want := "mounts[6].options[1]: an id-mapped mount needs mount_setattr(2), Linux 5.12 or newer"; !strings.Contains(r.Stderr, want) {
			t.Errorf("stderr %q, expected %q", r.Stderr, want)
		}
		return
	}
	want := fmt.Sprintf(`-  the parent: mount_setattr(open_tree(%q, AT_RECURSIVE|CLONE), AT_RECURSIVE|AT_EMPTY_PATH, +IDMAP uids 0 1 9, gids 5 6 7)`, dir)
	if !strings.Contains(r.Stdout, want) {
		t.Errorf("the plan has no line with %s:\n%s", want, r.Stdout)
	}
	b.NothingLeft()
}
