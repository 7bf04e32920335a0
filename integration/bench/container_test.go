package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Of what is in the state directory only containers are deleted: crun 1.28 has
// directories of its own there, whose names it refuses as those of containers.
func TestForceDelete(t *testing.T) {
	dir := t.TempDir()
	s, err := newSpawner(filepath.Join(dir, "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	// A runtime to which every command fails says which were run.
	r := &runtime{program: "/bin/false", root: filepath.Join(dir, "root"), spawner: s}
	if err := r.forceDelete(); err != nil {
		t.Errorf("without a state directory: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(r.root, ".cache"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := r.forceDelete(); err != nil {
		t.Errorf("without a container: %v", err)
	}
	if err := os.Mkdir(filepath.Join(r.root, runID), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := r.forceDelete(); err == nil || !strings.Contains(err.Error(), "delete --force "+runID) {
		t.Errorf("with a container: error is %v, want that of delete --force %s", err, runID)
	}
}
