package main

import (
	"os"
	"path/filepath"
)

// defaultRoot is root's state directory.
const defaultRoot = "/run/runseal"

// noRoot stands for a directory that nothing names. Flags cannot have this value.
const noRoot = "/\x00"

// stateRoot is the default of --root for who runs this.
func stateRoot() string {
	if os.Geteuid() == 0 {
		return defaultRoot
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, "runseal")
	}
	return noRoot
}

// usesState says whether a subcommand is about containers that there are.
func usesState(name string) bool {
	switch name {
	case "spec", "plan", "features", "completion":
		return false
	}
	return true
}
