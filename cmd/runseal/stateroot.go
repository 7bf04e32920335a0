package main

import (
	"os"
	"path/filepath"

	"github.com/runseal/runseal/runtime"
)

// defaultRoot is root's state directory.
const defaultRoot = "/run/runseal"

// noRoot stands for a directory that nothing names. Flags cannot have this value.
const noRoot = "/\x00"

// stateRoot is the default of --root for who runs this, by runc's rule: /run/runseal for
// root, and for everybody else a directory below XDG_RUNTIME_DIR. Engines that run without
// root, such as podman, call us as root of their user namespace and with no --root: /run
// is not theirs. But a root that calls itself so (USER) has a machine's worth of user
// namespace, as in a system container, and its login sessions have an XDG_RUNTIME_DIR,
// which its daemons have not; both have to see the same containers.
func stateRoot() string {
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if os.Geteuid() == 0 && (dir == "" || os.Getenv("USER") == "root" || runtime.OnHost()) {
		return defaultRoot
	}
	if dir == "" {
		return noRoot
	}
	return filepath.Join(dir, "runseal")
}

// usesState says whether a subcommand is about containers that there are.
func usesState(name string) bool {
	switch name {
	case "spec", "plan", "features", "completion":
		return false
	}
	return true
}
