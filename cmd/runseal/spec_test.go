package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/spec/ocischema"
)

func TestSpec(t *testing.T) {
	dir := t.TempDir()
	old := unix.Umask(0o027)
	defer unix.Umask(old)
	if got := command(t, &recorder{}, "spec", "--bundle", dir); got != (result{}) {
		t.Fatalf("got %+v", got)
	}
	file := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if fi, err := os.Stat(file); err != nil || fi.Mode() != 0o640 {
		t.Errorf("mode %v, %v, want 0640 after umask 027", fi.Mode(), err)
	}
	var s specs.Spec
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		t.Fatal(err)
	}
	if s.Linux == nil || s.Linux.Seccomp == nil || s.Linux.Seccomp.DefaultAction != specs.ActErrno || len(s.Linux.Seccomp.Syscalls) == 0 {
		t.Errorf("no seccomp profile in\n%s", text)
	}

	// Never over a file that is there, nor through a link.
	got := command(t, &recorder{}, "spec", "-b", dir)
	if got != (result{1, "", "runseal: " + file + ": file exists; remove it first\n"}) {
		t.Errorf("second time: got %+v", got)
	}
	if again, err := os.ReadFile(file); err != nil || !bytes.Equal(again, text) {
		t.Errorf("the file changed: %v", err)
	}
	link := t.TempDir()
	if err := os.Symlink(filepath.Join(link, "elsewhere"), filepath.Join(link, "config.json")); err != nil {
		t.Fatal(err)
	}
	if got := command(t, &recorder{}, "spec", "-b", link); got.status != 1 || !strings.Contains(got.stderr, "file exists") {
		t.Errorf("through a link: got %+v", got)
	}
	if got := command(t, &recorder{}, "spec", "-b", "/nonexistent"); got != (result{1, "", "runseal: open /nonexistent/config.json: no such file or directory\n"}) {
		t.Errorf("no directory: got %+v", got)
	}
}

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
