package bundle

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// Base is the configuration that every bundle starts from, the one that
// `runseal spec` writes: no terminal, and Docker's default seccomp profile for the
// capabilities in it, this machine's architecture and the running kernel. Each
// call returns a new value.
func Base() (*specs.Spec, error) {
	s := spec.Default()
	p, err := docker.Default(docker.Host{Caps: s.Process.Capabilities.Bounding})
	if err != nil {
		return nil, err
	}
	s.Linux.Seccomp = p
	return s, nil
}
