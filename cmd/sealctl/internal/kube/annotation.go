package kube

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The deprecated annotations: of a pod, and of a container, whose name follows.
const (
	PodKey       = "seccomp.security.alpha.kubernetes.io/pod"
	ContainerKey = "container.seccomp.security.alpha.kubernetes.io/"
)

// crioAnnotation begins the annotations that name a profile in a registry. They are
// CRI-O's own, of the pod or with "/CONTAINER" or "/POD" behind.
const crioAnnotation = "seccomp-profile.kubernetes.cri-o.io"

// The values of the annotations.
const (
	runtimeDefaultName = "runtime/default"
	dockerDefaultName  = "docker/default" // older name of the same
	unconfinedName     = "unconfined"
	localhostPrefix    = "localhost/"
)

// ProfileOf gives the field for the value of an annotation, or of an entry in the
// seccompProfiles of OpenShift's constraints; nil if it is not one.
func ProfileOf(value string) *SeccompProfile {
	switch value {
	case unconfinedName:
		return &SeccompProfile{Type: Unconfined}
	case runtimeDefaultName, dockerDefaultName:
		return &SeccompProfile{Type: RuntimeDefault}
	}
	if name, ok := strings.CutPrefix(value, localhostPrefix); ok && name != "" {
		return &SeccompProfile{Type: Localhost, LocalhostProfile: &name}
	}
	return nil
}

// copied says which fields come from annotations: of the pod, and of containers by
// name.
type copied struct {
	pod        bool
	containers map[string]bool
}

// NameOf gives the value of an annotation for a field: the inverse of ProfileOf. It is
// "" for a profile that is not valid.
func NameOf(p *SeccompProfile) string {
	switch {
	case p.Type == Unconfined:
		return unconfinedName
	case p.Type == RuntimeDefault:
		return runtimeDefaultName
	case p.Type == Localhost && p.LocalhostProfile != nil:
		return localhostPrefix + *p.LocalhostProfile
	}
	return ""
}

// applyAnnotations sets the fields for which there is only an annotation, as the API
// server does when it creates a pod (applySeccompVersionSkew of
// k8s.io/kubernetes/pkg/registry/core/pod). A pod is created without ephemeral
// containers, so these get nothing from an annotation of their own.
func applyAnnotations(annotations map[string]string, spec *PodSpec) copied {
	c := copied{containers: map[string]bool{}}
	if value, found := annotations[PodKey]; found && spec.Profile() == nil {
		if p := ProfileOf(value); p != nil {
			spec.SetProfile(p)
			c.pod = true
		}
	}
	spec.Visit(func(ctr *Container, kind Kind, _ string) {
		value, found := annotations[ContainerKey+ctr.Name]
		if !found || kind == Ephemeral || ctr.Profile() != nil {
			return
		}
		if p := ProfileOf(value); p != nil {
			ctr.SetProfile(p)
			c.containers[ctr.Name] = true
		}
	})
	return c
}

// ineffective returns a sentence for each annotation about seccomp that changes
// nothing: those of containers by the container's name, others by "".
func ineffective(annotations map[string]string, spec *PodSpec, v Version, took copied) map[string][]string {
	notes := map[string][]string{}
	kinds := map[string]Kind{}
	spec.Visit(func(c *Container, kind Kind, _ string) { kinds[c.Name] = kind })
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		name, ofContainer := strings.CutPrefix(key, ContainerKey)
		kind, exists := kinds[name]
		effective := took.pod
		if ofContainer {
			effective = took.containers[name]
		}
		var why string
		switch {
		case strings.HasPrefix(key, crioAnnotation):
			notes[""] = append(notes[""], fmt.Sprintf("the annotation %s is not judged here: CRI-O alone reads it, if it is allowed to, "+
				"for containers that would be unconfined", key))
			continue
		case key != PodKey && !ofContainer || effective:
			continue
		case ofContainer && !exists:
			name, why = "", "there is no container of that name"
		case !v.copiesAnnotations():
			why = fmt.Sprintf("Kubernetes ignores it since 1.%d; securityContext.seccompProfile is the field for it", fieldsOnlyVersion)
		case ofContainer && kind == Ephemeral:
			why = "it is never read for ephemeral containers"
		case ProfileOf(annotations[key]) == nil:
			why = "its value is not a profile"
		default:
			why = "the field securityContext.seccompProfile is set"
		}
		if !ofContainer {
			name = ""
		}
		notes[name] = append(notes[name], fmt.Sprintf("the annotation %s: %q has no effect: %s", key, annotations[key], why))
	}
	return notes
}
