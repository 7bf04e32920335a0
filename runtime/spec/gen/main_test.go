package main

import (
	"bytes"
	"os"
	"testing"
)

// The committed code must be what the generator makes of the runtime-spec that
// go.mod names.
func TestGeneratedFileIsCurrent(t *testing.T) {
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../zdecode.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("zdecode.go differs from what the generator writes: run go generate ./runtime/spec")
	}
}
