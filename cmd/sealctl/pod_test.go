package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const workloads = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {annotations: {container.seccomp.security.alpha.kubernetes.io/app: unconfined}}
    spec:
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      initContainers:
      - {name: setup, securityContext: {privileged: true}}
      containers:
      - {name: app}
      - {name: proxy, securityContext: {seccompProfile: {type: Localhost, localhostProfile: proxy.json}}}
---
apiVersion: v1
kind: Pod
metadata: {name: plain}
spec:
  containers: [{name: app}]
  ephemeralContainers: [{name: debug}]
`

func TestPod(t *testing.T) {
	status, stdout, stderr := sealctl(workloads, "pod", "--seccomp-profile-root", "/profiles", "-")
	want := `Deployment shop/web (standard input, document 1)
  CONTAINER     RUNS UNDER      FROM             CRI             FILE
  setup (init)  Unconfined      privileged       RuntimeDefault  none
  app           RuntimeDefault  pod field        RuntimeDefault  the engine's own profile
  proxy         Localhost       container field  Localhost       /profiles/proxy.json
  note: setup: the kubelet hands RuntimeDefault (pod field) to the engine, but containerd and CRI-O install no filter for a privileged container: it runs unconfined
  note: app: the annotation container.seccomp.security.alpha.kubernetes.io/app: "unconfined" has no effect: Kubernetes ignores it since 1.27; securityContext.seccompProfile is the field for it

Pod plain (standard input, document 2)
  CONTAINER          RUNS UNDER  FROM         CRI         FILE
  app                Unconfined  nothing set  Unconfined  none
  debug (ephemeral)  Unconfined  nothing set  Unconfined  none
`
	if status != 0 || stderr != "" || stdout != want {
		t.Errorf("status %d\n%s%swant\n%s", status, stdout, stderr, want)
	}

	status, stdout, stderr = sealctl(workloads, "pod", "--seccomp-default", "--kubernetes-version", "v1.26.3", "-")
	for _, line := range []string{
		"  app           Unconfined  container annotation  Unconfined      none\n",
		"  debug (ephemeral)  RuntimeDefault  --seccomp-default  RuntimeDefault  the engine's own profile\n",
	} {
		if !strings.Contains(stdout, line) {
			t.Errorf("status %d, no %q in\n%s%s", status, line, stdout, stderr)
		}
	}
}

// JSON and YAML say the same, and more than the table.
func TestPodForms(t *testing.T) {
	status, stdout, stderr := sealctl(workloads, "pod", "-o", "json", "-")
	var r struct {
		KubernetesVersion string
		Workloads         []struct {
			File, Kind, Namespace, Name string
			Document                    int
			Containers                  []struct {
				Name, Kind, Path, Outcome, Effective, Source, CRISource, File string
				Privileged                                                    bool
				CRI                                                           struct{ ProfileType, LocalhostRef string }
				Notes                                                         []string
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || status != 0 || stderr != "" || len(r.Workloads) != 2 {
		t.Fatalf("status %d, %v, %s%s", status, err, stdout, stderr)
	}
	if w := r.Workloads[0]; r.KubernetesVersion != "1.36" || w.File != "standard input" || w.Document != 1 || w.Kind != "Deployment" || w.Namespace != "shop" || w.Name != "web" {
		t.Errorf("%+v", r)
	}
	if c := r.Workloads[0].Containers[0]; c.Name != "setup" || c.Kind != "init" || c.Path != "spec.template.spec.initContainers[0]" || c.Outcome != "runs" ||
		c.Effective != "Unconfined" || c.Source != "privileged" || c.CRI.ProfileType != "RuntimeDefault" || c.CRISource != "pod field" || !c.Privileged || len(c.Notes) != 1 {
		t.Errorf("%+v", c)
	}
	if c := r.Workloads[0].Containers[2]; c.File != "/var/lib/kubelet/seccomp/proxy.json" || c.CRI.LocalhostRef != c.File {
		t.Errorf("%+v", c)
	}
	_, asYAML, _ := sealctl(workloads, "pod", "-o", "yaml", "-")
	back, err := yaml.YAMLToJSON([]byte(asYAML))
	if err != nil || compact(t, string(back)) != compact(t, stdout) {
		t.Errorf("%v\n%s", err, asYAML)
	}
}

// compact sorts the names of objects, too.
func compact(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// What is refused is said below the container, and gives status 1.
func TestPodRefused(t *testing.T) {
	const head = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {"
	for _, c := range []struct {
		spec string
		want []string // lines
	}{
		{"securityContext: {seccompProfile: {type: Localhost, localhostProfile: /etc/x}}, containers: [{name: a}, {name: b, securityContext: {seccompProfile: {type: Foo}}}]", []string{
			"  a          (refused by the API server)  -     -    -",
			"  b          (refused by the API server)  -     -    -",
			`  error: a: spec.securityContext.seccompProfile.localhostProfile: Invalid value: "/etc/x": must be a relative path`,
			`  error: b: spec.containers[1].securityContext.seccompProfile.type: Unsupported value: "Foo": supported values: "Localhost", "RuntimeDefault", "Unconfined"`,
		}},
		{"containers: [{name: a, securityContext: {seccompProfile: {type: Localhost, localhostProfile: ''}}}, {name: b}]", []string{
			"  a          (not started by the kubelet)  -            -           -",
			"  b          Unconfined                    nothing set  Unconfined  none",
			"  error: a: spec.containers[0].securityContext.seccompProfile: kubelet: localhostProfile must be set if seccompProfile type is Localhost.",
		}},
		{"securityContext: {seccompProfile: {}}, containers: [{name: a, securityContext: {seccompProfile: {type: Unconfined}}}]", []string{
			"  error: spec.securityContext.seccompProfile.type: Required value: type is required when seccompProfile is set",
		}},
		{"os: {name: windows}, securityContext: {seccompProfile: {type: Unconfined}}, containers: [{name: a}]", []string{
			"  error: a: spec.securityContext.seccompProfile: Forbidden: cannot be set for a windows pod",
			"  note: spec.os.name is windows: there is no seccomp on Windows",
		}},
	} {
		status, stdout, stderr := sealctl(head+c.spec+"}}", "pod", "-")
		if status != 1 || stderr != "" {
			t.Errorf("%s: status %d, %s", c.spec, status, stderr)
		}
		for _, line := range c.want {
			if !strings.Contains(stdout, line+"\n") {
				t.Errorf("%s: no %q in\n%s", c.spec, line, stdout)
			}
		}
		if status, _, _ := sealctl(head+c.spec+"}}", "pod", "-o", "json", "-"); status != 1 {
			t.Errorf("%s: status %d with JSON", c.spec, status)
		}
	}
}

func TestPodTrouble(t *testing.T) {
	dir := t.TempDir()
	service := filepath.Join(dir, "service.yaml")
	if err := os.WriteFile(service, []byte("{apiVersion: v1, kind: Service, metadata: {name: s}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string // last line
	}{
		{nil, "pod takes FILEs, got none"},
		{[]string{"-o", "table", "-"}, `--output "table": expected one of text, json, yaml`},
		{[]string{"--kubernetes-version", "1.18", "-"}, `--kubernetes-version: version "1.18": expected 1.19 or later, such as 1.26: before there were no fields for seccomp`},
		{[]string{"--kubernetes-version", "1.21", "--seccomp-default", "-"}, "--seccomp-default: the kubelet of Kubernetes 1.21 has no such flag, expected 1.22 or later"},
		{[]string{"--seccomp-profile-root", "x", "-"}, `--seccomp-profile-root "x": expected an absolute path on the node`},
		{[]string{filepath.Join(dir, "missing")}, "open " + filepath.Join(dir, "missing") + ": no such file or directory"},
		{[]string{service}, service + ": no workload, expected a Pod or an object that makes pods"},
	} {
		status, stdout, stderr := sealctl(workloads, append([]string{"pod"}, c.args...)...)
		lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
		if status != 2 || stdout != "" || lines[len(lines)-1] != "sealctl: "+c.want {
			t.Errorf("%q: status %d, %q, %q, want %q", c.args, status, stdout, stderr, c.want)
		}
	}
	status, _, stderr := sealctl(strings.Replace(workloads, "type: RuntimeDefault", "typ: RuntimeDefault", 1), "pod", "-")
	if want := "sealctl: standard input: document 1: Deployment shop/web: spec.template.spec.securityContext.seccompProfile.typ: unknown field, expected type or localhostProfile\n"; status != 2 || stderr != want {
		t.Errorf("status %d, %q, want %q", status, stderr, want)
	}
}

// Of several files one may have no workload, as in "sealctl pod *.yaml"; if none has one,
// nothing was checked.
func TestPodFilesWithoutWorkload(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"service.yaml":       "{apiVersion: v1, kind: Service, metadata: {name: s}}",
		"empty.yaml":         "# nothing yet\n",
		"kustomization.yaml": "resources: [web.yaml]\n", // kustomize needs no kind
		"values.yaml":        "image: busybox\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const (
		service = "sealctl: warning: service.yaml: document 1: Service s (v1) is skipped: it has no pods that are read here\n"
		empty   = "sealctl: warning: empty.yaml: no workload\n"
		kustom  = "sealctl: warning: kustomization.yaml is skipped: kustomize reads it, and the cluster does not\n"
		none    = ": no workload, expected a Pod or an object that makes pods\n"
	)
	_, alone, _ := sealctl(workloads, "pod", "-")
	for _, c := range []struct {
		files  []string
		status int
		stderr string
	}{
		{[]string{"service.yaml", "-"}, 0, service},
		{[]string{"-", "service.yaml", "empty.yaml", "kustomization.yaml"}, 0, service + empty + kustom},
		{[]string{"service.yaml"}, 2, service + "sealctl: service.yaml" + none},
		{[]string{"kustomization.yaml"}, 2, kustom + "sealctl: kustomization.yaml" + none},
		{[]string{"empty.yaml"}, 2, "sealctl: empty.yaml" + none},
		{[]string{"service.yaml", "empty.yaml"}, 2, service + empty + "sealctl: service.yaml, empty.yaml" + none},
		// What cannot be read at all stays an error.
		{[]string{"-", "values.yaml"}, 2, "sealctl: values.yaml: document 1: kind: missing, expected an object of Kubernetes\n"},
	} {
		want := alone
		if c.status == 2 {
			want = ""
		}
		status, stdout, stderr := sealctl(workloads, append([]string{"pod"}, c.files...)...)
		// The workloads have warnings of their own.
		stderr = strings.Join(slices.DeleteFunc(strings.SplitAfter(stderr, "\n"), func(l string) bool {
			return strings.Contains(l, "warning: standard input: ")
		}), "")
		if status != c.status || stdout != want || stderr != c.stderr {
			t.Errorf("%q: status %d, want %d\n%swant\n%s%swant\n%s", c.files, status, c.status, stderr, c.stderr, stdout, want)
		}
	}
}

// Names of a manifest that a terminal would act on, or that would pass for lines.
func TestPodHostileNames(t *testing.T) {
	manifest := `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p\u001b[2J","namespace":"n\nPod q"},"spec":{"containers":[{"name":"a\u001b]0;x\u0007\nb","image":"i"}]}}`
	status, stdout, stderr := sealctl(manifest, "pod", "-")
	if strings.ContainsAny(stdout+stderr, "\x1b\x07") || strings.Contains(stdout, "\nPod q") || strings.Contains(stdout, "\nb") {
		t.Errorf("status %d, %q, %q", status, stdout, stderr)
	}
	if !strings.Contains(stdout+stderr, `\x1b`) {
		t.Errorf("the name is not there: %q, %q", stdout, stderr)
	}
}
