package spec

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// Parse reads a config.json. It checks syntax, types and the presence of those
// fields whose absence the struct cannot show; Validate checks the rest. Errors
// are *FieldError values.
func Parse(data []byte) (*specs.Spec, error) { return strictjson.Parse(data, decodeSpec) }

// ParseProcess reads a process object, as in exec --process FILE.
func ParseProcess(data []byte) (*specs.Process, error) {
	return strictjson.Parse(data, decodeProcess)
}

// ParseResources reads a linux.resources object on its own, as in update
// --resources FILE. For a linux.seccomp object there is seccomp.ParseProfile.
func ParseResources(data []byte) (*specs.LinuxResources, error) {
	return strictjson.Parse(data, decodeLinuxResources)
}
