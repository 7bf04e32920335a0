package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/bundle"
)

// The C program is in namespaces of its own, with the root it was given, hands on the
// exit status, and leaves no mount.
func TestFloor(t *testing.T) {
	floor := filepath.Join(t.TempDir(), "floor")
	if err := compileFloor(floor); err != nil {
		t.Fatal(err)
	}
	b := bundle.Test(t) // fails the test for a mount that is left
	out, err := exec.Command(floor, b.Rootfs(), "/bin/sh", "-c", `echo "$$ $(cat /etc/hostname)"; cd /proc/self/ns
		for n in mnt pid net ipc uts cgroup; do echo "$n $(readlink $n)"; done; exit 3`).Output()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("got %v, want exit status 3", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 7 || lines[0] != "1 bundle" {
		t.Fatalf("output is %q, want pid 1, the root's /etc/hostname and six namespaces", out)
	}
	for _, l := range lines[1:] {
		name, inside, _ := strings.Cut(l, " ")
		outside, err := os.Readlink("/proc/self/ns/" + name)
		if err != nil || !strings.HasPrefix(inside, name+":[") || inside == outside {
			t.Errorf("namespace %s: %s inside, %s outside, %v", name, inside, outside, err)
		}
	}
	if err := exec.Command(floor, "/nonexistent", "/bin/true").Run(); err == nil {
		t.Error("a root that is not there: no error")
	}
}
