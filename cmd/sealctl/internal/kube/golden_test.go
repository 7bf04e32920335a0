package kube

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// golden is what integration/kubernetes writes.
type golden struct {
	Kubernetes, ProfileRoot string
	Cases                   []struct {
		Name       string
		Errors     []goldenError
		Containers []struct {
			Name                  string
			Plain, SeccompDefault goldenProfile
		}
	}
}

type goldenError struct {
	Field, Type string
	Value       *string
	Detail      string
}

type goldenProfile struct {
	ProfileType         corev1.SeccompProfileType
	LocalhostRef, Error string
}

func readGolden(t *testing.T, version Version) *golden {
	t.Helper()
	data, err := os.ReadFile("testdata/kubernetes-" + version.String() + ".json")
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{}
	if err := json.Unmarshal(data, g); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(g.Kubernetes, "v"+version.String()+".") {
		t.Fatalf("the file is of Kubernetes %s, want %s", g.Kubernetes, version)
	}
	return g
}

func readCases(t *testing.T) []*Workload {
	t.Helper()
	data, err := os.ReadFile("testdata/cases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	list, warnings, err := Parse(data)
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	return list
}

// TestGolden compares with Kubernetes' own functions: what the API server refuses and
// with which words, and what the kubelet hands to the engine for each container, with
// and without --seccomp-default.
func TestGolden(t *testing.T) {
	workloads := readCases(t)
	for _, version := range []Version{26, Newest} {
		g := readGolden(t, version)
		if len(g.Cases) != len(workloads) || len(g.Cases) < 60 {
			t.Fatalf("Kubernetes %s: %d cases, %d pods", version, len(g.Cases), len(workloads))
		}
		for i, want := range g.Cases {
			w := workloads[i]
			if w.Name != want.Name {
				t.Fatalf("case %d is %s, want %s", i, w.Name, want.Name)
			}
			for _, seccompDefault := range []bool{false, true} {
				o := Options{Version: version, SeccompDefault: seccompDefault, ProfileRoot: g.ProfileRoot}
				r := Evaluate(w, o)
				if got := errorsOf(r); !reflect.DeepEqual(got, want.Errors) {
					t.Errorf("%s in %s: errors\n%+v\nwant\n%+v", w.Name, version, got, want.Errors)
				}
				if len(r.Containers) != len(want.Containers) {
					t.Fatalf("%s: %d containers, want %d", w.Name, len(r.Containers), len(want.Containers))
				}
				for j, c := range want.Containers {
					kubelet := c.Plain
					if seccompDefault {
						kubelet = c.SeccompDefault
					}
					checkContainer(t, w, o, r, j, kubelet)
				}
			}
		}
	}
}

// checkContainer compares a container's result with what the kubelet would do, which is
// part of the result only if the API server lets it come to that.
func checkContainer(t *testing.T, w *Workload, o Options, r *Result, i int, want goldenProfile) {
	t.Helper()
	got := r.Containers[i]
	spec := w.Spec.DeepCopy()
	if o.Version.copiesAnnotations() {
		applyAnnotations(w.Annotations, spec)
	}
	n := 0
	Visit(spec, func(c *corev1.Container, _ Kind, path string) {
		if n++; n != i+1 {
			return
		}
		p, _, _, err := kubeletProfile(spec, c, path, o)
		var raw goldenProfile
		if p != nil {
			raw = goldenProfile{ProfileType: p.ProfileType, LocalhostRef: p.LocalhostRef}
		}
		if err != nil {
			raw.Error = err.Detail
		}
		if raw != want {
			t.Errorf("%s, %s, version %s, --seccomp-default %t: %+v, want %+v", w.Name, c.Name, o.Version, o.SeccompDefault, raw, want)
		}
	})
	outcome := Runs
	switch {
	case len(r.Errors) > 0:
		outcome = Refused
	case IsWindows(&w.Spec):
		outcome = NotApplicable
	case want.Error != "":
		outcome = NotStarted
	}
	if got.Outcome != outcome {
		t.Errorf("%s, %s: outcome %q, want %q", w.Name, got.Name, got.Outcome, outcome)
	}
	if outcome != Runs {
		if got.CRI != nil || got.Effective != "" || got.File != "" {
			t.Errorf("%s, %s: %+v, want no profile: it is %s", w.Name, got.Name, got, outcome)
		}
		return
	}
	if (SecurityProfile{want.ProfileType, want.LocalhostRef}) != *got.CRI {
		t.Errorf("%s, %s: CRI %+v, want %+v", w.Name, got.Name, got.CRI, want)
	}
	effective := want.ProfileType
	if got.Privileged {
		effective = Unconfined
	}
	if got.Effective != effective || got.Privileged != (got.Source == PrivilegedContainer) {
		t.Errorf("%s, %s: %s by %s, want %s", w.Name, got.Name, got.Effective, got.Source, effective)
	}
}

func errorsOf(r *Result) (list []goldenError) {
	for _, e := range r.Errors {
		g := goldenError{e.Path, string(e.Reason), e.Value, e.Detail}
		if e.Detail == "can only be set when seccomp type is Localhost" {
			g.Value = nil // there it is the whole structure
		}
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b goldenError) int {
		return strings.Compare(a.Field+a.Type+a.Detail, b.Field+b.Type+b.Detail)
	})
	return list
}
