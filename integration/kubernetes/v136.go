//go:build !v126

package main

import (
	"context"
	"unsafe"

	cadvisorapi "github.com/google/cadvisor/info/v1"
	v1 "k8s.io/api/core/v1"
	internalapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/kubernetes/pkg/apis/core"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	_ "k8s.io/kubernetes/pkg/kubelet/kuberuntime"
)

// The tracer is an interface of another module, which is not used here: nil is nil.
//
//go:linkname newFakeKubeRuntimeManager k8s.io/kubernetes/pkg/kubelet/kuberuntime.newFakeKubeRuntimeManager
func newFakeKubeRuntimeManager(ctx context.Context, runtimeService internalapi.RuntimeService, imageService internalapi.ImageManagerService,
	machineInfo *cadvisorapi.MachineInfo, osInterface kubecontainer.OSInterface, runtimeHelper kubecontainer.RuntimeHelper,
	tracer any) (unsafe.Pointer, error)

//go:linkname getSeccompProfile k8s.io/kubernetes/pkg/kubelet/kuberuntime.(*kubeGenericRuntimeManager).getSeccompProfile
func getSeccompProfile(m unsafe.Pointer, annotations map[string]string, containerName string,
	podSecContext *v1.PodSecurityContext, containerSecContext *v1.SecurityContext, fallbackToRuntimeDefault bool) (*runtimeapi.SecurityProfile, error)

func newManager(r internalapi.RuntimeService, i internalapi.ImageManagerService, info *cadvisorapi.MachineInfo,
	os kubecontainer.OSInterface, helper kubecontainer.RuntimeHelper) (unsafe.Pointer, error) {
	return newFakeKubeRuntimeManager(context.Background(), r, i, info, os, helper, nil)
}

// prepareForCreate does nothing: since 1.27 the API server leaves the annotations alone.
func prepareForCreate(*core.Pod) {}
