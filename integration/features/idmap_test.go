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
			if noIDMaps(t, b) {
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
			if noIDMaps(t, b) {
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
	if noIDMaps(t, b) {
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
	if noIDMaps(t, b) {
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
	if noIDMaps(t, b) {
		return
	}
	if got := output(t, b); got != want.String()+"4\n" {
		t.Errorf("the owners and descriptors inside are %q, expected %q", got, want.String()+"4")
	}
	b.NothingLeft()
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
		if want := "mounts[6].options[1]: " + needs512; !strings.Contains(r.Stderr, want) {
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
