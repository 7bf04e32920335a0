package kube

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What a container runs under and why, and what is said besides. Which profile the
// kubelet hands over is TestGolden's.
func TestEvaluate(t *testing.T) {
	const (
		podAnn  = "annotations: {seccomp.security.alpha.kubernetes.io/pod: %s}"
		contAnn = "annotations: {container.seccomp.security.alpha.kubernetes.io/%s: %s}"
		plain   = "containers: [{name: app}]"
		own     = "containers: [{name: app, securityContext: {seccompProfile: {type: RuntimeDefault}}}]"
		ofPod   = "securityContext: {seccompProfile: {type: RuntimeDefault}}, "
		noFx    = `has no effect: `
		since   = noFx + "Kubernetes ignores it since 1.27"
	)
	for _, c := range []struct {
		meta, spec string
		o          Options
		want       string // of the first container: effective, source, CRI, file; or outcome
		notes      []string
	}{
		{"", plain, Options{}, "Unconfined by nothing set, CRI Unconfined", nil},
		{"", plain, Options{SeccompDefault: true}, "RuntimeDefault by --seccomp-default, CRI RuntimeDefault", nil},
		{"", own, Options{}, "RuntimeDefault by container field, CRI RuntimeDefault", nil},
		{"", ofPod + plain, Options{}, "RuntimeDefault by pod field, CRI RuntimeDefault", nil},
		{"", "securityContext: {seccompProfile: {type: Localhost, localhostProfile: a/b.json}}, " + plain, Options{ProfileRoot: "/root"},
			"Localhost by pod field, CRI Localhost /root/a/b.json, file /root/a/b.json", nil},
		{"", "securityContext: {seccompProfile: {type: Localhost, localhostProfile: ''}}, " + plain, Options{},
			"not started by the kubelet: spec.securityContext.seccompProfile: kubelet: localhostProfile must be set", nil},
		{"", "securityContext: {seccompProfile: {type: x}}, " + own, Options{}, "refused by the API server", nil}, // an error of the pod, not of the container
		{"", "os: {name: windows}, " + plain, Options{SeccompDefault: true}, "not applicable", []string{"spec.os.name is windows: there is no seccomp on Windows"}},
		{"", "nodeSelector: {kubernetes.io/os: windows}, " + plain, Options{}, "Unconfined by nothing set, CRI Unconfined",
			[]string{"spec.nodeSelector chooses Windows nodes"}},

		// Privileged.
		{"", ofPod + "containers: [{name: app, securityContext: {privileged: true}}]", Options{}, "Unconfined by privileged, CRI RuntimeDefault",
			[]string{"app: the kubelet hands RuntimeDefault (pod field) to the engine, but containerd and CRI-O install no filter for a privileged container: it runs unconfined"}},
		{"", "containers: [{name: app, securityContext: {privileged: true}}]", Options{}, "Unconfined by privileged, CRI Unconfined",
			[]string{"app: no profile is set, and containerd and CRI-O install no filter"}},
		{"", "containers: [{name: app, securityContext: {privileged: true}}]", Options{SeccompDefault: true}, "Unconfined by privileged, CRI RuntimeDefault",
			[]string{"app: the kubelet hands RuntimeDefault (--seccomp-default) to the engine, but"}},
		{"", "containers: [{name: app, securityContext: {privileged: false}}]", Options{}, "Unconfined by nothing set, CRI Unconfined", nil},

		// Annotations.
		{fmt.Sprintf(podAnn, "runtime/default"), plain, Options{}, "Unconfined by nothing set, CRI Unconfined", []string{"the annotation seccomp.security.alpha.kubernetes.io/pod: \"runtime/default\" " + since}},
		{fmt.Sprintf(podAnn, "runtime/default"), plain, Options{Version: 27}, "Unconfined by nothing set, CRI Unconfined", []string{since}},
		{fmt.Sprintf(podAnn, "runtime/default"), plain, Options{Version: 26}, "RuntimeDefault by pod annotation, CRI RuntimeDefault", nil},
		{fmt.Sprintf(podAnn, "unconfined"), own, Options{Version: 19}, "RuntimeDefault by container field, CRI RuntimeDefault", nil}, // for a container without one
		{fmt.Sprintf(podAnn, "runtime/default"), ofPod + plain, Options{Version: 26}, "RuntimeDefault by pod field, CRI RuntimeDefault", []string{noFx + "the field securityContext.seccompProfile is set"}},
		{fmt.Sprintf(contAnn, "app", "localhost/x"), plain, Options{Version: 26, ProfileRoot: "/r"}, "Localhost by container annotation, CRI Localhost /r/x, file /r/x", nil},
		{fmt.Sprintf(contAnn, "app", "localhost/x"), plain, Options{}, "Unconfined by nothing set, CRI Unconfined", []string{"app: the annotation container.seccomp.security.alpha.kubernetes.io/app: \"localhost/x\" " + since}},
		{fmt.Sprintf(contAnn, "app", "runtime/default"), own, Options{Version: 26}, "RuntimeDefault by container field, CRI RuntimeDefault", []string{"app: the annotation", noFx + "the field"}},
		{fmt.Sprintf(contAnn, "gone", "unconfined"), plain, Options{Version: 26}, "Unconfined by nothing set, CRI Unconfined", []string{noFx + "there is no container of that name"}},
		{fmt.Sprintf(contAnn, "dbg", "unconfined"), ofPod + plain + ", ephemeralContainers: [{name: dbg}]", Options{Version: 26}, "RuntimeDefault by pod field, CRI RuntimeDefault",
			[]string{"dbg: the annotation", noFx + "it is never read for ephemeral containers"}},
		{fmt.Sprintf(podAnn, "'localhost/'"), plain, Options{Version: 26}, "Unconfined by nothing set, CRI Unconfined", []string{noFx + "its value is not a profile"}},
		{fmt.Sprintf(podAnn, "foo"), plain, Options{}, "refused by the API server: metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: \"foo\": must be", []string{since}},
		{"annotations: {seccomp-profile.kubernetes.cri-o.io: quay.io/x}", plain, Options{}, "Unconfined by nothing set, CRI Unconfined", []string{"the annotation seccomp-profile.kubernetes.cri-o.io is not judged here: CRI-O"}},
	} {
		in := "{apiVersion: v1, kind: Pod, metadata: {name: p, " + c.meta + "}, spec: {" + c.spec + "}}"
		list, _, err := Parse([]byte(in))
		if err != nil {
			t.Fatalf("%s: %v", in, err)
		}
		r := Evaluate(list[0], c.o)
		got := text(&r.Containers[0])
		if exact := !strings.Contains(c.want, ": "); exact && got != c.want || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s, %+v:\n%s, want\n%s", in, c.o, got, c.want)
		}
		notes := slices.Clone(r.Notes)
		for _, ctr := range r.Containers {
			for _, n := range ctr.Notes {
				notes = append(notes, ctr.Name+": "+n)
			}
		}
		said := strings.Join(notes, "\n")
		if (len(c.notes) == 0) != (said == "") {
			t.Errorf("%s, %+v: notes %q, want %q", in, c.o, notes, c.notes)
		}
		for _, n := range c.notes {
			if !strings.Contains(said, n) {
				t.Errorf("%s, %+v: notes %q, want %q", in, c.o, notes, n)
			}
		}
	}
}

func text(c *ContainerResult) string {
	if c.Outcome != Runs {
		s := string(c.Outcome)
		for _, e := range c.Errors {
			s += ": " + e.Error()
		}
		return s
	}
	s := fmt.Sprintf("%s by %s, CRI %s", c.Effective, c.Source, c.CRI.ProfileType)
	if c.CRI.LocalhostRef != "" {
		s += " " + c.CRI.LocalhostRef
	}
	if c.File != "" {
		s += ", file " + c.File
	}
	return s
}

// Paths begin at the object, and an annotation of what is no pod has no effect.
func TestEvaluateTemplate(t *testing.T) {
	list, _, err := Parse([]byte(`{apiVersion: batch/v1, kind: CronJob, metadata: {name: j, annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined}},
		spec: {jobTemplate: {spec: {template: {spec: {initContainers: [{name: i}], containers: [{name: c, securityContext: {seccompProfile: {type: Localhost}}}]}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r := Evaluate(list[0], Options{Version: 26})
	const prefix = "spec.jobTemplate.spec.template"
	want := Error{Path: prefix + ".spec.containers[0].securityContext.seccompProfile.localhostProfile", Reason: Required, Detail: "must be set when seccomp type is Localhost"}
	if len(r.Errors) != 1 || r.Errors[0] != want || len(r.Containers[0].Errors) != 0 || !slices.Equal(r.Containers[1].Errors, r.Errors) {
		t.Errorf("errors %+v, of the containers %+v", r.Errors, r.Containers)
	}
	if len(r.Notes) != 1 || r.Notes[0] != "the annotation seccomp.security.alpha.kubernetes.io/pod of the CronJob itself has no effect in any version: only those of "+prefix+".metadata reach the pods" {
		t.Errorf("notes %q", r.Notes)
	}
}

// Evaluate leaves the workload as it is: the same gives the same again.
func TestEvaluateCopies(t *testing.T) {
	more, _, err := Parse([]byte(`{apiVersion: v1, kind: Pod, metadata: {name: p, annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined,
		container.seccomp.security.alpha.kubernetes.io/a: runtime/default}}, spec: {securityContext: {}, containers: [{name: a, securityContext: {privileged: false}}, {name: b}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range append(readCases(t), more...) {
		Evaluate(w, Options{Version: 26})
		again := Evaluate(w, Options{})
		for _, c := range again.Containers {
			if c.Source == ContainerAnnotation || c.Source == PodAnnotation || w.Name == "p" && c.Source != NothingSet {
				t.Errorf("%s: %+v", w.Name, c)
			}
		}
	}
}
