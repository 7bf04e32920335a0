// Package profiles knows seccomp profiles by name and brings profiles that
// depend on the host into the form of the OCI specification.
//
// Docker's format is the specification's linux.seccomp plus conditions: archMap
// lists the architectures for each kernel, and includes and excludes make an
// entry depend on capabilities, architecture and kernel version. The seccomp.json
// of containers/common (podman, CRI-O) has the same format. [Resolve] evaluates the
// conditions for this host, with the code that Docker itself uses.
//
//	if _, err := seccomp.ParseProfile(text); err != nil { // Resolve is less strict
//		...
//	}
//	profile, err := profiles.Resolve(text, []string{"CAP_SYS_PTRACE"})
//	filter, err := seccomp.Compile(profile, seccomp.Options{})
//
// Capabilities are spelled as in config.json, "CAP_SYS_ADMIN"; one that no
// condition names, a misspelt one included, changes nothing.
//
// It decides nothing about the meaning of the result; that is package seccomp.
package profiles

import (
	"errors"
	"fmt"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// DockerDefault returns Docker's default profile for a container with the given
// bounding capabilities ("CAP_SYS_ADMIN"), on this architecture and the running
// kernel. The result is the caller's own.
func DockerDefault(caps []string) (*specs.LinuxSeccomp, error) {
	p, err := moby.GetDefaultProfile(specWith(caps))
	if err != nil {
		return nil, fmt.Errorf("docker's default seccomp profile: %w", err)
	}
	return p, nil
}

// Resolve evaluates the conditions of a profile in Docker's format as
// [DockerDefault] does. data has been checked to be JSON without duplicate keys
// and with fields of the right types; this function does not check that.
func Resolve(data []byte, caps []string) (*specs.LinuxSeccomp, error) {
	p, err := moby.LoadProfile(string(data), specWith(caps))
	if err != nil {
		return nil, fmt.Errorf("seccomp profile in docker's format: %w", err)
	}
	if p == nil {
		return nil, errors.New("linux.seccomp.defaultAction: missing")
	}
	return p, nil
}

// DockerCapabilities returns the bounding set that Docker gives a container
// unless told otherwise.
func DockerCapabilities() []string {
	return []string{
		"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
		"CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID",
		"CAP_SYS_CHROOT",
	}
}

// specWith wraps capabilities in the only part of a configuration that the
// conditions look at.
func specWith(caps []string) *specs.Spec {
	return &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: caps}}}
}
