package scc

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/runseal/runseal/cmd/sealctl/internal/kube"
)

// golden is what integration/openshift writes.
type golden struct {
	Library string
	Order   []string
	Pods    map[string][]goldenVerdict
}

type goldenVerdict struct {
	Pod        string
	Containers []string
	Refused    []string
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readConstraints(t *testing.T, names ...string) []*Constraints {
	t.Helper()
	var all []*Constraints
	for _, name := range names {
		list, warnings, err := Read(readFile(t, name))
		if err != nil || len(warnings) > 0 {
			t.Fatal(name, warnings, err)
		}
		all = append(all, list...)
	}
	Sort(all)
	return all
}

// TestGolden compares with OpenShift's own code: the order of the constraints, and for
// each pod and all of them what becomes of its fields, and who refuses what.
func TestGolden(t *testing.T) {
	var g golden
	if err := json.Unmarshal(readFile(t, "testdata/openshift.json"), &g); err != nil {
		t.Fatal(err)
	}
	list := readConstraints(t, "testdata/standard.yaml", "testdata/odd.yaml")
	var order []string
	for _, c := range list {
		order = append(order, c.Name)
	}
	if !slices.Equal(order, g.Order) {
		t.Errorf("order %q, want %q", order, g.Order)
	}
	pods, _, err := kube.Parse(readFile(t, "../kube/testdata/cases.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(pods) != len(g.Pods) || len(pods) < 60 {
		t.Fatalf("%d pods, want %d", len(pods), len(g.Pods))
	}
	for _, w := range pods {
		if kube.IsWindows(&w.Spec) {
			continue // the admission plugin does not come to the code that is compared
		}
		for i, c := range list {
			v, done := judge(c, w, kube.Options{})
			got := goldenVerdict{Pod: fieldName(kube.PodProfile(&done.Spec))}
			if v.Refusal != "" {
				got.Refused = append(got.Refused, "pod")
			}
			n := 0
			kube.Visit(&done.Spec, func(ctr *corev1.Container, _ kube.Kind, _ string) {
				got.Containers = append(got.Containers, fieldName(kube.ContainerProfile(ctr)))
				for _, r := range v.Containers[n].Refusals {
					what := " seccomp"
					if strings.HasPrefix(r, "privileged") {
						what = " privileged"
					}
					got.Refused = append(got.Refused, ctr.Name+what)
				}
				n++
			})
			slices.Sort(got.Refused)
			if want := g.Pods[w.Name][i]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s under %s: %+v, want %+v", w.Name, c.Name, got, want)
			}
			if v.Admits != (len(got.Refused) == 0) {
				t.Errorf("%s under %s: admits %t, refused %q", w.Name, c.Name, v.Admits, got.Refused)
			}
		}
	}
}

// fieldName spells a field as the golden file has it.
func fieldName(p *corev1.SeccompProfile) string {
	if p == nil {
		return ""
	}
	if name := kube.NameOf(p); name != "" {
		return name
	}
	return fmt.Sprintf("invalid %q", p.Type)
}
