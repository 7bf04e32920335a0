package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// The committed code must be what the generator makes of the runtime-spec that
// go.mod names.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	for pkg, dir := range map[string]string{"seccomp": "seccomp", "spec": "runtime/spec"} {
		want, err := generate(pkg)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile("../../../" + dir + "/zdecode.go")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s/zdecode.go differs from what the generator writes: run go generate ./%s", dir, dir)
		}
	}
}

// A type is decoded in one place.
func TestOnePlace(t *testing.T) {
	seccomp, err := generate("seccomp")
	if err != nil {
		t.Fatal(err)
	}
	spec, err := generate("spec")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(seccomp)) {
		if !strings.HasPrefix(line, "func ") {
			continue
		}
		found++
		if bytes.Contains(spec, []byte(line)) {
			t.Errorf("both packages have %s", line)
		}
	}
	if found != 3 {
		t.Errorf("%d functions for a profile, expected those for LinuxSeccomp, LinuxSyscall and LinuxSeccompArg", found)
	}
	if !bytes.Contains(spec, []byte("seccomp.DecodeProfile")) {
		t.Error("package spec does not use seccomp.DecodeProfile")
	}
}

func TestUnknownPackage(t *testing.T) {
	if _, err := generate("plan"); err == nil || err.Error() != `package "plan": expected seccomp or spec` {
		t.Errorf("%v", err)
	}
}
