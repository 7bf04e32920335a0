package verbs

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestMain(m *testing.M) {
	if os.Getenv(stuckEnv) != "" {
		beStuck()
		return
	}
	box.Main(m)
}

// counter is a box whose process counts in the file /n for ever, as fast as it can.
func counter(t *testing.T) *box.Box {
	t.Helper()
	return box.New(t, "/bin/sh", "-c", "i=0; while :; do i=$((i+1)); echo $i > /n; done")
}

// sleeper is a box whose process does nothing.
func sleeper(t *testing.T) *box.Box {
	t.Helper()
	return box.New(t, "/bin/sleep", "1000")
}

// count reads what the process of a counter has counted.
func count(t *testing.T, b *box.Box) string {
	t.Helper()
	text, err := os.ReadFile(b.Path("n"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// counts waits until a counter goes on.
func counts(t *testing.T, b *box.Box) {
	t.Helper()
	begin := count(t, b)
	if !box.Eventually(func() bool { now := count(t, b); return now != begin && now != "" }) {
		t.Fatalf("it does not count on from %q", begin)
	}
}

// still fails the test if the counter moves.
func still(t *testing.T, b *box.Box) {
	t.Helper()
	before := count(t, b)
	time.Sleep(100 * time.Millisecond)
	if after := count(t, b); after != before {
		t.Errorf("it has gone on from %q to %q", before, after)
	}
}

// refused runs a command that has to fail with this status and say this, in one
// line.
func refused(t *testing.T, b *box.Box, status int, message string, args ...string) {
	t.Helper()
	r := b.Do(args...)
	if r.Status != status || r.Stdout != "" || !strings.Contains(r.Stderr, message) || strings.Count(r.Stderr, "\n") != 1 {
		t.Errorf("%q: exit status %d, stdout %q, stderr %q; expected %d and %q", args, r.Status, r.Stdout, r.Stderr, status, message)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
