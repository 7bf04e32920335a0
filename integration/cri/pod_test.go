package cri

import (
	"cmp"
	"context"
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
	s, err := n.sandbox(p.handler, serialName(), func(c *cri.PodSandboxConfig) {
		c.Metadata.Namespace = cmp.Or(p.namespace, "default")
		c.Annotations = p.annotations
		// The kubelet says whether one of the containers is privileged.
		c.Linux.SecurityContext.Privileged = p.seccomp == privileged
	})
	if err != nil {
		return nil, err
	}
	r := &running{node: n, pod: p, t: t, sandbox: s.id}
	t.Cleanup(func() {
		if err := s.remove(); err != nil {
			t.Error(err)
		}
	})
	r.container, err = s.create([]string{"/bin/sh", "-c", probe + "; exec sleep 600"}, func(c *cri.ContainerConfig) {
		c.Metadata.Name = cmp.Or(p.container, "main")
		c.Annotations = p.annotations
		c.Linux.SecurityContext.Seccomp = n.securityProfile(p.seccomp)
		c.Linux.SecurityContext.Privileged = p.seccomp == privileged
	})
	if err != nil {
		t.Fatalf("CreateContainer, which starts no runtime: %v", err)
	}
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
