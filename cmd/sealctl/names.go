package main

import (
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/containerd"
)

// extraNames are the profiles that sealctl knows by name and runseal does not.
func extraNames() map[string]profiles.Loader {
	return map[string]profiles.Loader{containerd.Name: containerd.Default}
}
