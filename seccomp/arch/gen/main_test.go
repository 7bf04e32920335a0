package main

import (
	"bytes"
	"os"
	"testing"
)

// TestUpToDate makes the tables again and compares.
func TestUpToDate(t *testing.T) {
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../ztables.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("ztables.go is not what gen makes of the module version in go.mod: run go generate ./seccomp/arch")
	}
}
