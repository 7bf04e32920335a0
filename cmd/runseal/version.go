package main

import (
	"io"
	goruntime "runtime"
	"runtime/debug"

	"github.com/runseal/runseal/runtime/spec"
)

// version is set by the linker: -ldflags "-X main.version=1.2.3".
var version = "dev"

// commit is the revision that the Go tool found in the working tree, with
// "-dirty" if the tree had changes; empty where it was not recorded.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var revision, dirty string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + dirty
}

// printVersion writes runc's form, which Docker parses: a first line
// "NAME version X", then "key: value" lines.
func printVersion(w io.Writer) error {
	s := "runseal version " + version + "\n"
	if c := commit(); c != "" {
		s += "commit: " + c + "\n"
	}
	s += "spec: " + spec.SpecVersion + "\ngo: " + goruntime.Version() + "\n"
	_, err := io.WriteString(w, s)
	return err
}
