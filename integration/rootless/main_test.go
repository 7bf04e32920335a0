package rootless

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/bundle"
	"github.com/runseal/runseal/integration/internal/box"
)

const (
	user = 54321 // of the tests, and its group
	// sub is the first of subs further ids that belong to the user.
	sub, subs = 300_000, 65_536

	asEnv     = "RUNSEAL_IT_AS"     // become this, then execute the arguments
	cgroupEnv = "RUNSEAL_IT_CGROUP" // but go to this cgroup first
)

func TestMain(m *testing.M) {
	if os.Getenv(asEnv) != "" {
		fmt.Fprintln(os.Stderr, become(os.Getenv(asEnv)))
		os.Exit(127)
	}
	box.Apart()
	if err := setUp(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	box.Main(m)
}

// setUp makes the user known, and the runtime and these tests executable for it, by files
// in the directory that box.Apart has made and removes.
func setUp() error {
	dir := os.TempDir()
	for name, text := range map[string]string{
		"passwd": fmt.Sprintf("root:x:0:0::/root:/bin/sh\nrootless:x:%d:%d::/:/bin/sh\n", user, user),
		"subuid": fmt.Sprintf("rootless:%d:%d\n", sub, subs),
		"subgid": fmt.Sprintf("rootless:%d:%d\n", sub, subs),
	} {
		file, etc := filepath.Join(dir, name), "/etc/"+name
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
		if _, err := os.Stat(etc); err != nil { // no package uidmap, so nobody reads it
			continue
		}
		if err := unix.Mount(file, etc, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("cover %s: %w", etc, err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	runtime, err := bundle.Runtime()
	if err != nil {
		return err
	}
	for name, from := range map[string]string{"runseal": runtime, "tests": self} {
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o755)
		}
		if err != nil {
			return err
		}
	}
	tests = filepath.Join(dir, "tests")
	return os.Setenv("RUNSEAL", filepath.Join(dir, "runseal"))
}

// tests is this program, where everybody may execute it.
var tests string

// become executes the arguments as somebody else: "UID", without capabilities and
// further groups. It only returns if that fails.
func become(who string) error {
	id, err := strconv.Atoi(who)
	if err != nil {
		return err
	}
	if dir := os.Getenv(cgroupEnv); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte("0"), 0); err != nil {
			return err
		}
	}
	if err := syscall.Setgroups(nil); err != nil {
		return fmt.Errorf("setgroups: %w", err)
	}
	if err := syscall.Setresgid(id, id, id); err != nil {
		return fmt.Errorf("setresgid: %w", err)
	}
	if err := syscall.Setresuid(id, id, id); err != nil {
		return fmt.Errorf("setresuid: %w", err)
	}
	os.Unsetenv(asEnv)
	argv := os.Args[1:]
	return fmt.Errorf("%s: %w", argv[0], syscall.Exec(argv[0], argv, os.Environ()))
}

// as makes the runtime of a box be executed by somebody, to whom the bundle and the
// state directory belong from now on.
func as(t *testing.T, b *box.Box, who int) {
	t.Helper()
	// Not t.TempDir, which goes before the box deletes its containers; again removes it.
	home, err := os.MkdirTemp("", "home-")
	if err != nil {
		t.Fatal(err)
	}
	b.Root = filepath.Join(home, "state")
	for _, dir := range []string{b.Dir, home} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() { // the files may be others' too, and are for all to read
				err = os.Lchown(path, who, who)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	b.Wrap([]string{tests}, fmt.Sprintf("%s=%d", asEnv, who))
}

// refused runs a container that has to be refused in one line, which says this.
func refused(t *testing.T, b *box.Box, message string) {
	t.Helper()
	r := b.Run()
	if r.Status != 1 || r.Stdout != "" || !strings.Contains(r.Stderr, message) || strings.Count(r.Stderr, "\n") != 1 {
		t.Errorf("exit status %d, stdout %q, stderr %q; expected 1 and %q", r.Status, r.Stdout, r.Stderr, message)
	}
	if entries, _ := os.ReadDir(b.Root); len(entries) > 0 {
		t.Errorf("left in the state directory: %v", entries)
	}
	b.NothingLeft()
}
