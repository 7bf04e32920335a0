package kube

import (
	"path"

	corev1 "k8s.io/api/core/v1"
)

// SecurityProfile is what the kubelet hands to the engine for a container, the message
// of the same name in the CRI.
type SecurityProfile struct {
	ProfileType  corev1.SeccompProfileType `json:"profileType"`            // RuntimeDefault, Unconfined or Localhost
	LocalhostRef string                    `json:"localhostRef,omitempty"` // of Localhost: an absolute path on the node
}

// fieldProfile is the kubelet's fieldSeccompProfile: a type that it does not know is
// Unconfined. The path is put together lexically, so that ".." would lead out of root;
// the API server refuses such a name before.
func fieldProfile(p *corev1.SeccompProfile, fieldPath, root string) (*SecurityProfile, *Error) {
	switch p.Type {
	case RuntimeDefault:
		return &SecurityProfile{ProfileType: RuntimeDefault}, nil
	case Localhost:
		if p.LocalhostProfile == nil || *p.LocalhostProfile == "" {
			return nil, &Error{Path: fieldPath, Reason: Kubelet, Detail: "localhostProfile must be set if seccompProfile type is Localhost."}
		}
		return &SecurityProfile{Localhost, path.Join(root, *p.LocalhostProfile)}, nil
	}
	return &SecurityProfile{ProfileType: Unconfined}, nil
}

// kubeletProfile is the kubelet's getSeccompProfile for a container: what it hands to
// the engine, where that is from, and the path of the field that it is from, if it is
// one. It asks the fields alone; a field that the API server filled from an annotation
// is one.
func kubeletProfile(spec *corev1.PodSpec, c *corev1.Container, containerPath string, o Options) (p *SecurityProfile, from Source, fieldPath string, err *Error) {
	switch {
	case ContainerProfile(c) != nil:
		fieldPath = containerPath + fieldOfContainer
		p, err = fieldProfile(ContainerProfile(c), fieldPath, o.ProfileRoot)
		return p, ContainerField, fieldPath, err
	case PodProfile(spec) != nil:
		p, err = fieldProfile(PodProfile(spec), podFieldPath, o.ProfileRoot)
		return p, PodField, podFieldPath, err
	case o.SeccompDefault:
		return &SecurityProfile{ProfileType: RuntimeDefault}, SeccompDefault, "", nil
	}
	return &SecurityProfile{ProfileType: Unconfined}, NothingSet, "", nil
}
