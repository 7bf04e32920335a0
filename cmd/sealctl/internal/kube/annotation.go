package kube

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// crioAnnotation begins the annotations that name a profile in a registry. They are
// CRI-O's own, of the pod or with "/CONTAINER" or "/POD" behind.
const crioAnnotation = "seccomp-profile.kubernetes.cri-o.io"

// ProfileOf gives the field for the value of an annotation, or of an entry in the
// seccompProfiles of OpenShift's constraints; nil if it is not one.
func ProfileOf(value string) *corev1.SeccompProfile {
	switch value {
	case corev1.SeccompProfileNameUnconfined:
		return &corev1.SeccompProfile{Type: Unconfined}
	case corev1.SeccompProfileRuntimeDefault, corev1.DeprecatedSeccompProfileDockerDefault:
		return &corev1.SeccompProfile{Type: RuntimeDefault}
	}
	if name, ok := strings.CutPrefix(value, corev1.SeccompLocalhostProfileNamePrefix); ok && name != "" {
		return &corev1.SeccompProfile{Type: Localhost, LocalhostProfile: &name}
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
func NameOf(p *corev1.SeccompProfile) string {
	switch {
	case p.Type == Unconfined:
		return corev1.SeccompProfileNameUnconfined
	case p.Type == RuntimeDefault:
		return corev1.SeccompProfileRuntimeDefault
	case p.Type == Localhost && p.LocalhostProfile != nil:
		return corev1.SeccompLocalhostProfileNamePrefix + *p.LocalhostProfile
	}
	return ""
}

// applyAnnotations sets the fields for which there is only an annotation, as the API
// server does when it creates a pod (applySeccompVersionSkew of
// k8s.io/kubernetes/pkg/registry/core/pod). A pod is created without ephemeral
// containers, so these get nothing from an annotation of their own.
func applyAnnotations(annotations map[string]string, spec *corev1.PodSpec) copied {
	c := copied{containers: map[string]bool{}}
	if value, found := annotations[corev1.SeccompPodAnnotationKey]; found && PodProfile(spec) == nil {
		if p := ProfileOf(value); p != nil {
			SetPodProfile(spec, p)
			c.pod = true
		}
	}
	Visit(spec, func(ctr *corev1.Container, kind Kind, _ string) {
		value, found := annotations[corev1.SeccompContainerAnnotationKeyPrefix+ctr.Name]
		if !found || kind == Ephemeral || ContainerProfile(ctr) != nil {
			return
		}
		if p := ProfileOf(value); p != nil {
			SetContainerProfile(ctr, p)
			c.containers[ctr.Name] = true
		}
	})
	return c
}

// ineffective returns a sentence for each annotation about seccomp that changes
// nothing: those of containers by the container's name, others by "".
func ineffective(annotations map[string]string, spec *corev1.PodSpec, v Version, took copied) map[string][]string {
	notes := map[string][]string{}
	kinds := map[string]Kind{}
	Visit(spec, func(c *corev1.Container, kind Kind, _ string) { kinds[c.Name] = kind })
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		name, ofContainer := strings.CutPrefix(key, corev1.SeccompContainerAnnotationKeyPrefix)
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
		case key != corev1.SeccompPodAnnotationKey && !ofContainer || effective:
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
