package kube

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// validate returns what the API server has against the pod, as far as it concerns
// seccomp: ValidatePodCreate of k8s.io/kubernetes/pkg/apis/core/validation. Paths are
// from the pod. The annotations are validated in every version, even in those that do
// not read them, and where a field and its annotation are both set they have to agree.
func validate(annotations map[string]string, spec *corev1.PodSpec) []Error {
	var errs []Error
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		if key == corev1.SeccompPodAnnotationKey || strings.HasPrefix(key, corev1.SeccompContainerAnnotationKeyPrefix) {
			errs = append(errs, validateAnnotation(annotations[key], "metadata.annotations."+key)...)
		}
	}
	errs = append(errs, validateField(PodProfile(spec), podFieldPath)...)
	errs = append(errs, validateAgreement(annotations, corev1.SeccompPodAnnotationKey, PodProfile(spec), podFieldPath)...)
	if IsWindows(spec) && PodProfile(spec) != nil {
		errs = append(errs, windowsError(podFieldPath))
	}
	Visit(spec, func(c *corev1.Container, _ Kind, path string) {
		path += fieldOfContainer
		errs = append(errs, validateField(ContainerProfile(c), path)...)
		errs = append(errs, validateAgreement(annotations, corev1.SeccompContainerAnnotationKeyPrefix+c.Name, ContainerProfile(c), path)...)
		if IsWindows(spec) && ContainerProfile(c) != nil {
			errs = append(errs, windowsError(path))
		}
	})
	return errs
}

const (
	podFieldPath     = "spec.securityContext.seccompProfile"
	fieldOfContainer = ".securityContext.seccompProfile"
)

func windowsError(path string) Error {
	return Error{Path: path, Reason: Forbidden, Detail: "cannot be set for a windows pod"}
}

// validateField is validateSeccompProfileField. An empty localhostProfile passes: only
// the kubelet objects to it.
func validateField(p *corev1.SeccompProfile, path string) (errs []Error) {
	if p == nil {
		return nil
	}
	switch p.Type {
	case RuntimeDefault, Unconfined, Localhost:
	case "":
		errs = append(errs, Error{Path: path + ".type", Reason: Required, Detail: "type is required when seccompProfile is set"})
	default:
		value := string(p.Type)
		errs = append(errs, Error{path + ".type", NotSupported, &value, `supported values: "Localhost", "RuntimeDefault", "Unconfined"`})
	}
	path += ".localhostProfile"
	switch {
	case p.Type == Localhost && p.LocalhostProfile == nil:
		errs = append(errs, Error{Path: path, Reason: Required, Detail: "must be set when seccomp type is Localhost"})
	case p.Type == Localhost:
		errs = append(errs, validatePath(*p.LocalhostProfile, path)...)
	case p.LocalhostProfile != nil:
		errs = append(errs, Error{path, Invalid, p.LocalhostProfile, "can only be set when seccomp type is Localhost"})
	}
	return errs
}

// validatePath is validateLocalDescendingPath.
func validatePath(name, path string) (errs []Error) {
	if strings.HasPrefix(name, "/") {
		errs = append(errs, Error{path, Invalid, &name, "must be a relative path"})
	}
	if slices.Contains(strings.Split(name, "/"), "..") {
		errs = append(errs, Error{path, Invalid, &name, "must not contain '..'"})
	}
	return errs
}

// validateAnnotation is ValidateSeccompProfile.
func validateAnnotation(value, path string) []Error {
	if name, ok := strings.CutPrefix(value, corev1.SeccompLocalhostProfileNamePrefix); ok {
		return validatePath(name, path)
	}
	if value == corev1.SeccompProfileRuntimeDefault || value == corev1.DeprecatedSeccompProfileDockerDefault || value == corev1.SeccompProfileNameUnconfined {
		return nil
	}
	return []Error{{path, Invalid, &value, "must be a valid seccomp profile"}}
}

// validateAgreement is validateSeccompAnnotationsAndFieldsMatch. What it says of a type
// that does not exist is nothing: validateField has.
func validateAgreement(annotations map[string]string, key string, p *corev1.SeccompProfile, path string) []Error {
	value, found := annotations[key]
	if !found || p == nil {
		return nil
	}
	differ := Error{Path: path + ".type", Reason: Forbidden, Detail: "seccomp type in annotation and field must match"}
	switch p.Type {
	case Unconfined:
		if value != corev1.SeccompProfileNameUnconfined {
			return []Error{differ}
		}
	case RuntimeDefault:
		if value != corev1.SeccompProfileRuntimeDefault && value != corev1.DeprecatedSeccompProfileDockerDefault {
			return []Error{differ}
		}
	case Localhost:
		name, ok := strings.CutPrefix(value, corev1.SeccompLocalhostProfileNamePrefix)
		if !ok {
			return []Error{differ}
		}
		if p.LocalhostProfile == nil || name != *p.LocalhostProfile {
			return []Error{{Path: path + ".localhostProfile", Reason: Forbidden, Detail: "seccomp profile in annotation and field must match"}}
		}
	}
	return nil
}
