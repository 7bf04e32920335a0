package scc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runseal/runseal/cmd/sealctl/internal/kube"
)

// Verdict is what constraints say of a pod.
type Verdict struct {
	Constraints string             `json:"constraints"` // their name
	Priority    int32              `json:"priority"`
	Admits      bool               `json:"admits"`            // the pod as a whole
	Default     string             `json:"default,omitempty"` // the profile that the pod got, if it set none
	Refusal     string             `json:"refusal,omitempty"` // of the pod's own profile
	Containers  []ContainerVerdict `json:"containers"`
}

// ContainerVerdict is what constraints say of a container, and what it would run under.
// Profiles are spelt as in seccompProfiles; "" is none.
type ContainerVerdict struct {
	Request  string               `json:"request,omitempty"` // before admission
	Profile  string               `json:"profile,omitempty"` // after it
	Refusals []string             `json:"refusals,omitempty"`
	Result   kube.ContainerResult `json:"result"` // if the pod is created with these constraints
}

// Default is the source of a profile that the pod has from seccompProfiles.
const Default kube.Source = "seccompProfiles"

// notValid stands for a field that no annotation has a name for.
const notValid = "(not valid)"

// anyProfile in seccompProfiles admits every profile.
const anyProfile = "*"

// Judge completes the workload's pod as the constraints say, judges it, and says what
// its containers would run under. It leaves the workload as it is. Windows pods are not
// for constraints: they admit them all.
func Judge(c *Constraints, w *kube.Workload, o kube.Options) *Verdict {
	v, _ := judge(c, w, o)
	return v
}

// judge is Judge that also returns the completed workload.
func judge(c *Constraints, w *kube.Workload, o kube.Options) (*Verdict, *kube.Workload) {
	v := &Verdict{Constraints: c.Name, Priority: c.Priority}
	done := *w
	done.Spec = w.Spec.Clone()
	done.Annotations = nil
	if len(w.Annotations) > 0 {
		done.Annotations = map[string]string{}
		for key, value := range w.Annotations {
			done.Annotations[key] = value
		}
	}
	admitted := &kube.Admitted{Containers: map[string]kube.Source{}}
	refusals := map[string][]string{}
	if !w.Spec.Windows() {
		v.Default = c.complete(&done)
		switch {
		case v.Default != "":
			admitted.Pod = Default
		case w.Annotations[kube.PodKey] != "":
			admitted.Pod = kube.PodAnnotation
		}
		if profile := podProfile(&done); !c.allows(profile) {
			v.Refusal = c.refusal(profile)
		}
		done.Spec.Visit(func(ctr *kube.Container, _ kube.Kind, path string) {
			if value, found := done.Annotations[kube.ContainerKey+ctr.Name]; found {
				ctr.SetProfile(kube.ProfileOf(value))
				admitted.Containers[ctr.Name] = kube.ContainerAnnotation
			}
			if profile := containerProfile(&done, ctr); !c.allows(profile) {
				refusals[path] = append(refusals[path], c.refusal(profile))
			}
			if ctr.IsPrivileged() && !c.AllowPrivilegedContainer {
				refusals[path] = append(refusals[path], "privileged is not allowed")
			}
		})
	}
	v.Admits = v.Refusal == "" && len(refusals) == 0

	o.Admitted = admitted
	results := kube.Evaluate(&done, o).Containers
	original := map[string]string{}
	w.Spec.Visit(func(ctr *kube.Container, _ kube.Kind, path string) {
		if original[path] = containerProfile(w, ctr); original[path] == "" && (ctr.Profile() != nil || w.Spec.Profile() != nil) {
			original[path] = notValid
		}
	})
	i := 0
	done.Spec.Visit(func(ctr *kube.Container, _ kube.Kind, path string) {
		v.Containers = append(v.Containers, ContainerVerdict{
			Request: original[path], Profile: containerProfile(&done, ctr), Refusals: refusals[path], Result: results[i],
		})
		i++
	})
	return v, &done
}

// complete gives the pod the profile that it asks for, as field and as annotation, or
// the default of the constraints, which it returns if it is used.
func (c *Constraints) complete(w *kube.Workload) (byDefault string) {
	profile := w.Annotations[kube.PodKey]
	if profile == "" {
		if p := w.Spec.Profile(); p != nil {
			profile = kube.NameOf(p)
		} else if i := slices.IndexFunc(c.SeccompProfiles, func(s string) bool { return s != anyProfile }); i >= 0 {
			profile = c.SeccompProfiles[i]
			byDefault = profile
		}
	}
	if profile == "" {
		return ""
	}
	if w.Annotations == nil {
		w.Annotations = map[string]string{}
	}
	w.Annotations[kube.PodKey] = profile
	w.Spec.SetProfile(kube.ProfileOf(profile))
	return byDefault
}

// podProfile is the pod's profile as an annotation would have it.
func podProfile(w *kube.Workload) string {
	if profile := w.Annotations[kube.PodKey]; profile != "" || w.Spec.Profile() == nil {
		return profile
	}
	return kube.NameOf(w.Spec.Profile())
}

// containerProfile is the profile of a container, its own or the pod's, as an
// annotation would have it.
func containerProfile(w *kube.Workload, c *kube.Container) string {
	if p := c.Profile(); p != nil {
		return kube.NameOf(p)
	}
	if profile, found := w.Annotations[kube.ContainerKey+c.Name]; found {
		return profile
	}
	if p := w.Spec.Profile(); p != nil {
		return kube.NameOf(p)
	}
	return w.Annotations[kube.PodKey]
}

// allows says whether seccompProfiles have the profile; "" is none.
func (c *Constraints) allows(profile string) bool {
	list := c.SeccompProfiles
	if len(list) == 0 {
		return profile == ""
	}
	isDefault := func(s string) bool { return s == "runtime/default" || s == "docker/default" }
	return slices.Contains(list, anyProfile) || slices.Contains(list, profile) ||
		isDefault(profile) && slices.ContainsFunc(list, isDefault)
}

func (c *Constraints) refusal(profile string) string {
	switch {
	case len(c.SeccompProfiles) == 0:
		return fmt.Sprintf("%s: no profile may be set", profile)
	case profile == "":
		return "the profile is not valid"
	}
	return fmt.Sprintf("%s is not in seccompProfiles (%s)", profile, strings.Join(c.SeccompProfiles, ", "))
}
