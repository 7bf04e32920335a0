package lifecycle

import (
	"os"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

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

// A tmpfs takes the place of a directory with that one's mode, unless it is given another;
// where there was none it has its own default.
func TestTmpfsKeepsTheMode(t *testing.T) {
	b := sh(t, "stat -c '%a %n' /private /group /given /new; cd /private && touch file && stat -c %s file")
	for dir, mode := range map[string]os.FileMode{"private": 0o700, "group": os.ModeSetgid | 0o750, "given": 0o700} {
		if err := os.Mkdir(b.Path(dir), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(b.Path(dir), mode); err != nil {
			t.Fatal(err)
		}
	}
	b.Mount("tmpfs", "tmpfs", "/private", "")
	b.Mount("tmpfs", "tmpfs", "/group", "nosuid,nodev,size=64k")
	b.Mount("tmpfs", "tmpfs", "/given", "size=64k,mode=755")
	b.Mount("tmpfs", "tmpfs", "/new", "nosuid")
	if out, want := output(t, b), "700 /private\n2750 /group\n755 /given\n1777 /new\n0\n"; out != want {
		t.Errorf("%q, expected %q", out, want)
	}
}
