package deploy

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	node1 "k8s.io/api/node/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// strictly decodes a manifest; unknown and repeated fields are errors.
func strictly(t *testing.T, name string, into any) {
	t.Helper()
	if err := decode([]byte(read(t, source("kubernetes/"+name))), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// decode is what the API server does with fieldValidation=Strict.
func decode(text []byte, into any) error {
	data, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return err
	}
	strict, err := json.UnmarshalStrict(data, into)
	return errors.Join(append(strict, err)...)
}

func TestManifests(t *testing.T) {
	var class node1.RuntimeClass
	strictly(t, "runtimeclass.yaml", &class)
	if class.APIVersion != "node.k8s.io/v1" || class.Kind != "RuntimeClass" || class.Handler != "runseal" {
		t.Errorf("runtimeclass.yaml is %s %s for %q", class.APIVersion, class.Kind, class.Handler)
	}
	var pod core.Pod
	strictly(t, "pod.yaml", &pod)
	if pod.Spec.RuntimeClassName == nil || *pod.Spec.RuntimeClassName != class.Name {
		t.Errorf("pod.yaml has the runtime class %v, expected %s", pod.Spec.RuntimeClassName, class.Name)
	}
	var selectors []string
	for file, verb := range map[string]string{"daemonset.yaml": "install", "uninstall.yaml": "uninstall"} {
		var set apps.DaemonSet
		strictly(t, file, &set)
		if set.APIVersion != "apps/v1" || set.Kind != "DaemonSet" || set.Name != "runseal-"+verb {
			t.Errorf("%s is %s %s %s", file, set.APIVersion, set.Kind, set.Name)
		}
		for k, v := range set.Spec.Selector.MatchLabels {
			if set.Spec.Template.Labels[k] != v {
				t.Errorf("%s: the selector's %s=%s is not among the labels of the pod", file, k, v)
			}
			selectors = append(selectors, k+"="+v)
		}
		spec := set.Spec.Template.Spec
		for k, v := range class.Scheduling.NodeSelector {
			if spec.NodeSelector[k] != v {
				t.Errorf("%s: goes to other nodes than the pods of the runtime class", file)
			}
		}
		if spec.HostPID || spec.HostNetwork || spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken {
			t.Errorf("%s: the pod has more than the node's files", file)
		}
		c := spec.InitContainers[0]
		if want := []string{"/runseal/install.sh", verb}; !slices.Equal(c.Command, want) {
			t.Errorf("%s: %q, expected %q", file, c.Command, want)
		}
		if len(c.VolumeMounts) != 1 || c.VolumeMounts[0].MountPath != "/host" || spec.Volumes[0].HostPath.Path != "/" {
			t.Errorf("%s: mounts %v of %v", file, c.VolumeMounts, spec.Volumes)
		}
		if idle := spec.Containers[0]; idle.SecurityContext.Privileged != nil || len(idle.VolumeMounts) != 0 {
			t.Errorf("%s: the container that stays has %v, %v", file, idle.SecurityContext, idle.VolumeMounts)
		}
		if c.Image != spec.Containers[0].Image {
			t.Errorf("%s: two images", file)
		}
	}
	// A DaemonSet would take the other's pods for its own.
	if slices.Sort(selectors); len(selectors) != 4 || selectors[0] == selectors[1] {
		t.Errorf("the DaemonSets select pods by %q", selectors)
	}
}

// kustomization.yaml lists files that exist; its own types are not worth a module.
func TestKustomization(t *testing.T) {
	var k struct {
		APIVersion string   `json:"apiVersion"`
		Kind       string   `json:"kind"`
		Resources  []string `json:"resources"`
		Images     []struct {
			Name   string `json:"name"`
			NewTag string `json:"newTag"`
		} `json:"images"`
	}
	strictly(t, "kustomization.yaml", &k)
	if k.Kind != "Kustomization" || len(k.Resources) != 2 {
		t.Errorf("kustomization.yaml is a %s of %q", k.Kind, k.Resources)
	}
	for _, r := range k.Resources {
		if text := read(t, source(filepath.Join("kubernetes", r))); r == "daemonset.yaml" && !strings.Contains(text, "image: "+k.Images[0].Name+":"+k.Images[0].NewTag) {
			t.Errorf("%s has no image %v", r, k.Images[0])
		}
	}
}

// What a manifest says wrongly is seen.
func TestStrict(t *testing.T) {
	text := []byte(read(t, source("kubernetes/daemonset.yaml")))
	for old, new := range map[string]string{"hostPath:": "hostpath:", "nodeSelector:": "nodeSelectors:", "privileged: true": "privileged: 1"} {
		var set apps.DaemonSet
		if decode(bytes.Replace(text, []byte(old), []byte(new), 1), &set) == nil {
			t.Errorf("%q is accepted", new)
		}
	}
}
