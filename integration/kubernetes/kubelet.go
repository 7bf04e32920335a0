package main

import (
	"unsafe"

	cadvisorapi "github.com/google/cadvisor/info/v1"
	v1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	apitest "k8s.io/cri-api/pkg/apis/testing"
	containertest "k8s.io/kubernetes/pkg/kubelet/container/testing"
)

// A kubelet is a kubeGenericRuntimeManager of Kubernetes, made by the function that its
// own unit tests use, with the fixed profile root of these.
type kubelet struct{ manager unsafe.Pointer }

func newKubelet() (*kubelet, error) {
	m, err := newManager(apitest.NewFakeRuntimeService(), apitest.NewFakeImageService(),
		&cadvisorapi.MachineInfo{}, &containertest.FakeOS{}, &containertest.FakeRuntimeHelper{})
	return &kubelet{m}, err
}

// seccompProfile is what the kubelet hands to the engine for a container.
func (k *kubelet) seccompProfile(annotations map[string]string, name string, pod *v1.PodSecurityContext, container *v1.SecurityContext,
	seccompDefault bool) (*runtimeapi.SecurityProfile, error) {
	return getSeccompProfile(k.manager, annotations, name, pod, container, seccompDefault)
}
