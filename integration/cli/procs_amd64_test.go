package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestProcessors: the Go runtime gets one or two processors, however many there are, unless
// the environment says otherwise, and no program that runseal starts hears of it.
//
// The program's entry does it, on amd64: built without -E runseal_entry this fails
// on machines with more processors.
func TestProcessors(t *testing.T) {
	b := box.New(t, "/bin/sleep", "600")
	b.Up()
	// The scheduler's state is printed by a thread that may be woken late (TestTimerSlack),
	// when the machine has been up for as long as is between two times.
	const nap = "0.1"
	dir := t.TempDir()
	seen := filepath.Join(dir, "seen")
	if err := os.WriteFile(filepath.Join(dir, "ps"), []byte("#!/bin/sh\nenv >"+seen+"\nsleep "+nap+"\necho PID\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ set, procs string }{{"", "1"}, {"3", "3"}} {
		env := []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "GODEBUG=schedtrace=10", "GOMAXPROCS=" + tc.set}
		b.Wrap([]string{"env"}, env...)
		if tc.set == "" {
			b.Wrap([]string{"env", "-u", "GOMAXPROCS"}, env...)
		}
		r := b.Must("ps", b.ID)
		if want := "gomaxprocs=" + tc.procs + " "; !strings.Contains(r.Stderr, want) {
			t.Errorf("GOMAXPROCS=%q: the scheduler says %q, expected %s", tc.set, r.Stderr, want)
		}
		if tc.set == "" {
			if r := b.Must("exec", b.ID, "/bin/sleep", nap); !strings.Contains(r.Stderr, "gomaxprocs=2 ") {
				t.Errorf("exec: the scheduler says %q, expected gomaxprocs=2", r.Stderr)
			}
		}
		text, err := os.ReadFile(seen)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for line := range strings.Lines(string(text)) {
			if v, ok := strings.CutPrefix(line, "GOMAXPROCS="); ok {
				got += strings.TrimSpace(v)
			}
		}
		if got != tc.set {
			t.Errorf("GOMAXPROCS=%q: ps has %q", tc.set, got)
		}
	}
	b.Wrap(nil)
}
