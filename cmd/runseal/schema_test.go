package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/runseal/runseal/runtime/spec/ocischema"
)

// TestSpecSchema: the config.json that `runseal spec` writes is what the specification's
// schema takes.
func TestSpecSchema(t *testing.T) {
	dir := t.TempDir()
	if got := command(t, &recorder{}, "spec", "--bundle", dir); got != (result{}) {
		t.Fatal(got)
	}
	text, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	ocischema.Check(t, ocischema.Config, text)
}
