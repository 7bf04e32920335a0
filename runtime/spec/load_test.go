package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	base, err := os.ReadFile("testdata/base.json")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "config.json")
	if err := os.WriteFile(name, base, 0o600); err != nil {
		t.Fatal(err)
	}
	s, raw, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.Hostname != "box" || string(raw) != string(base) {
		t.Errorf("hostname %q, %d bytes", s.Hostname, len(raw))
	}

	// A symbolic link to a regular file is one.
	link := t.TempDir()
	if err := os.Symlink(name, filepath.Join(link, "config.json")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(link); err != nil {
		t.Errorf("symbolic link: %v", err)
	}

	if err := os.WriteFile(name, []byte(`{"process":{"args":[1]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err = Load(dir + "/")
	if want := name + ": process.args[0]: 1: expected a string"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	var field *FieldError
	if !errors.As(err, &field) || field.Field != "process.args[0]" {
		t.Errorf("errors.As: %+v", field)
	}

	_, _, err = Load(t.TempDir())
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasSuffix(err.Error(), "/config.json: no such file or directory") {
		t.Errorf("missing: %v", err)
	}
}

// What is not a regular file is refused at once; a FIFO without a writer would
// block an ordinary open for ever.
func TestLoadSpecialFiles(t *testing.T) {
	for _, c := range []struct {
		kind string
		make func(name string) error
	}{
		{"a FIFO", func(name string) error { return syscall.Mkfifo(name, 0o600) }},
		{"a directory", func(name string) error { return os.Mkdir(name, 0o700) }},
		{"a character device", func(name string) error { return os.Symlink("/dev/zero", name) }},
		{"a socket", func(name string) error {
			l, err := net.Listen("unix", name)
			if err == nil {
				t.Cleanup(func() { l.Close() })
			}
			return err
		}},
	} {
		// Not t.TempDir: the address of a socket has at most 107 bytes.
		dir, err := os.MkdirTemp("", "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		name := filepath.Join(dir, "config.json")
		if err := c.make(name); err != nil {
			t.Fatalf("make %s: %v", c.kind, err)
		}
		done := make(chan error, 1)
		go func() {
			_, _, err := Load(dir)
			done <- err
		}()
		select {
		case err := <-done:
			want := fmt.Sprintf("%s: is %s, expected a regular file", name, c.kind)
			if err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%s: Load does not return", c.kind)
		}
	}
}

func TestLoadTooLarge(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(MaxSize + 1); err != nil {
		t.Fatal(err)
	}
	_, _, err = Load(dir)
	want := fmt.Sprintf("%s: %d bytes: expected at most %d", f.Name(), MaxSize+1, MaxSize)
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// A file in proc claims a size of 0; it is read to its end all the same.
func TestReadRegularWithoutSize(t *testing.T) {
	want, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadFile("/proc/self/mountinfo", nil)
	if err != nil || string(got) != string(want) {
		t.Errorf("%d bytes, %v, want %d", len(got), err, len(want))
	}
}
