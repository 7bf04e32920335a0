package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Whoever can write a profile that the policy names could as well write the policy.
func TestProfileOwner(t *testing.T) {
	for _, member := range []string{`"floor": "localhost/floor.json"`, `"require": "localhost/floor.json"`, `"default": "localhost/floor.json"`,
		`"allowed": ["*", "localhost/floor.json"]`} {
		p, err := node(t, "{"+member+"}")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(p.ProfileRoot, "floor.json")
		if err := os.Chmod(path, 0o646); err != nil {
			t.Fatal(err)
		}
		_, err = p.Decide(config(t, profileFiles["floor.json"]), false)
		if err == nil || !strings.Contains(err.Error(), `seccomp profile "localhost/floor.json": read `+path+": owner ") || !strings.Contains(err.Error(), "mode 0646, expected owner root") {
			t.Errorf("%s: %v", member, err)
		}
		if err := os.Chmod(path, 0o444); err != nil {
			t.Fatal(err)
		}
		if _, err = p.Decide(config(t, profileFiles["floor.json"]), false); err != nil {
			t.Errorf("%s, mode 0444: %v", member, err)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "policy.json")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	good := []byte(`{"floor": "runtime/default"}`)
	for _, c := range []struct {
		name string
		make func()
		want string // of the error; empty: none
	}{
		{"good", func() { must(os.WriteFile(path, good, 0o644)) }, ""},
		{"a link", func() {
			must(os.WriteFile(path+".real", good, 0o644))
			must(os.Symlink("policy.json.real", path))
		}, ""},
		{"missing", func() {}, "no such file or directory"},
		{"a link to nothing", func() { must(os.Symlink("nowhere", path)) }, "no such file or directory"},
		{"a loop", func() { must(os.Symlink("policy.json", path)) }, "too many levels of symbolic links"},
		{"a directory", func() { must(os.Mkdir(path, 0o755)) }, "is a directory, expected a regular file"},
		{"a FIFO", func() { must(unix.Mkfifo(path, 0o600)) }, "is a FIFO, expected a regular file"},
		{"empty", func() { must(os.WriteFile(path, nil, 0o644)) }, "unexpected end"},
		{"writable by the group", func() { must(os.WriteFile(path, good, 0o644)); must(os.Chmod(path, 0o664)) }, "mode 0664, expected owner root and nobody else allowed to write"},
		{"writable by all", func() { must(os.WriteFile(path, good, 0o644)); must(os.Chmod(path, 0o606)) }, "mode 0606, expected owner root"},
		{"somebody's", func() {
			must(os.WriteFile(path, good, 0o644))
			if os.Geteuid() == 0 {
				must(os.Chown(path, 1234, 0))
			} else {
				must(os.Chmod(path, 0o666)) // the same error, since nobody but root gives files away
			}
		}, "expected owner root and nobody else allowed to write"},
		{"huge", func() { must(os.WriteFile(path, nil, 0o644)); must(os.Truncate(path, 1<<40)) }, "1099511627776 bytes"},
	} {
		must(os.RemoveAll(path))
		must(os.RemoveAll(path + ".real"))
		c.make()
		p, err := Load(path)
		switch {
		case c.want == "":
			if err != nil || p == nil || p.Floor != "runtime/default" || p.Path != path {
				t.Errorf("%s: %+v, %v", c.name, p, err)
			}
		case err == nil || p != nil || !strings.HasPrefix(err.Error(), "node policy") || !strings.Contains(err.Error(), c.want) ||
			strings.Count(err.Error(), path) != 1 || strings.Contains(err.Error(), "\n"):
			t.Errorf("%s: %v, %v, want %s", c.name, p, err, c.want)
		}
	}
}
