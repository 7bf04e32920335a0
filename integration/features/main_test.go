package features

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestMain(m *testing.M) { box.Main(m) }

// sh is a box whose process is a shell script.
func sh(t *testing.T, script string) *box.Box {
	t.Helper()
	return box.New(t, "/bin/sh", "-c", script)
}

// output runs the box in the foreground and returns what it wrote; anything but
// exit status 0 and an empty standard error fails the test.
func output(t *testing.T, b *box.Box, flags ...string) string {
	t.Helper()
	r := b.Run(flags...)
	if r.Status != 0 || r.Stderr != "" {
		t.Fatalf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// in runs exec with flags before the id and returns what was written.
func in(t *testing.T, b *box.Box, flags []string, argv ...string) string {
	t.Helper()
	r := b.Do(slices.Concat([]string{"exec"}, flags, []string{b.ID}, argv)...)
	if r.Status != 0 || r.Stderr != "" {
		t.Fatalf("exec %q %q: exit status %d, stdout %q, stderr %q", flags, argv, r.Status, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// foreground writes config.json and starts run, without waiting for it.
func foreground(b *box.Box, prepare func(*exec.Cmd), flags ...string) *box.Process {
	b.WriteConfig(b.Config())
	return b.Start(prepare, slices.Concat([]string{"run", "--bundle", b.Dir}, flags, []string{b.ID})...)
}

// absent fails the test if the host has anything of this name.
func absent(t *testing.T, name string) {
	t.Helper()
	if _, err := os.Lstat(name); err == nil {
		t.Errorf("%s was made on the host", name)
		os.RemoveAll(name)
	} else if !os.IsNotExist(err) {
		t.Error(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// readPid reads a pid file.
func readPid(t *testing.T, name string) int {
	t.Helper()
	data, err := os.ReadFile(name)
	must(t, err)
	pid, err := strconv.Atoi(string(data))
	must(t, err)
	return pid
}

func itoa(n int) string { return strconv.Itoa(n) }

// tail is the last n bytes of a text, or all of a shorter one.
func tail(s string, n int) string { return s[max(0, len(s)-n):] }
