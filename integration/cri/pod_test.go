package cri

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// The types of a pod's seccompProfile, and privileged: with RuntimeDefault, which containerd
// leaves out then.
const (
	unset          = "nothing"
	runtimeDefault = "RuntimeDefault"
	unconfined     = "Unconfined"
	privileged     = "privileged"
	// A word with a "." is Localhost with that file.
)

// A pod has one container. What else the kubelet would set does not matter here.
type pod struct {
	handler     string
	seccomp     string            // of the container; one of the above
	namespace   string            // "default" if empty
	container   string            // name, "main" if empty
	annotations map[string]string // of pod and container
}

// name is for a subtest.
func (p pod) name() string {
	return strings.TrimSpace(strings.Join([]string{p.handler, p.seccomp, p.namespace, p.container}, " "))
}

// running is a pod on a node.
type running struct {
	*node
	pod
	t                  *testing.T
	sandbox, container string // ids
}

var serial atomic.Int64

// limit is for one call of the CRI.
const limit = 30 * time.Second

func call[Q, R any](f func(context.Context, Q, ...grpc.CallOption) (R, error), q Q) (R, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit) // not t's: the clean-up calls too
	defer cancel()
	return f(ctx, q)
}

// run starts the pod as the kubelet does and returns the first error: sandbox, then
// container. The clean-up removes it.
func (n *node) run(t *testing.T, p pod) (*running, error) {
	t.Helper()
	name := fmt.Sprintf("pod-%d", serial.Add(1))
	namespace, container := p.namespace, p.container
	if namespace == "" {
		namespace = "default"
	}
	if container == "" {
		container = "main"
	}
	network := &cri.NamespaceOption{Network: cri.NamespaceMode_NODE, Pid: cri.NamespaceMode_CONTAINER}
	config := &cri.PodSandboxConfig{
		Metadata:     &cri.PodSandboxMetadata{Name: name, Uid: name, Namespace: namespace},
		LogDirectory: n.Path("logs/" + name),
		DnsConfig:    &cri.DNSConfig{Servers: []string{"127.0.0.1"}},
		Annotations:  p.annotations,
		Linux: &cri.LinuxPodSandboxConfig{
			CgroupParent: "/" + n.Cgroup,
			SecurityContext: &cri.LinuxSandboxSecurityContext{
				NamespaceOptions: network,
				// The kubelet asks for RuntimeDefault whatever the containers have, and
				// says whether one of them is privileged.
				Seccomp:    n.securityProfile(runtimeDefault),
				Privileged: p.seccomp == privileged,
			},
		},
	}
	s, err := call(n.RunPodSandbox, &cri.RunPodSandboxRequest{Config: config, RuntimeHandler: p.handler})
	if err != nil {
		return nil, err
	}
	r := &running{node: n, pod: p, t: t, sandbox: s.PodSandboxId}
	t.Cleanup(func() {
		if _, err := call(n.StopPodSandbox, &cri.StopPodSandboxRequest{PodSandboxId: r.sandbox}); err != nil {
			t.Error(err)
		}
		if _, err := call(n.RemovePodSandbox, &cri.RemovePodSandboxRequest{PodSandboxId: r.sandbox}); err != nil {
			t.Error(err)
		}
	})
	c, err := call(n.CreateContainer, &cri.CreateContainerRequest{
		PodSandboxId: r.sandbox, SandboxConfig: config,
		Config: &cri.ContainerConfig{
			Metadata:    &cri.ContainerMetadata{Name: container},
			Image:       &cri.ImageSpec{Image: image},
			Command:     []string{"/bin/sh", "-c", probe + "; exec sleep 600"},
			LogPath:     "log",
			Annotations: p.annotations,
			Linux: &cri.LinuxContainerConfig{SecurityContext: &cri.LinuxContainerSecurityContext{
				NamespaceOptions: network, Seccomp: n.securityProfile(p.seccomp), Privileged: p.seccomp == privileged,
			}},
		},
	})
	if err != nil {
		t.Fatalf("CreateContainer, which starts no runtime: %v", err)
	}
	r.container = c.ContainerId
	_, err = call(n.StartContainer, &cri.StartContainerRequest{ContainerId: r.container})
	return r, err
}

// mustRun is run for a pod that has to start.
func (n *node) mustRun(t *testing.T, p pod) *running {
	t.Helper()
	r, err := n.run(t, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (n *node) securityProfile(name string) *cri.SecurityProfile {
	switch name {
	case unset:
		return nil
	case runtimeDefault, privileged:
		return &cri.SecurityProfile{ProfileType: cri.SecurityProfile_RuntimeDefault}
	case unconfined:
		return &cri.SecurityProfile{ProfileType: cri.SecurityProfile_Unconfined}
	}
	return &cri.SecurityProfile{ProfileType: cri.SecurityProfile_Localhost, LocalhostRef: n.profile(name)}
}
