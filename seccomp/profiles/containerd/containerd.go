// Package containerd has containerd's default seccomp profile: what a container gets
// from containerd, and so from Kubernetes' RuntimeDefault where containerd is the
// engine.
//
//	p, err := containerd.Default(docker.Host{Caps: docker.Capabilities()})
//
// The profile is made by DefaultProfile of the module
// github.com/containerd/containerd/v2 (contrib/seccomp). That function depends on
// three things: the bounding set of the container, the architecture that the program
// was built for (runtime.GOARCH), and the version of the kernel that runs, of which it
// asks whether it is 4.8 or newer. Only the first can be chosen here; the other two are
// those of this machine, and a [docker.Host] that says otherwise is an error.
//
// The module brings containerd's client with it, gRPC and protocol buffers included.
// This package is therefore not for runseal: it is handed to package profiles as
// Options.Extra by those who can afford it.
package containerd

import (
	"errors"
	"fmt"

	contrib "github.com/containerd/containerd/v2/contrib/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// Name is the name of the profile among those of package profiles.
const Name = "containerd/default"

// Default returns containerd's default profile for a container with these
// capabilities on this machine. The result is the caller's own.
func Default(h docker.Host) (*specs.LinuxSeccomp, error) {
	if h.Arch != "" && h.Arch != arch.Native {
		return nil, fmt.Errorf("architecture %q: containerd's profile can only be made for the one that this program was built for, expected %q",
			h.Arch, arch.Native)
	}
	same, err := docker.RunningKernel(h.Kernel)
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, fmt.Errorf("kernel version %q: containerd's profile can only be made for the running kernel, expected its version or none", h.Kernel)
	}
	p := contrib.DefaultProfile(&specs.Spec{
		Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: h.Caps}},
	})
	if p.DefaultAction == "" { // what the module returns where it is not made for Linux
		return nil, errors.New("containerd has no default profile for this system")
	}
	return p, nil
}
