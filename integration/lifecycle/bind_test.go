package lifecycle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/kernel"
)

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
