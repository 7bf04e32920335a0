package kube

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Options are what is not in the manifest.
type Options struct {
	Version        Version   // 0 is Newest
	SeccompDefault bool      // the kubelet's --seccomp-default
	ProfileRoot    string    // the directory of Localhost profiles on the node
	Admitted       *Admitted // nil: no admission plugin has changed the pod
}

// Admitted says what an admission plugin has done to the pod. It keeps annotations and
// fields in step, so that nothing is said of annotations without effect.
type Admitted struct {
	Pod        Source            // of the pod's field; "" is the manifest
	Containers map[string]Source // of the fields of containers, by name
}

// source returns where the field really is from.
func (a *Admitted) source(from Source, container string) Source {
	switch {
	case a == nil:
	case from == PodField && a.Pod != "":
		return a.Pod
	case from == ContainerField && a.Containers[container] != "":
		return a.Containers[container]
	}
	return from
}

// Source is what decided a container's profile.
type Source string

// The sources.
const (
	ContainerField      Source = "container field"
	PodField            Source = "pod field"
	ContainerAnnotation Source = "container annotation"
	PodAnnotation       Source = "pod annotation"
	SeccompDefault      Source = "--seccomp-default"
	PrivilegedContainer Source = "privileged"
	NothingSet          Source = "nothing set"
)

// Outcome is what becomes of a container.
type Outcome string

// The outcomes.
const (
	Runs          Outcome = "runs"
	Refused       Outcome = "refused by the API server" // the pod is not created
	NotStarted    Outcome = "not started by the kubelet"
	NotApplicable Outcome = "not applicable" // there is no seccomp on Windows
)

// Result is the judgement of one workload.
type Result struct {
	Document   int               `json:"document"`
	Kind       string            `json:"kind"`
	Namespace  string            `json:"namespace,omitempty"`
	Name       string            `json:"name"`
	Containers []ContainerResult `json:"containers"`
	Errors     []Error           `json:"errors,omitempty"` // the API server's, all of the pod
	Notes      []string          `json:"notes,omitempty"`
}

// ContainerResult is the judgement of one container.
type ContainerResult struct {
	Name       string                    `json:"name"`
	Kind       Kind                      `json:"kind"`
	Path       string                    `json:"path"` // of the container in its object
	Privileged bool                      `json:"privileged"`
	Outcome    Outcome                   `json:"outcome"`
	Effective  corev1.SeccompProfileType `json:"effective,omitempty"` // RuntimeDefault, Unconfined or Localhost, if it runs
	Source     Source                    `json:"source,omitempty"`    // of Effective
	CRI        *SecurityProfile          `json:"cri,omitempty"`       // what the kubelet hands to the engine
	CRISource  Source                    `json:"criSource,omitempty"` // of CRI, which a privileged container does not get
	File       string                    `json:"file,omitempty"`      // that is loaded
	Errors     []Error                   `json:"errors,omitempty"`    // those that concern its profile
	Notes      []string                  `json:"notes,omitempty"`
}

// Evaluate says what each container of a workload runs under.
func Evaluate(w *Workload, o Options) *Result {
	if o.Version == 0 {
		o.Version = Newest
	}
	spec := w.Spec.DeepCopy()
	var took copied
	if o.Version.copiesAnnotations() {
		took = applyAnnotations(w.Annotations, spec)
	}
	r := &Result{Document: w.Document, Kind: w.Kind, Namespace: w.Namespace, Name: w.Name, Errors: validate(w.Annotations, spec)}
	refused := len(r.Errors) > 0
	var notes map[string][]string
	if o.Admitted == nil {
		notes = ineffective(w.Annotations, spec, o.Version, took)
	}
	r.Notes = append(objectNotes(w), notes[""]...)

	Visit(spec, func(c *corev1.Container, kind Kind, path string) {
		cr := ContainerResult{Name: c.Name, Kind: kind, Path: under(w.Prefix, path), Privileged: IsPrivileged(c), Notes: notes[c.Name]}
		if c.Name == "" {
			cr.Notes = nil // those of the pod
		}
		p, from, fieldPath, err := kubeletProfile(spec, c, path, o)
		if took.containers[c.Name] && from == ContainerField {
			from = ContainerAnnotation
		}
		if took.pod && from == PodField {
			from = PodAnnotation
		}
		from = o.Admitted.source(from, c.Name)
		for _, e := range r.Errors {
			if concerns(e.Path, c, path, fieldPath) {
				cr.Errors = append(cr.Errors, e.in(w.Prefix))
			}
		}
		switch {
		case refused:
			cr.Outcome = Refused
		case IsWindows(spec):
			cr.Outcome = NotApplicable
		case err != nil:
			cr.Outcome, cr.CRISource = NotStarted, from
			cr.Errors = append(cr.Errors, err.in(w.Prefix))
		default:
			cr.decide(p, from)
		}
		r.Containers = append(r.Containers, cr)
	})
	for i, e := range r.Errors {
		r.Errors[i] = e.in(w.Prefix)
	}
	return r
}

// decide is what the engine makes of the profile that it is handed. A privileged
// container gets none, whatever the profile: generateSeccompSpecOpts of containerd's
// CRI plugin and CreateContainer of CRI-O return before they look at it.
func (c *ContainerResult) decide(p *SecurityProfile, from Source) {
	c.Outcome, c.CRI, c.CRISource = Runs, p, from
	c.Effective, c.Source, c.File = p.ProfileType, from, p.LocalhostRef
	if !c.Privileged {
		return
	}
	c.Effective, c.Source, c.File = Unconfined, PrivilegedContainer, ""
	what := "no profile is set, and"
	if p.ProfileType != Unconfined {
		what = fmt.Sprintf("the kubelet hands %s (%s) to the engine, but", p.ProfileType, from)
	}
	c.Notes = append(c.Notes, what+" containerd and CRI-O install no filter for a privileged container: it runs unconfined")
}

// concerns says whether an error is about what the container gets: about its own
// field or annotation, or about those of the pod if it has none of its own.
func concerns(errPath string, c *corev1.Container, containerPath, fieldPath string) bool {
	const annotations = "metadata.annotations."
	switch {
	case strings.HasPrefix(errPath, containerPath+"."), fieldPath != "" && strings.HasPrefix(errPath, fieldPath):
		return true
	case errPath == annotations+corev1.SeccompContainerAnnotationKeyPrefix+c.Name:
		return true
	}
	return errPath == annotations+corev1.SeccompPodAnnotationKey && !strings.HasPrefix(fieldPath, containerPath)
}

// in puts the path of the pod in its object in front of the error's path.
func (e Error) in(prefix string) Error {
	e.Path = under(prefix, e.Path)
	return e
}

// objectNotes are about the workload as a whole.
func objectNotes(w *Workload) (notes []string) {
	for _, key := range w.Misplaced {
		notes = append(notes, fmt.Sprintf("the annotation %s of the %s itself has no effect in any version: only those of %s.metadata reach the pods", key, w.Kind, w.Prefix))
	}
	switch {
	case IsWindows(&w.Spec):
		notes = append(notes, "spec.os.name is windows: there is no seccomp on Windows")
	case w.Spec.NodeSelector[corev1.LabelOSStable] == string(corev1.Windows):
		notes = append(notes, "spec.nodeSelector chooses Windows nodes, where there is no seccomp; what is said here is for Linux")
	}
	return notes
}
