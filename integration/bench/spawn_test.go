package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/bundle"
)

// A command that fails is an error with its name, status and standard error; the
// program launch hands on the status and a plausible peak.
func TestSpawn(t *testing.T) {
	dir := t.TempDir()
	s, err := newSpawner(filepath.Join(dir, "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if took, err := s.run("/bin/sleep", "0.02"); err != nil || took < 20*time.Millisecond {
		t.Errorf("sleep 0.02: %v, %v", took, err)
	}
	_, err = s.run("/bin/sh", "-c", "echo oh no >&2; exit 3")
	for _, want := range []string{"/bin/sh", "exit status 3", "oh no"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q in it", err, want)
		}
	}

	launch := filepath.Join(dir, "launch")
	if err := bundle.Build(launch, "./integration/bench/launch"); err != nil {
		t.Fatal(err)
	}
	kib, err := s.peak(launch, "/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	// This test is a Go program with fmt and json in it: larger than /bin/true
	// and launch together, so its own size in the result would show.
	if own := residentKiB(t); kib <= 0 || kib >= own {
		t.Errorf("peak of /bin/true is %d KiB, want less than this test's own %d KiB", kib, own)
	}
	if _, err := s.peak(launch, "/bin/sh", "-c", "kill -9 $$"); err == nil || !strings.Contains(err.Error(), "exit status 137") {
		t.Errorf("a killed program: error is %v, want exit status 137", err)
	}
	// What the measured program leaves running must not hold the result back.
	start := time.Now()
	if _, err := s.peak(launch, "/bin/sh", "-c", "sleep 3 &"); err != nil || time.Since(start) > 2*time.Second {
		t.Errorf("a program with a child that lives on: %v after %v", err, time.Since(start))
	}
}

func residentKiB(t *testing.T) int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		t.Fatalf("VmRSS in /proc/self/status: %v", err)
	}
	return kib
}
