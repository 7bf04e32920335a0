package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// version reads "6.12" and the beginning of a release.
func version(t *testing.T, text string) int {
	t.Helper()
	var major, minor int
	if n, err := fmt.Sscanf(text, "%d.%d", &major, &minor); n != 2 {
		t.Fatalf("%q is no version: %v", text, err)
	}
	return major*1000 + minor
}

// TestTable: what a table of a page can be made of, in the order of the versions.
func TestTable(t *testing.T) {
	names := map[string]bool{}
	last := 0
	for _, f := range table {
		for _, text := range []string{f.name, f.usedFor, f.without} {
			if text == "" || strings.ContainsAny(text, "|\n") {
				t.Errorf("%s: %q does not fit into a table", f.name, text)
			}
		}
		if names[f.name] {
			t.Errorf("%s: twice", f.name)
		}
		names[f.name] = true
		if v := version(t, f.since); v < last {
			t.Errorf("%s: Linux %s comes too late in the table", f.name, f.since)
		} else {
			last = v
		}
	}
}

// TestAnswers holds the probes against the version. That is right for kernels without
// backports, as they are tested here, and no probe looks at it.
func TestAnswers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("expected to be run by root")
	}
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		t.Fatal(err)
	}
	release := unix.ByteSliceToString(u.Release[:])
	h := look()
	for _, f := range table {
		here, new := f.here(h), version(t, release) >= version(t, f.since)
		if here && !new || !here && new && !f.optional {
			t.Errorf("Linux %s has %s of Linux %s: %v", release, f.name, f.since, here)
		}
	}
	h.close()
	if _, err := os.Stat(h.cgroup); h.cgroup != "" && err == nil {
		t.Errorf("%s is left", h.cgroup)
	}
	for _, c := range words(h.root + "/cgroup.subtree_control") {
		for _, e := range h.enabled {
			if c == e {
				t.Errorf("controller %s is still enabled", c)
			}
		}
	}
}
