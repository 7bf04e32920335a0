package initramfs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExtract gives the archive to busybox' cpio, another reader of the format.
func TestExtract(t *testing.T) {
	host := t.TempDir()
	if err := os.MkdirAll(filepath.Join(host, "a/b"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(host, "a/b/file"), []byte("odd"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../file", filepath.Join(host, "a/link")); err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	w := New(&buf)
	w.Data("/init", []byte("#!/bin/sh\n"), 0o755)
	w.Data("etc/empty", nil, 0o600)
	w.Symlink("/bin/sh", "busybox")
	w.Tree("/tree", host)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Size() != int64(buf.Len()) || buf.Len()%4 != 0 {
		t.Errorf("size %d, length %d", w.Size(), buf.Len())
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command(busybox, "cpio", "-i", "-d", "-m")
	cmd.Dir, cmd.Stdin = dir, &buf
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, want := range map[string]string{"init": "#!/bin/sh\n", "etc/empty": "", "tree/a/b/file": "odd"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q %v, expected %q", name, got, err, want)
		}
	}
	for name, want := range map[string]string{"bin/sh": "busybox", "tree/a/link": "../file"} {
		if got, err := os.Readlink(filepath.Join(dir, name)); err != nil || got != want {
			t.Errorf("%s: %q %v, expected %q", name, got, err, want)
		}
	}
	if st, err := os.Stat(filepath.Join(dir, "tree/a/b/file")); err != nil || st.Mode().Perm() != 0o640 {
		t.Errorf("%v %v: expected mode 0640", st, err)
	}
}

func TestErrorSticks(t *testing.T) {
	w := New(new(bytes.Buffer))
	w.File("/x", "/nonexistent/file")
	w.Data("/y", nil, 0o644)
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "/nonexistent/file") {
		t.Errorf("%v: expected the first error", err)
	}
}
