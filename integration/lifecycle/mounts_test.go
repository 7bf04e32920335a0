package lifecycle

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/runtime/kernel"
)

// A mount as /proc/PID/mountinfo describes it.
type mount struct {
	point, fstype, source, propagation string
	options                            []string // of the mount and of the file system
}

// mountinfo parses the text; later entries of a mount point hide earlier ones.
func mountinfo(text string) map[string]mount {
	all := map[string]mount{}
	for _, line := range strings.Split(text, "\n") {
		left, right, ok := strings.Cut(line, " - ")
		l, r := strings.Fields(left), strings.Fields(right)
		if !ok || len(l) < 6 || len(r) < 3 {
			continue
		}
		all[l[4]] = mount{
			point: l[4], fstype: r[0], source: r[1], propagation: strings.Join(l[6:], " "),
			options: append(strings.Split(l[5], ","), strings.Split(r[2], ",")...),
		}
	}
	return all
}

func (m mount) has(t *testing.T, options ...string) {
	t.Helper()
	for _, o := range options {
		if !slices.Contains(m.options, o) {
			t.Errorf("mount %s has no option %q: %q", m.point, o, m.options)
		}
	}
}

func (m mount) lacks(t *testing.T, options ...string) {
	t.Helper()
	for _, o := range options {
		if slices.Contains(m.options, o) {
			t.Errorf("mount %s has option %q: %q", m.point, o, m.options)
		}
	}
}

// mounts runs the box's container with cat and returns its mount table.
func mounts(t *testing.T, b *box.Box) map[string]mount {
	t.Helper()
	b.Spec.Process.Args = []string{"/bin/cat", "/proc/self/mountinfo"}
	return mountinfo(output(t, b))
}

func TestUsualMounts(t *testing.T) {
	m := mounts(t, sh(t, ""))
	for point, fstype := range map[string]string{
		"/proc": "proc", "/dev": "tmpfs", "/dev/pts": "devpts", "/dev/shm": "tmpfs", "/dev/mqueue": "mqueue", "/sys": "sysfs",
	} {
		if m[point].fstype != fstype {
			t.Errorf("%s has type %q, expected %q", point, m[point].fstype, fstype)
		}
	}
	m["/proc"].has(t, "rw", "nosuid", "nodev", "noexec")
	m["/dev"].has(t, "rw", "nosuid", "mode=755", "size=65536k")
	m["/dev"].lacks(t, "relatime", "noexec", "nodev")
	m["/dev/pts"].has(t, "nosuid", "noexec", "gid=5", "mode=620", "ptmxmode=666")
	m["/dev/shm"].has(t, "nosuid", "nodev", "noexec", "size=65536k")
	m["/sys"].has(t, "ro", "nosuid", "nodev", "noexec")
	// Nothing of the host's tree is left behind the new root.
	for point := range m {
		if strings.HasPrefix(point, "/tmp/runseal") || strings.Contains(point, "rootfs") {
			t.Errorf("the host's %s is mounted", point)
		}
	}
}

func TestTmpfsOptions(t *testing.T) {
	b := sh(t, "")
	b.Mount("tmpfs", "tmpfs", "/scratch", "nosuid,nodev,noexec,noatime,size=1m,mode=700,uid=7,gid=8,nr_inodes=100")
	b.Mount("tmpfs", "tmpfs", "/locked", "ro,size=64k")
	m := mounts(t, b)
	m["/scratch"].has(t, "rw", "nosuid", "nodev", "noexec", "noatime", "size=1024k", "mode=700", "uid=7", "gid=8", "nr_inodes=100")
	m["/locked"].has(t, "ro", "size=64k")
	c := sh(t, "touch /locked/x; head -c 2m /dev/zero >/scratch/big; stat -c '%a %u %g' /scratch; stat -c %s /scratch/big")
	c.Spec.Mounts = b.Spec.Mounts
	r := c.Run()
	if !strings.Contains(r.Stderr, "/locked/x: Read-only file system") || r.Stdout != "700 7 8\n1048576\n" {
		t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

// source makes a directory of the host with a file and a mount in it.
func source(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "runseal-source-")
	if err != nil {
		t.Fatal(err)
	}
	sub := filepath.Join(dir, "sub")
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("of the host\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(sub, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", sub, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(sub, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", sub, err)
		}
		os.RemoveAll(dir)
	})
	if err := os.WriteFile(filepath.Join(sub, "below"), []byte("below\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestBindMounts(t *testing.T) {
	dir := source(t)
	b := sh(t, `cat /a/file; ls /a/sub; cat /r/sub/below; cat /one
		touch /ro/x; touch /ro/sub/y && echo a mount below ro is writable; rm /ro/sub/y
		echo from inside >/a/made; cat /proc/self/mountinfo`)
	b.Mount("bind", dir, "/a", "bind,nosuid,nodev,noexec")
	b.Mount("none", dir, "/r", "rbind")
	b.Mount("bind", dir, "/ro", "rbind,ro")
	b.Mount("bind", filepath.Join(dir, "file"), "/one", "bind,ro")
	r := b.Run()
	if !strings.HasPrefix(r.Stdout, "of the host\nbelow\nof the host\na mount below ro is writable\n") {
		t.Errorf("stdout %.200q; a plain bind must not show the mount below, rbind must, and ro is of one mount only", r.Stdout)
	}
	if !strings.Contains(r.Stderr, "/ro/x: Read-only file system") {
		t.Errorf("/ro/x was writable: stderr %q", r.Stderr)
	}
	m := mountinfo(r.Stdout)
	m["/a"].has(t, "rw", "nosuid", "nodev", "noexec")
	m["/r/sub"].has(t, "rw")
	m["/ro"].has(t, "ro")
	m["/ro/sub"].has(t, "rw")
	m["/one"].has(t, "ro")
	if data, err := os.ReadFile(filepath.Join(dir, "made")); err != nil || string(data) != "from inside\n" {
		t.Errorf("the host sees %q, %v", data, err)
	}
	// The host's own mount has not become read-only.
	if err := os.WriteFile(filepath.Join(dir, "sub", "still"), nil, 0o644); err != nil {
		t.Error(err)
	}
}

// Recursive options reach the mounts below, or are refused.
func TestRecursiveAttributes(t *testing.T) {
	dir := source(t)
	b := sh(t, "touch /rro/x; touch /rro/sub/x; cat /proc/self/mountinfo")
	b.Mount("bind", dir, "/a", "rbind,rnosuid,rnoexec,rnodev,rnoatime")
	b.Mount("bind", dir, "/rro", "rbind,rro")
	r := b.Run()
	if kernel.Lacks().MountSetattr {
		if want := "/a/sub\" is a mount below it, which would need mount_setattr(2), Linux 5.12 or newer\n"; r.Status != 1 || !strings.HasSuffix(r.Stderr, want) {
			t.Errorf("exit status %d, stderr %q, expected %q", r.Status, r.Stderr, want)
		}
		return
	}
	for _, p := range []string{"/rro/x", "/rro/sub/x"} {
		if !strings.Contains(r.Stderr, p+": Read-only file system") {
			t.Errorf("%s was writable: stderr %q", p, r.Stderr)
		}
	}
	m := mountinfo(r.Stdout)
	m["/a"].has(t, "nosuid", "noexec", "nodev", "noatime", "rw")
	m["/a/sub"].has(t, "nosuid", "noexec", "nodev", "noatime", "rw")
	m["/rro"].has(t, "ro")
	m["/rro/sub"].has(t, "ro")
}

// The flags of the source's mount stay when a bind does not mention them.
func TestBindKeepsFlags(t *testing.T) {
	sub := filepath.Join(source(t), "sub")
	if err := unix.Mount("", sub, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_NOSUID|unix.MS_NODEV, ""); err != nil {
		t.Fatal(err)
	}
	b := sh(t, "")
	b.Mount("bind", sub, "/b", "bind,ro,noatime")
	b.Mount("bind", sub, "/c", "bind,dev")
	m := mounts(t, b)
	m["/b"].has(t, "ro", "noatime", "nosuid", "nodev")
	m["/c"].has(t, "rw", "nosuid")
	m["/c"].lacks(t, "nodev")
}

func TestBindRelativeToTheBundle(t *testing.T) {
	b := sh(t, "cat /here")
	if err := os.WriteFile(filepath.Join(b.Dir, "data"), []byte("bundled\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	b.Mount("bind", "data", "/here", "bind,ro")
	if out := output(t, b); out != "bundled\n" {
		t.Errorf("got %q", out)
	}
}

func TestPropagation(t *testing.T) {
	for _, c := range []struct{ option, want string }{
		{"private", ""}, {"rprivate", ""}, {"shared", "shared:"}, {"slave", "master:"}, {"rslave", "master:"}, {"unbindable", "unbindable"},
	} {
		t.Run(c.option, func(t *testing.T) {
			dir := source(t)
			// A shared mount of the host, so that slave has a master.
			if err := unix.Mount("", filepath.Join(dir, "sub"), "", unix.MS_SHARED, ""); err != nil {
				t.Fatal(err)
			}
			b := sh(t, "")
			b.Spec.Linux.RootfsPropagation = "rslave"
			b.Mount("bind", filepath.Join(dir, "sub"), "/m", "bind,"+c.option)
			got := mounts(t, b)["/m"].propagation
			if (c.want == "" && got != "") || !strings.Contains(got, c.want) {
				t.Errorf("propagation fields are %q, expected %q", got, c.want)
			}
		})
	}
}

func TestRootfsPropagation(t *testing.T) {
	for _, c := range []struct{ value, want string }{{"", ""}, {"private", ""}, {"rprivate", ""}, {"rslave", ""}, {"shared", "shared:"}, {"rshared", "shared:"}} {
		t.Run(c.value, func(t *testing.T) {
			b := sh(t, "")
			b.Spec.Linux.RootfsPropagation = c.value
			got := mounts(t, b)["/"].propagation
			if strings.Contains(got, "shared:") != (c.want != "") {
				t.Errorf("root has %q, expected %q", got, c.want)
			}
		})
	}
}

// A mount inside is not seen outside.
func TestMountsInsideStayInside(t *testing.T) {
	b := sh(t, "mkdir /m && mount -t tmpfs tmpfs /m && sleep 600")
	b.Spec.Process.Capabilities = box.Capabilities("CAP_SYS_ADMIN")
	b.Up()
	if !box.Eventually(func() bool {
		return strings.Contains(b.Do("exec", b.ID, "cat", "/proc/self/mountinfo").Stdout, " /m ")
	}) {
		t.Fatal("the mount has not been made inside")
	}
	if m := b.Mounts(); len(m) > 0 {
		t.Errorf("the host sees %q", m)
	}
}

func TestReadOnlyRoot(t *testing.T) {
	b := sh(t, "touch /x; touch /dev/shm/y && mkdir /dev/shm/z && echo dev is writable; grep ' / / ' /proc/self/mountinfo; touch /etc/passwd")
	b.Spec.Root.Readonly = true
	r := b.Run()
	if !strings.Contains(r.Stderr, "/x: Read-only file system") || !strings.Contains(r.Stderr, "/etc/passwd: Read-only file system") || !strings.HasPrefix(r.Stdout, "dev is writable\n") {
		t.Errorf("stdout %q, stderr %q", r.Stdout, r.Stderr)
	}
	if _, err := os.Stat(b.Path("x")); err == nil {
		t.Error("a file was made on the host")
	}
	// The bundle's own file system is not read-only afterwards.
	b.File("after", "", 0o644)
}

// Mount points that are not there are made, as directory or as file.
func TestMountPointsAreMade(t *testing.T) {
	dir := source(t)
	b := sh(t, "ls -d /new/deep/dir && cat /new/deep/file")
	b.Mount("tmpfs", "tmpfs", "/new/deep/dir", "")
	b.Mount("bind", filepath.Join(dir, "file"), "/new/deep/file", "bind")
	if out := output(t, b); out != "/new/deep/dir\nof the host\n" {
		t.Errorf("got %q", out)
	}
}

// Symbolic links of the root file system lead nowhere outside (CVE-2019-18837),
// whether what they point to is there inside or has to be made.
func TestCVE_2019_18837_MountThroughASymbolicLink(t *testing.T) {
	for _, there := range []bool{true, false} {
		t.Run(fmt.Sprintf("target is there: %v", there), func(t *testing.T) {
			canary := t.TempDir()
			b := box.New(t, "/bin/ls", canary)
			if there {
				if err := os.MkdirAll(b.Path(canary), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink(canary, b.Path("link")); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("../../../../../../..", b.Path("up")); err != nil {
				t.Fatal(err)
			}
			b.Mount("tmpfs", "tmpfs", "/link/made", "")
			b.Mount("tmpfs", "tmpfs", "/up"+canary+"/second", "")
			if out := output(t, b); out != "made\nsecond\n" {
				t.Errorf("inside the root: %q", out)
			}
			if entries, err := os.ReadDir(canary); err != nil || len(entries) > 0 {
				t.Errorf("the host's directory has %v, %v", entries, err)
			}
		})
	}
}

func TestCVE_2019_19921_ProcBehindASymbolicLink(t *testing.T) {
	for _, name := range []string{"proc", "sys"} {
		b := sh(t, "true")
		if err := os.Remove(b.Path(name)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("tmp", b.Path(name)); err != nil {
			t.Fatal(err)
		}
		r := b.Run()
		if r.Status == 0 || !strings.Contains(r.Stderr, "mounts[") || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("/%s: exit status %d, stderr %q; expected one line that names the mount", name, r.Status, r.Stderr)
		}
		b.NothingLeft()
	}
}

func TestUnknownMountOptionOrType(t *testing.T) {
	for _, c := range []struct{ fstype, options, field string }{
		{"tmpfs", "nosuid,rubbish", "mounts[6]"}, {"nosuchfs", "", "mounts[6]"}, {"tmpfs", "size=x", "mounts[6]"}, {"bind", "bind", "mounts[6]"},
	} {
		b := sh(t, "true")
		b.Mount(c.fstype, "/no/such/source", "/m", c.options)
		r := b.Run()
		if r.Status == 0 || !strings.Contains(r.Stderr, c.field) || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("%+v: exit status %d, stderr %q", c, r.Status, r.Stderr)
		}
		b.NothingLeft()
	}
}

// The cgroup file systems of the host, with and without a cgroup namespace:
// read-only, and with the container's own cgroup at the top.
func TestCgroupMount(t *testing.T) {
	for _, own := range []bool{false, true} {
		b := sh(t, "ls /sys/fs/cgroup; for d in /sys/fs/cgroup/pids /sys/fs/cgroup; do test -e $d/cgroup.procs && { grep -x $$ $d/cgroup.procs; mkdir $d/new; break; }; done")
		b.Spec.Mounts = append(b.Spec.Mounts, specs.Mount{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"nosuid", "noexec", "nodev", "relatime", "ro"}})
		if own {
			b.SetNamespace(specs.LinuxNamespace{Type: specs.CgroupNamespace})
		}
		r := b.Run()
		if !strings.HasSuffix(r.Stdout, "\n1\n") || !strings.Contains(r.Stderr, "Read-only file system") {
			t.Errorf("cgroup namespace %v: stdout %q, stderr %q; expected process 1 in the topmost cgroup.procs, and no right to make a cgroup", own, r.Stdout, r.Stderr)
		}
	}
}
