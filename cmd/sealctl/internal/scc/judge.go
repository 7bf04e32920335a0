package scc

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

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
	v := &Verdict{Constraints: c.Name, Priority: priority(c)}
	done := *w
	done.Spec = *w.Spec.DeepCopy()
	done.Annotations = maps.Clone(w.Annotations)
	admitted := &kube.Admitted{Containers: map[string]kube.Source{}}
	refusals := map[string][]string{}
	if !kube.IsWindows(&w.Spec) {
		v.Default = complete(c, &done)
		switch {
		case v.Default != "":
			admitted.Pod = Default
		case w.Annotations[corev1.SeccompPodAnnotationKey] != "":
			admitted.Pod = kube.PodAnnotation
		}
		if profile := podProfile(&done); !allows(c, profile) {
			v.Refusal = refusal(c, profile)
		}
		kube.Visit(&done.Spec, func(ctr *corev1.Container, _ kube.Kind, path string) {
			if value, found := done.Annotations[corev1.SeccompContainerAnnotationKeyPrefix+ctr.Name]; found {
				kube.SetContainerProfile(ctr, kube.ProfileOf(value))
				admitted.Containers[ctr.Name] = kube.ContainerAnnotation
			}
			if profile := containerProfile(&done, ctr); !allows(c, profile) {
				refusals[path] = append(refusals[path], refusal(c, profile))
			}
			if kube.IsPrivileged(ctr) && !c.AllowPrivilegedContainer {
				refusals[path] = append(refusals[path], "privileged is not allowed")
			}
		})
	}
	v.Admits = v.Refusal == "" && len(refusals) == 0

	o.Admitted = admitted
	results := kube.Evaluate(&done, o).Containers
	original := map[string]string{}
	kube.Visit(&w.Spec, func(ctr *corev1.Container, _ kube.Kind, path string) {
		if original[path] = containerProfile(w, ctr); original[path] == "" && (kube.ContainerProfile(ctr) != nil || kube.PodProfile(&w.Spec) != nil) {
			original[path] = notValid
		}
	})
	i := 0
	kube.Visit(&done.Spec, func(ctr *corev1.Container, _ kube.Kind, path string) {
		v.Containers = append(v.Containers, ContainerVerdict{
			Request: original[path], Profile: containerProfile(&done, ctr), Refusals: refusals[path], Result: results[i],
		})
		i++
	})
	return v, &done
}

// complete gives the pod the profile that it asks for, as field and as annotation, or
// the default of the constraints, which it returns if it is used.
func complete(c *Constraints, w *kube.Workload) (byDefault string) {
	profile := w.Annotations[corev1.SeccompPodAnnotationKey]
	if profile == "" {
		if p := kube.PodProfile(&w.Spec); p != nil {
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
	w.Annotations[corev1.SeccompPodAnnotationKey] = profile
	kube.SetPodProfile(&w.Spec, kube.ProfileOf(profile))
	return byDefault
}

// podProfile is the pod's profile as an annotation would have it.
func podProfile(w *kube.Workload) string {
	if profile := w.Annotations[corev1.SeccompPodAnnotationKey]; profile != "" || kube.PodProfile(&w.Spec) == nil {
		return profile
	}
	return kube.NameOf(kube.PodProfile(&w.Spec))
}

// containerProfile is the profile of a container, its own or the pod's, as an
// annotation would have it.
func containerProfile(w *kube.Workload, c *corev1.Container) string {
	if p := kube.ContainerProfile(c); p != nil {
		return kube.NameOf(p)
	}
	if profile, found := w.Annotations[corev1.SeccompContainerAnnotationKeyPrefix+c.Name]; found {
		return profile
	}
	if p := kube.PodProfile(&w.Spec); p != nil {
		return kube.NameOf(p)
	}
	return w.Annotations[corev1.SeccompPodAnnotationKey]
}

// allows says whether seccompProfiles have the profile; "" is none.
func allows(c *Constraints, profile string) bool {
	list := c.SeccompProfiles
	if len(list) == 0 {
		return profile == ""
	}
	isDefault := func(s string) bool {
		return s == corev1.SeccompProfileRuntimeDefault || s == corev1.DeprecatedSeccompProfileDockerDefault
	}
	return slices.Contains(list, anyProfile) || slices.Contains(list, profile) ||
		isDefault(profile) && slices.ContainsFunc(list, isDefault)
}

func refusal(c *Constraints, profile string) string {
	switch {
	case len(c.SeccompProfiles) == 0:
		return fmt.Sprintf("%s: no profile may be set", profile)
	case profile == "":
		return "the profile is not valid"
	}
	return fmt.Sprintf("%s is not in seccompProfiles (%s)", profile, strings.Join(c.SeccompProfiles, ", "))
}
