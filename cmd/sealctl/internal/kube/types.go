package kube

// The structs are the part of k8s.io/api that has to do with seccomp. Names and JSON
// names are those of k8s.io/api/core/v1, so that a test can compare the two; pointers
// are nil where the manifest sets nothing.

// ObjectMeta is the part of metadata that is read.
type ObjectMeta struct {
	Name         string            `json:"name,omitempty"`
	GenerateName string            `json:"generateName,omitempty"`
	Namespace    string            `json:"namespace,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
}

// PodSpec is the part of a pod's spec that is read.
type PodSpec struct {
	OS                  *PodOS              `json:"os,omitempty"`
	NodeSelector        map[string]string   `json:"nodeSelector,omitempty"`
	SecurityContext     *PodSecurityContext `json:"securityContext,omitempty"`
	InitContainers      []Container         `json:"initContainers,omitempty"`
	Containers          []Container         `json:"containers"`
	EphemeralContainers []Container         `json:"ephemeralContainers,omitempty"`
}

// PodOS is the operating system that a pod is made for.
type PodOS struct {
	Name string `json:"name"`
}

// PodSecurityContext is the part of a pod's securityContext that is read.
type PodSecurityContext struct {
	SeccompProfile *SeccompProfile `json:"seccompProfile,omitempty"`
}

// Container is the part of a container that is read.
type Container struct {
	Name            string           `json:"name"`
	SecurityContext *SecurityContext `json:"securityContext,omitempty"`
}

// SecurityContext is the part of a container's securityContext that is read.
type SecurityContext struct {
	Privileged     *bool           `json:"privileged,omitempty"`
	SeccompProfile *SeccompProfile `json:"seccompProfile,omitempty"`
}

// SeccompProfile is what a field or an annotation asks for.
type SeccompProfile struct {
	Type             string  `json:"type"`
	LocalhostProfile *string `json:"localhostProfile,omitempty"`
}

// Types of a SeccompProfile, and of a SecurityProfile of the CRI.
const (
	RuntimeDefault = "RuntimeDefault"
	Unconfined     = "Unconfined"
	Localhost      = "Localhost"
)

// Profile returns the profile that the container itself sets, or nil.
func (c *Container) Profile() *SeccompProfile {
	if c.SecurityContext == nil {
		return nil
	}
	return c.SecurityContext.SeccompProfile
}

// IsPrivileged says whether the container is privileged.
func (c *Container) IsPrivileged() bool {
	return c.SecurityContext != nil && c.SecurityContext.Privileged != nil && *c.SecurityContext.Privileged
}

// Profile returns the profile that the pod sets for its containers, or nil.
func (s *PodSpec) Profile() *SeccompProfile {
	if s.SecurityContext == nil {
		return nil
	}
	return s.SecurityContext.SeccompProfile
}

// Windows says whether the pod is made for Windows, where there is no seccomp.
func (s *PodSpec) Windows() bool { return s.OS != nil && s.OS.Name == "windows" }

// Clone returns a copy in which profiles can be set without changing s.
func (s *PodSpec) Clone() PodSpec {
	c := *s
	if s.SecurityContext != nil {
		p := *s.SecurityContext
		c.SecurityContext = &p
	}
	c.InitContainers = cloneContainers(s.InitContainers)
	c.Containers = cloneContainers(s.Containers)
	c.EphemeralContainers = cloneContainers(s.EphemeralContainers)
	return c
}

func cloneContainers(list []Container) []Container {
	out := make([]Container, len(list))
	for i, c := range list {
		if c.SecurityContext != nil {
			s := *c.SecurityContext
			c.SecurityContext = &s
		}
		out[i] = c
	}
	return out
}

// SetProfile sets the container's own profile.
func (c *Container) SetProfile(p *SeccompProfile) {
	if c.SecurityContext == nil {
		c.SecurityContext = &SecurityContext{}
	}
	c.SecurityContext.SeccompProfile = p
}

// SetProfile sets the pod's profile.
func (s *PodSpec) SetProfile(p *SeccompProfile) {
	if s.SecurityContext == nil {
		s.SecurityContext = &PodSecurityContext{}
	}
	s.SecurityContext.SeccompProfile = p
}

// Kind is which list of the pod a container is in.
type Kind string

// The three lists.
const (
	Regular   Kind = "container"
	Init      Kind = "init"
	Ephemeral Kind = "ephemeral"
)

// Visit calls f for each container in the order in which Kubernetes looks at them,
// with its list and its path from the pod.
func (s *PodSpec) Visit(f func(c *Container, kind Kind, path string)) {
	for _, l := range []struct {
		list []Container
		kind Kind
		name string
	}{
		{s.InitContainers, Init, "spec.initContainers"},
		{s.Containers, Regular, "spec.containers"},
		{s.EphemeralContainers, Ephemeral, "spec.ephemeralContainers"},
	} {
		for i := range l.list {
			f(&l.list[i], l.kind, index(l.name, i))
		}
	}
}
