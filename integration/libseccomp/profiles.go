package libseccomp

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/bundle"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// Profile is a default profile of an engine, as of today.
type Profile struct {
	Name string // docker, containerd, containers; with -all for many capabilities
	*specs.LinuxSeccomp
}

// containersProfile is what Debian's golang-github-containers-common installs for
// podman and CRI-O.
const containersProfile = "/usr/share/containers/seccomp.json"

// Profiles returns Docker's, containerd's and containers-common's profile, for a
// container with Docker's capabilities or, if all is set, with those too that the
// profiles have rules for. The working directory is in this module.
func Profiles(all bool) ([]Profile, error) {
	caps, suffix := docker.Capabilities(), ""
	if all {
		suffix = "-all"
		caps = append(slices.Clone(caps), "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_BPF", "CAP_PERFMON", "CAP_SYSLOG",
			"CAP_SYS_MODULE", "CAP_SYS_TIME", "CAP_SYS_NICE", "CAP_DAC_READ_SEARCH", "CAP_SYS_RAWIO")
	}
	ofDocker, err := docker.Default(docker.Host{Caps: caps})
	if err != nil {
		return nil, err
	}
	root, err := bundle.ModuleRoot()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(root, "seccomp", "testdata", "containerd"+suffix+".json")
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var containerd specs.LinuxSeccomp
	if err := json.Unmarshal(data, &containerd); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if data, err = os.ReadFile(containersProfile); err != nil {
		return nil, fmt.Errorf("%w (Debian package golang-github-containers-common)", err)
	}
	containers, err := docker.Resolve(data, docker.Host{Caps: caps})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", containersProfile, err)
	}
	return []Profile{{"docker" + suffix, ofDocker}, {"containerd" + suffix, &containerd}, {"containers" + suffix, containers}}, nil
}
