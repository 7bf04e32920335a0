package room

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// A check that finds nothing must be one that would have found something.
func TestLeftFindsCgroupsAndStates(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Fatal("makes cgroups: run it as root")
	}
	parent := "/sys/fs/cgroup" // version 2
	if _, err := os.Stat(parent + "/cgroup.controllers"); err != nil {
		parent += "/pids"
	}
	r := New(t, "room", "runseal-room-test")
	r.States = []string{"state/*"}
	if left := r.look(); len(left) != 0 {
		t.Fatalf("left in an empty room: %q", left)
	}
	cgroup := filepath.Join(parent, r.Cgroup, "container")
	if err := os.MkdirAll(cgroup, 0o755); err != nil {
		t.Fatal(err)
	}
	defer func() { unix.Rmdir(cgroup); unix.Rmdir(filepath.Dir(cgroup)) }()
	entry := filepath.Dir(r.Write("state/container/state.json", "{}", 0o600))
	left := r.look()
	slices.Sort(left)
	if want := []string{cgroup, entry}; !slices.Equal(left, want) {
		t.Errorf("left: %q, expected %q", left, want)
	}
	if err := os.RemoveAll(entry); err != nil {
		t.Fatal(err)
	}
	r.sweep()
	if left := r.look(); len(left) != 0 {
		t.Errorf("left after all has been removed: %q", left)
	}
	if _, err := os.Stat(filepath.Dir(cgroup)); err == nil {
		t.Error("the parent cgroup is still there")
	}
}
