package oldkernel

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/runtime/kernel"
)

// source makes a directory that is a mount of its own with these flags, with a file, a
// directory and a further mount in it.
func source(t *testing.T, flags uintptr) string {
	t.Helper()
	// Not t.TempDir, which a container's user may not pass.
	dir, err := os.MkdirTemp("", "runseal-source-")
	must(t, err)
	must(t, unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k,mode=755"))
	t.Cleanup(func() {
		must(t, unix.Unmount(dir, unix.MNT_DETACH))
		must(t, os.Remove(dir))
	})
	must(t, os.WriteFile(filepath.Join(dir, "file"), []byte("of the host\n"), 0o666))
	must(t, os.Mkdir(filepath.Join(dir, "dir"), 0o777))
	must(t, os.Mkdir(filepath.Join(dir, "sub"), 0o777))
	must(t, unix.Mount("tmpfs", filepath.Join(dir, "sub"), "tmpfs", unix.MS_NOEXEC, "size=64k"))
	must(t, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_BIND|flags, ""))
	return dir
}

// flagSets are the flags of mounts on the host that a bind mount starts from.
var flagSets = []struct {
	name  string
	flags uintptr
}{
	{"plain", unix.MS_RELATIME},
	{"locked-down", unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME},
	{"strict", unix.MS_STRICTATIME | unix.MS_NODEV | unix.MS_NOSYMFOLLOW},
	{"nodiratime", unix.MS_RELATIME | unix.MS_NODIRATIME | unix.MS_NOSUID},
}

// optionSets are what config.json can say of one mount. Each option occurs alone, and
// those occur together that mount(2) cannot keep apart.
var optionSets = []string{
	"", "ro", "rw", "nosuid", "suid", "nodev", "dev", "noexec", "exec", "nosymfollow", "symfollow",
	"noatime", "atime", "relatime", "norelatime", "strictatime", "nostrictatime", "nodiratime", "diratime",
	"noatime,nodiratime", "strictatime,diratime", "relatime,nodiratime", "atime,diratime",
	"ro,nosuid,nodev,noexec,noatime", "rw,suid,dev,exec,strictatime", "ro,private", "slave", "shared", "unbindable", "shared,noexec",
	"rprivate", "rslave,ro", "rshared,nosuid", "runbindable",
}

// TestBindOptions binds directories and files with every option over mounts that have
// flags of their own: what is not named must stay as it was.
func TestBindOptions(t *testing.T) {
	for _, set := range flagSets {
		t.Run(set.name, func(t *testing.T) {
			dir := source(t, set.flags)
			b := box.New(t, "/bin/cat", "/proc/self/mountinfo")
			for i, options := range optionSets {
				options = strings.Trim("bind,"+options, ",")
				b.Mount("bind", dir, fmt.Sprintf("/mnt/d%d", i), options)
				b.Mount("none", filepath.Join(dir, "file"), fmt.Sprintf("/mnt/f%d", i), options)
				b.Mount("bind", dir, fmt.Sprintf("/mnt/r%d", i), "r"+options)
			}
			same(t, b, mounts)
			// Both may be wrong, or be the same kernel.
			for _, l := range mounts(output(t, b)) {
				var i int
				if n, _ := fmt.Sscanf(l, "/mnt/d%d root=/ ", &i); n == 0 {
					continue
				}
				if want := "options=" + expected(set.flags, optionSets[i]); strings.Fields(l)[2] != want {
					t.Errorf("a mount of %s bound with %q: %s, want %s", set.name, optionSets[i], l, want)
				}
			}
		})
	}
}

// TestRemount changes mounts that are there already.
func TestRemount(t *testing.T) {
	dir := source(t, unix.MS_NOSUID|unix.MS_NOATIME)
	b := box.New(t, "/bin/cat", "/proc/self/mountinfo")
	for i, options := range optionSets {
		d, f := fmt.Sprintf("/mnt/d%d", i), fmt.Sprintf("/mnt/f%d", i)
		b.Mount("bind", dir, d, "rbind,nodev,nodiratime")
		b.Mount("bind", filepath.Join(dir, "file"), f, "bind,ro")
		b.Mount("", "", d, strings.Trim("remount,bind,"+options, ","))
		b.Mount("", "", f, strings.Trim("remount,bind,"+options, ","))
	}
	same(t, b, mounts)
}

// TestRootAndTmpfs: what becomes read-only late, masks and read-only paths, the cgroup
// mount.
func TestRootAndTmpfs(t *testing.T) {
	b := sh(t, `cat /proc/self/mountinfo
		for f in / /scratch /proc/sys/kernel/domainname /masked/dir /ro /ro/file; do
			touch $f/x 2>&1 || echo x 2>&1 >$f
		done
		cat /masked/file; ls /masked/dir; echo y >/masked/file; echo $?`)
	b.Spec.Root.Readonly = true
	b.Mount("tmpfs", "tmpfs", "/scratch", "ro,nosuid,size=64k,rslave")
	b.Mount("tmpfs", "tmpfs", "/below", "noexec,shared,size=64k")
	b.Mount("cgroup", "cgroup", "/sys/fs/cgroup", "ro,nosuid,relatime")
	b.File("masked/file", "seen", 0o644)
	b.File("masked/dir/file", "seen", 0o644)
	b.File("ro/file", "seen", 0o666)
	must(t, os.Mkdir(b.Path("scratch"), 0o755))
	must(t, os.Mkdir(b.Path("below"), 0o755))
	b.Spec.Linux.MaskedPaths = append(b.Spec.Linux.MaskedPaths, "/masked/file", "/masked/dir", "/nowhere")
	b.Spec.Linux.ReadonlyPaths = append(b.Spec.Linux.ReadonlyPaths, "/ro", "/ro/file", "/nowhere", "/below")
	same(t, b, mounts)
}

// TestReadonlyPathWithMounts: the tree is to be read-only and cannot be made so.
func TestReadonlyPathWithMounts(t *testing.T) {
	dir := source(t, 0)
	b := sh(t, "touch /mnt/a/x /mnt/a/sub/x; echo $?")
	b.Mount("bind", dir, "/mnt/a", "rbind")
	b.Spec.Linux.ReadonlyPaths = []string{"/mnt/a/dir", "/mnt/a"}
	if r := b.Run(); kernel.Lacks().MountSetattr {
		t.Logf("this kernel is an old one itself")
	} else if r.Stdout != "1\n" || strings.Count(r.Stderr, "Read-only file system") != 2 {
		t.Errorf("on this kernel: stdout %q, stderr %q", r.Stdout, r.Stderr)
	}
	under(t, b, linux5_10())
	r := b.Run()
	want := fmt.Sprintf("runseal: linux.readonlyPaths[1]: %q is a mount below it, which would need mount_setattr(2), Linux 5.12 or newer\n", b.Path("mnt/a/sub"))
	if r.Status != 1 || r.Stdout != "" || r.Stderr != want {
		t.Errorf("exit status %d, stdout %q, stderr %q, want %q", r.Status, r.Stdout, r.Stderr, want)
	}
	b.NothingLeft()
}

// TestRecursiveOptions: they are done where the tree is one mount, and an error where it
// is not. features does not promise them.
func TestRecursiveOptions(t *testing.T) {
	offered := func(k older) string {
		b := sh(t, "true")
		under(t, b, k)
		return b.Must("features").Stdout
	}
	now, old := offered(nil), offered(linux5_10())
	all := []string{"rro", "rrw", "rnosuid", "rsuid", "rnodev", "rdev", "rnoexec", "rexec", "rnoatime", "ratime", "rrelatime", "rnodiratime", "rstrictatime", "rnosymfollow"}
	for _, option := range all {
		if quoted := `"` + option + `"`; strings.Contains(now, quoted) == kernel.Lacks().MountSetattr || strings.Contains(old, quoted) {
			t.Errorf("%s: features lists it here: %v, on Linux 5.10: %v", option, strings.Contains(now, quoted), strings.Contains(old, quoted))
		}
	}
	dir := source(t, unix.MS_NOSUID|unix.MS_RELATIME)
	b := box.New(t, "/bin/cat", "/proc/self/mountinfo")
	for i, option := range all {
		b.Mount("bind", dir, fmt.Sprintf("/mnt/a%d", i), "bind,ro,"+option)
		b.Mount("bind", filepath.Join(dir, "sub"), fmt.Sprintf("/mnt/b%d", i), "rbind,"+option)
		b.Mount("tmpfs", "tmpfs", fmt.Sprintf("/mnt/c%d", i), "nodev,"+option)
	}
	same(t, b, mounts)
	if testing.Short() {
		all = all[:1]
	}
	for _, option := range all {
		b := sh(t, "echo the program runs")
		under(t, b, linux5_10())
		b.Mount("bind", dir, "/mnt", "rbind,ro,"+option)
		r := b.Run()
		want := fmt.Sprintf("runseal: mounts[%d]: %q is a mount below it, which would need mount_setattr(2), Linux 5.12 or newer\n", len(b.Spec.Mounts)-1, b.Path("mnt/sub"))
		if r.Status != 1 || r.Stdout != "" || r.Stderr != want {
			t.Errorf("%s: exit status %d, stdout %q, stderr %q, want %q", option, r.Status, r.Stdout, r.Stderr, want)
		}
		b.NothingLeft()
	}
}
