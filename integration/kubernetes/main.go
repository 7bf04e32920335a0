package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/kubernetes/pkg/apis/core"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	"sigs.k8s.io/yaml"
)

// golden is the file that is written.
type golden struct {
	Kubernetes  string       `json:"kubernetes"`  // version of the module k8s.io/kubernetes
	ProfileRoot string       `json:"profileRoot"` // of the kubelet
	Cases       []goldenCase `json:"cases"`
}

type goldenCase struct {
	Name       string            `json:"name"`
	Errors     []goldenError     `json:"errors,omitempty"` // of the API server, about seccomp
	Containers []goldenContainer `json:"containers"`
}

type goldenError struct {
	Field  string  `json:"field"`
	Type   string  `json:"type"`
	Value  *string `json:"value,omitempty"` // if it is a string
	Detail string  `json:"detail"`
}

type goldenContainer struct {
	Name           string        `json:"name"`
	Plain          goldenProfile `json:"plain"`          // of a kubelet without --seccomp-default
	SeccompDefault goldenProfile `json:"seccompDefault"` // and with it
}

type goldenProfile struct {
	ProfileType  string `json:"profileType,omitempty"`
	LocalhostRef string `json:"localhostRef,omitempty"`
	Error        string `json:"error,omitempty"` // of the kubelet
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("usage: %s CASES.yaml > GOLDEN.json", os.Args[0])
	}
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	k, err := newKubelet()
	if err != nil {
		return err
	}
	out := golden{Kubernetes: moduleVersion(), ProfileRoot: "/fakeSeccompProfileRoot"}
	for i, text := range regexp.MustCompile(`(?m)^---\n`).Split(string(data), -1) {
		pod := &v1.Pod{}
		if err := yaml.UnmarshalStrict([]byte(text), pod); err != nil {
			return fmt.Errorf("document %d: %w", i, err)
		}
		c, err := judge(k, pod)
		if err != nil {
			return fmt.Errorf("%s: %w", pod.Name, err)
		}
		out.Cases = append(out.Cases, *c)
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", " ")
	return e.Encode(out)
}

// judge does what API server and kubelet do, one after the other.
func judge(k *kubelet, pod *v1.Pod) (*goldenCase, error) {
	corev1.SetObjectDefaults_Pod(pod)
	internal := &core.Pod{}
	if err := corev1.Convert_v1_Pod_To_core_Pod(pod, internal, nil); err != nil {
		return nil, err
	}
	// A pod is created without ephemeral containers; they come later, by a request
	// of their own.
	ephemeral := internal.Spec.EphemeralContainers
	internal.Spec.EphemeralContainers = nil
	prepareForCreate(internal)
	internal.Spec.EphemeralContainers = ephemeral

	c := &goldenCase{Name: pod.Name}
	for _, e := range validation.ValidatePodCreate(internal, validation.PodValidationOptions{}) {
		if strings.Contains(strings.ToLower(e.Field), "seccomp") {
			c.Errors = append(c.Errors, errorOf(e))
		}
	}
	slices.SortFunc(c.Errors, func(a, b goldenError) int {
		return strings.Compare(a.Field+a.Type+a.Detail, b.Field+b.Type+b.Detail)
	})
	stored := &v1.Pod{}
	if err := corev1.Convert_core_Pod_To_v1_Pod(internal, stored, nil); err != nil {
		return nil, err
	}
	add := func(name string, sc *v1.SecurityContext) {
		profile := func(seccompDefault bool) goldenProfile {
			return profileOf(k.seccompProfile(stored.Annotations, name, stored.Spec.SecurityContext, sc, seccompDefault))
		}
		c.Containers = append(c.Containers, goldenContainer{name, profile(false), profile(true)})
	}
	for i := range stored.Spec.InitContainers {
		add(stored.Spec.InitContainers[i].Name, stored.Spec.InitContainers[i].SecurityContext)
	}
	for i := range stored.Spec.Containers {
		add(stored.Spec.Containers[i].Name, stored.Spec.Containers[i].SecurityContext)
	}
	for i := range stored.Spec.EphemeralContainers {
		add(stored.Spec.EphemeralContainers[i].Name, stored.Spec.EphemeralContainers[i].SecurityContext)
	}
	return c, nil
}

func errorOf(e *field.Error) goldenError {
	g := goldenError{Field: e.Field, Type: e.Type.String(), Detail: e.Detail}
	if v := reflect.ValueOf(e.BadValue); v.IsValid() && v.Kind() == reflect.String {
		s := v.String()
		if e.Type == field.ErrorTypeInvalid || e.Type == field.ErrorTypeNotSupported {
			g.Value = &s
		}
	}
	return g
}

func profileOf(p *runtimeapi.SecurityProfile, err error) goldenProfile {
	if err != nil {
		return goldenProfile{Error: err.Error()}
	}
	return goldenProfile{ProfileType: p.ProfileType.String(), LocalhostRef: p.LocalhostRef}
}

// moduleVersion is the version of k8s.io/kubernetes that this program is built from.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, m := range info.Deps {
			if m.Path == "k8s.io/kubernetes" {
				return m.Version
			}
		}
	}
	return "unknown"
}
