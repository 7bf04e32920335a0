package kube

import corev1 "k8s.io/api/core/v1"

// Types of a SeccompProfile, and of a SecurityProfile of the CRI.
const (
	RuntimeDefault = corev1.SeccompProfileTypeRuntimeDefault
	Unconfined     = corev1.SeccompProfileTypeUnconfined
	Localhost      = corev1.SeccompProfileTypeLocalhost
)

// ContainerProfile returns the profile that the container itself sets, or nil.
func ContainerProfile(c *corev1.Container) *corev1.SeccompProfile {
	if c.SecurityContext == nil {
		return nil
	}
	return c.SecurityContext.SeccompProfile
}

// SetContainerProfile sets the container's own profile.
func SetContainerProfile(c *corev1.Container, p *corev1.SeccompProfile) {
	if c.SecurityContext == nil {
		c.SecurityContext = &corev1.SecurityContext{}
	}
	c.SecurityContext.SeccompProfile = p
}

// PodProfile returns the profile that the pod sets for its containers, or nil.
func PodProfile(s *corev1.PodSpec) *corev1.SeccompProfile {
	if s.SecurityContext == nil {
		return nil
	}
	return s.SecurityContext.SeccompProfile
}

// SetPodProfile sets the pod's profile.
func SetPodProfile(s *corev1.PodSpec, p *corev1.SeccompProfile) {
	if s.SecurityContext == nil {
		s.SecurityContext = &corev1.PodSecurityContext{}
	}
	s.SecurityContext.SeccompProfile = p
}

// IsPrivileged says whether the container is privileged.
func IsPrivileged(c *corev1.Container) bool {
	return c.SecurityContext != nil && c.SecurityContext.Privileged != nil && *c.SecurityContext.Privileged
}

// IsWindows says whether the pod is made for Windows, where there is no seccomp.
func IsWindows(s *corev1.PodSpec) bool { return s.OS != nil && s.OS.Name == corev1.Windows }

// Kind is which list of the pod a container is in.
type Kind string

// The three lists.
const (
	Regular   Kind = "container"
	Init      Kind = "init"
	Ephemeral Kind = "ephemeral"
)

// Visit calls f for each container in the order in which Kubernetes looks at them,
// with its list and its path from the pod. An ephemeral container has the same fields
// as others, in a type of its own.
func Visit(s *corev1.PodSpec, f func(c *corev1.Container, kind Kind, path string)) {
	for i := range s.InitContainers {
		f(&s.InitContainers[i], Init, index("spec.initContainers", i))
	}
	for i := range s.Containers {
		f(&s.Containers[i], Regular, index("spec.containers", i))
	}
	for i := range s.EphemeralContainers {
		f((*corev1.Container)(&s.EphemeralContainers[i].EphemeralContainerCommon), Ephemeral, index("spec.ephemeralContainers", i))
	}
}
