package oldkernel

import (
	"fmt"
	"os"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// filterVar holds a profile: with it this program puts the profile's filter in force and
// executes its arguments instead of running tests.
const filterVar = "RUNSEAL_OLDKERNEL"

func TestMain(m *testing.M) {
	if profile := os.Getenv(filterVar); profile != "" {
		os.Unsetenv(filterVar)
		fmt.Fprintln(os.Stderr, execute(profile, os.Args[1:]))
		os.Exit(111)
	}
	box.Main(m)
}

// sh is a box whose process is a shell script.
func sh(t *testing.T, script string) *box.Box {
	t.Helper()
	return box.New(t, "/bin/sh", "-c", script)
}

// output runs the box in the foreground and returns what it wrote; anything but exit
// status 0 and an empty standard error fails the test.
func output(t *testing.T, b *box.Box, flags ...string) string {
	t.Helper()
	r := b.Run(flags...)
	if r.Status != 0 || r.Stderr != "" {
		t.Fatalf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
