//go:build v126

package main

import (
	"unsafe"

	cadvisorapi "github.com/google/cadvisor/info/v1"
	v1 "k8s.io/api/core/v1"
	internalapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/credentialprovider"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	_ "k8s.io/kubernetes/pkg/kubelet/kuberuntime"
	_ "k8s.io/kubernetes/pkg/registry/core/pod"
)

//go:linkname newFakeKubeRuntimeManager k8s.io/kubernetes/pkg/kubelet/kuberuntime.newFakeKubeRuntimeManager
func newFakeKubeRuntimeManager(runtimeService internalapi.RuntimeService, imageService internalapi.ImageManagerService,
	machineInfo *cadvisorapi.MachineInfo, osInterface kubecontainer.OSInterface, runtimeHelper kubecontainer.RuntimeHelper,
	keyring credentialprovider.DockerKeyring) (unsafe.Pointer, error)

//go:linkname getSeccompProfile k8s.io/kubernetes/pkg/kubelet/kuberuntime.(*kubeGenericRuntimeManager).getSeccompProfile
func getSeccompProfile(m unsafe.Pointer, annotations map[string]string, containerName string,
	podSecContext *v1.PodSecurityContext, containerSecContext *v1.SecurityContext, fallbackToRuntimeDefault bool) (*runtimeapi.SecurityProfile, error)

//go:linkname applySeccompVersionSkew k8s.io/kubernetes/pkg/registry/core/pod.applySeccompVersionSkew
func applySeccompVersionSkew(pod *core.Pod)

func newManager(r internalapi.RuntimeService, i internalapi.ImageManagerService, info *cadvisorapi.MachineInfo,
	os kubecontainer.OSInterface, helper kubecontainer.RuntimeHelper) (unsafe.Pointer, error) {
	return newFakeKubeRuntimeManager(r, i, info, os, helper, &credentialprovider.BasicDockerKeyring{})
}

// prepareForCreate copies the annotations to the fields.
func prepareForCreate(pod *core.Pod) { applySeccompVersionSkew(pod) }
