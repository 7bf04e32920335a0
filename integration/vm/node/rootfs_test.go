package node

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFinish(t *testing.T) {
	root := t.TempDir()
	for path, text := range map[string]string{"usr/share/doc/a/README": "x", "usr/share/doc/b": "x", "usr/share/keep": "x", "etc/hostname": "old"} {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := finish(root, newRecipe("forky")); err != nil {
		t.Fatal(err)
	}
	if found, err := os.ReadDir(filepath.Join(root, "usr/share/doc")); err != nil || len(found) != 0 {
		t.Errorf("/usr/share/doc has %v (%v)", found, err)
	}
	if _, err := os.Stat(filepath.Join(root, "usr/share/keep")); err != nil {
		t.Error(err)
	}
	for path, want := range map[string]string{
		"etc/systemd/system/systemd-udevd.service": "/dev/null",
		"etc/systemd/system/default.target":        "vm.target",
	} {
		if got, err := os.Readlink(filepath.Join(root, path)); err != nil || got != want {
			t.Errorf("%s: %q %v, expected %q", path, got, err, want)
		}
	}
	for path, want := range map[string]string{"etc/hostname": "node\n", "etc/containerd/config.toml": "version = 3\n"} {
		if got, err := os.ReadFile(filepath.Join(root, path)); err != nil || !strings.HasPrefix(string(got), want) {
			t.Errorf("%s: %q %v, expected %q", path, got, err, want)
		}
	}
}

// The file system has what the directory has, with owners and modes, and the file that
// it is in takes little room.
func TestFormat(t *testing.T) {
	root, path := t.TempDir(), filepath.Join(t.TempDir(), diskName)
	if err := os.WriteFile(filepath.Join(root, "setuid"), []byte("hello"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chown(filepath.Join(root, "setuid"), 12, 34), os.Chmod(filepath.Join(root, "setuid"), 0o751|os.ModeSetuid)); err != nil {
		t.Fatal(err)
	}
	if err := format(t.Context(), path, root); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("debugfs", "-R", "stat /setuid", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Mode:  04751", "User:    12", "Group:    34", "Size: 5"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	du, err := exec.Command("du", "-k", path).Output()
	if f := strings.Fields(string(du)); err != nil || len(f) == 0 || len(f[0]) > 5 {
		t.Errorf("the image takes %s KiB (%v)", du, err)
	}
}

// What a contained program mounts and starts ends with it, or with its context.
func TestContained(t *testing.T) {
	dir := t.TempDir()
	mark := filepath.Join(dir, "mounted")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if _, err := os.Stat(mark); err == nil {
				return
			}
		}
	}()
	err := contained(ctx, "sh", "-c", `mkdir $0/m; mount -t tmpfs none $0/m; setsid sleep 987654 & touch $0/mounted; sleep 987654`, dir)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, expected that it was stopped", err)
	}
	if _, err := os.Stat(mark); err != nil {
		t.Fatal(err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || strings.Contains(string(mounts), dir) {
		t.Errorf("mounts are left (%v):\n%s", err, mounts)
	}
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		if argv, _ := os.ReadFile(f); string(argv) == "sleep\x00987654\x00" {
			t.Errorf("%s is left", filepath.Dir(f))
		}
	}
	if err := contained(t.Context(), "sh", "-c", "echo what >&2; exit 3"); err == nil || !strings.Contains(err.Error(), "exit status 3\nwhat\n") {
		t.Errorf("a program that fails: %v", err)
	}
}
