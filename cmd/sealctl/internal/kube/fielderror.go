package kube

import (
	"strconv"
	"strings"
)

// Reason is the class of an Error, in the words of Kubernetes' field errors.
type Reason string

// The reasons that occur here.
const (
	Required     Reason = "Required value"
	Invalid      Reason = "Invalid value"
	Forbidden    Reason = "Forbidden"
	NotSupported Reason = "Unsupported value"
	Kubelet      Reason = "kubelet" // the pod is created, but the kubelet cannot make the container
)

// Error is why a pod is refused or a container is not made. Reason and Detail are as
// Kubernetes says them, so that they can be searched for.
type Error struct {
	Path   string  `json:"path"`
	Reason Reason  `json:"reason"`
	Value  *string `json:"value,omitempty"` // of Invalid and NotSupported
	Detail string  `json:"detail"`
}

// Error gives one line: path, reason with the value, detail.
func (e Error) Error() string {
	parts := []string{e.Path, string(e.Reason)}
	if e.Value != nil {
		parts = append(parts, strconv.Quote(*e.Value))
	}
	return strings.Join(append(parts, e.Detail), ": ")
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// under puts a prefix, such as spec.template, in front of a path.
func under(prefix, path string) string {
	if prefix == "" {
		return path
	}
	return prefix + "." + path
}
