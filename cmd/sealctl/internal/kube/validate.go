package kube

import (
	"maps"
	"slices"
	"strings"
)

// validate returns what the API server has against the pod, as far as it concerns
// seccomp: ValidatePodCreate of k8s.io/kubernetes/pkg/apis/core/validation. Paths are
// from the pod. The annotations are validated in every version, even in those that do
// not read them, and where a field and its annotation are both set they have to agree.
func validate(annotations map[string]string, spec *PodSpec) []Error {
	var errs []Error
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		if key == PodKey || strings.HasPrefix(key, ContainerKey) {
			errs = append(errs, validateAnnotation(annotations[key], "metadata.annotations."+key)...)
		}
	}
	errs = append(errs, validateField(spec.Profile(), podFieldPath)...)
	errs = append(errs, validateAgreement(annotations, PodKey, spec.Profile(), podFieldPath)...)
	if spec.Windows() && spec.Profile() != nil {
		errs = append(errs, windowsError(podFieldPath))
	}
	spec.Visit(func(c *Container, _ Kind, path string) {
		path += fieldOfContainer
		errs = append(errs, validateField(c.Profile(), path)...)
		errs = append(errs, validateAgreement(annotations, ContainerKey+c.Name, c.Profile(), path)...)
		if spec.Windows() && c.Profile() != nil {
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
func validateField(p *SeccompProfile, path string) (errs []Error) {
	if p == nil {
		return nil
	}
	switch p.Type {
	case RuntimeDefault, Unconfined, Localhost:
	case "":
		errs = append(errs, Error{Path: path + ".type", Reason: Required, Detail: "type is required when seccompProfile is set"})
	default:
		errs = append(errs, Error{path + ".type", NotSupported, &p.Type, `supported values: "Localhost", "RuntimeDefault", "Unconfined"`})
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
	if name, ok := strings.CutPrefix(value, localhostPrefix); ok {
		return validatePath(name, path)
	}
	if value == runtimeDefaultName || value == dockerDefaultName || value == unconfinedName {
		return nil
	}
	return []Error{{path, Invalid, &value, "must be a valid seccomp profile"}}
}

// validateAgreement is validateSeccompAnnotationsAndFieldsMatch. What it says of a type
// that does not exist is nothing: validateField has.
func validateAgreement(annotations map[string]string, key string, p *SeccompProfile, path string) []Error {
	value, found := annotations[key]
	if !found || p == nil {
		return nil
	}
	differ := Error{Path: path + ".type", Reason: Forbidden, Detail: "seccomp type in annotation and field must match"}
	switch p.Type {
	case Unconfined:
		if value != unconfinedName {
			return []Error{differ}
		}
	case RuntimeDefault:
		if value != runtimeDefaultName && value != dockerDefaultName {
			return []Error{differ}
		}
	case Localhost:
		name, ok := strings.CutPrefix(value, localhostPrefix)
		if !ok {
			return []Error{differ}
		}
		if p.LocalhostProfile == nil || name != *p.LocalhostProfile {
			return []Error{{Path: path + ".localhostProfile", Reason: Forbidden, Detail: "seccomp profile in annotation and field must match"}}
		}
	}
	return nil
}
