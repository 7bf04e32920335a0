// Command openshift writes the golden file that package scc of sealctl is tested with:
// what OpenShift's own code (github.com/openshift/apiserver-library-go) makes of pods
// under SecurityContextConstraints, and the order in which it tries them. It is a module
// of its own, so that runseal's does not depend on the API server. From this directory:
//
//	D=../../cmd/sealctl/internal
//	go run . $D/kube/testdata/cases.yaml $D/scc/testdata/standard.yaml $D/scc/testdata/odd.yaml > $D/scc/testdata/openshift.json
//
// Only the part that concerns seccomp and privileged containers is compared: all other
// strategies are replaced by those that allow everything, after the order is known.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"sort"
	"strings"

	securityv1 "github.com/openshift/api/security/v1"
	"github.com/openshift/apiserver-library-go/pkg/securitycontextconstraints/sccdefaults"
	"github.com/openshift/apiserver-library-go/pkg/securitycontextconstraints/sccmatching"
	sccsort "github.com/openshift/apiserver-library-go/pkg/securitycontextconstraints/util/sort"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/core"
	podshelper "k8s.io/kubernetes/pkg/apis/core/pods"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"sigs.k8s.io/yaml"
)

type golden struct {
	Library string               `json:"library"`
	Order   []string             `json:"order"`
	Pods    map[string][]verdict `json:"pods"` // in the order of Order
}

type verdict struct {
	Pod        string   `json:"pod"`        // the field, as an annotation would have it
	Containers []string `json:"containers"` // the same, of each container in the order of Kubernetes
	Refused    []string `json:"refused,omitempty"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: openshift PODS.yaml SCC.yaml... > GOLDEN.json")
	}
	var list []*securityv1.SecurityContextConstraints
	for _, name := range args[1:] {
		err := documents(name, func(text []byte) error {
			c := &securityv1.SecurityContextConstraints{}
			list = append(list, c)
			return yaml.UnmarshalStrict(text, c)
		})
		if err != nil {
			return err
		}
	}
	for _, c := range list {
		sccdefaults.SetDefaults_SCC(c)
	}
	sort.Sort(sccsort.ByPriority(list))
	out := golden{Library: libraryVersion(), Pods: map[string][]verdict{}}
	for _, c := range list {
		out.Order = append(out.Order, c.Name)
		allowTheRest(c)
	}
	err := documents(args[0], func(text []byte) error {
		pod := &v1.Pod{}
		if err := yaml.UnmarshalStrict(text, pod); err != nil {
			return err
		}
		for _, c := range list {
			v, err := judge(c, pod.DeepCopy())
			if err != nil {
				return fmt.Errorf("%s, %s: %w", pod.Name, c.Name, err)
			}
			out.Pods[pod.Name] = append(out.Pods[pod.Name], *v)
		}
		return nil
	})
	if err != nil {
		return err
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	// A line for each pod: the file is long, but a difference is to be read.
	_, err = fmt.Println(strings.ReplaceAll(string(text), "]}],\"", "]}],\n\""))
	return err
}

func documents(name string, f func([]byte) error) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for i, text := range regexp.MustCompile(`(?m)^---\n`).Split(string(data), -1) {
		if err := f([]byte(text)); err != nil {
			return fmt.Errorf("%s, document %d: %w", name, i+1, err)
		}
	}
	return nil
}

// allowTheRest lets everything pass but what concerns seccomp and privileged containers.
func allowTheRest(c *securityv1.SecurityContextConstraints) {
	yes := true
	c.AllowHostDirVolumePlugin, c.AllowHostIPC, c.AllowHostNetwork, c.AllowHostPID, c.AllowHostPorts = true, true, true, true, true
	c.AllowPrivilegeEscalation, c.ReadOnlyRootFilesystem = &yes, false
	c.Volumes = []securityv1.FSType{securityv1.FSTypeAll}
	c.AllowedCapabilities = []v1.Capability{securityv1.AllowAllCapabilities}
	c.DefaultAddCapabilities, c.RequiredDropCapabilities = nil, nil
	c.RunAsUser = securityv1.RunAsUserStrategyOptions{Type: securityv1.RunAsUserStrategyRunAsAny}
	c.SELinuxContext = securityv1.SELinuxContextStrategyOptions{Type: securityv1.SELinuxStrategyRunAsAny}
	c.FSGroup = securityv1.FSGroupStrategyOptions{Type: securityv1.FSGroupStrategyRunAsAny}
	c.SupplementalGroups = securityv1.SupplementalGroupsStrategyOptions{Type: securityv1.SupplementalGroupsStrategyRunAsAny}
}

func judge(c *securityv1.SecurityContextConstraints, external *v1.Pod) (*verdict, error) {
	corev1.SetObjectDefaults_Pod(external)
	pod := &core.Pod{}
	if err := corev1.Convert_v1_Pod_To_core_Pod(external, pod, nil); err != nil {
		return nil, err
	}
	provider, err := sccmatching.NewSimpleProvider(c)
	if err != nil {
		return nil, err
	}
	v := &verdict{}
	errs := sccmatching.AssignSecurityContext(provider, pod, nil)
	names := map[string]string{}
	podshelper.VisitContainersWithPath(&pod.Spec, nil, func(c *core.Container, path *field.Path) bool {
		var own *core.SeccompProfile
		if c.SecurityContext != nil {
			own = c.SecurityContext.SeccompProfile
		}
		v.Containers = append(v.Containers, nameOf(own))
		names[path.String()] = c.Name
		return true
	})
	if pod.Spec.SecurityContext != nil {
		v.Pod = nameOf(pod.Spec.SecurityContext.SeccompProfile)
	}
	const annotations, container = "pod.metadata.annotations[", "container.seccomp.security.alpha.kubernetes.io/"
	for _, e := range errs {
		key, ofSeccomp := strings.CutPrefix(e.Field, annotations)
		key = strings.TrimSuffix(key, "]")
		path, ofPrivileged := strings.CutSuffix(e.Field, ".privileged")
		switch name, ofContainer := strings.CutPrefix(key, container); {
		case ofSeccomp && ofContainer:
			v.Refused = append(v.Refused, name+" seccomp")
		case ofSeccomp:
			v.Refused = append(v.Refused, "pod")
		case ofPrivileged && names[path] != "":
			v.Refused = append(v.Refused, names[path]+" privileged")
		default:
			return nil, fmt.Errorf("unexpected refusal: %w", e)
		}
	}
	slices.Sort(v.Refused)
	return v, nil
}

// nameOf spells a field like an annotation, and one that is not valid as Go does.
func nameOf(p *core.SeccompProfile) string {
	switch {
	case p == nil:
		return ""
	case p.Type == core.SeccompProfileTypeUnconfined:
		return "unconfined"
	case p.Type == core.SeccompProfileTypeRuntimeDefault:
		return "runtime/default"
	case p.Type == core.SeccompProfileTypeLocalhost && p.LocalhostProfile != nil:
		return "localhost/" + *p.LocalhostProfile
	}
	return fmt.Sprintf("invalid %q", p.Type)
}

func libraryVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if strings.HasSuffix(m.Path, "/apiserver-library-go") {
				return m.Version
			}
		}
	}
	return "unknown"
}
