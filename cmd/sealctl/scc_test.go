package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sccFile has three constraints, in another order than OpenShift's.
const sccFile = `apiVersion: v1
kind: List
items:
- {apiVersion: security.openshift.io/v1, kind: SecurityContextConstraints, metadata: {name: privileged},
   allowPrivilegedContainer: true, seccompProfiles: ['*']}
- {apiVersion: security.openshift.io/v1, kind: SecurityContextConstraints, metadata: {name: restricted}}
- {apiVersion: security.openshift.io/v1, kind: SecurityContextConstraints, metadata: {name: restricted-v2},
   requiredDropCapabilities: [ALL], seccompProfiles: [runtime/default]}
`

func writeSCC(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "scc.yaml")
	if err := os.WriteFile(name, []byte(sccFile), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func onePod(spec string) string {
	return "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {" + spec + "}}"
}

func TestSCC(t *testing.T) {
	file := writeSCC(t)
	for _, c := range []struct {
		spec   string
		status int
		want   string // without the last line
	}{
		{"containers: [{name: app}]", 0, `Pod p (standard input, document 1)
  app asks for nothing
  CONSTRAINTS    PRIORITY  ADMITS  CONTAINER  RUNS UNDER      BECAUSE
  restricted-v2  0         yes     app        RuntimeDefault  seccompProfiles give runtime/default
  restricted     0         yes     app        Unconfined      nothing set
  privileged     0         yes     app        Unconfined      nothing set
  first that admits the pod: restricted-v2
`},
		{"containers: [{name: app, securityContext: {privileged: true}}, {name: side}]", 0, `Pod p (standard input, document 1)
  app asks for nothing, privileged
  side asks for nothing
  CONSTRAINTS    PRIORITY  ADMITS  CONTAINER  RUNS UNDER  BECAUSE
  restricted-v2  0         no      app        -           privileged is not allowed
                                   side       -           another container is refused
  restricted     0         no      app        -           privileged is not allowed
                                   side       -           another container is refused
  privileged     0         yes     app        Unconfined  privileged
                                   side       Unconfined  nothing set
  first that admits the pod: privileged
  note: app: no profile is set, and containerd and CRI-O install no filter for a privileged container: it runs unconfined
`},
		{"securityContext: {seccompProfile: {type: Unconfined}}, containers: [{name: app, securityContext: {seccompProfile: {type: Localhost, localhostProfile: ''}}}]", 1, `Pod p (standard input, document 1)
  app asks for localhost/
  CONSTRAINTS    PRIORITY  ADMITS  CONTAINER  RUNS UNDER  BECAUSE
  restricted-v2  0         no      app        -           pod: unconfined is not in seccompProfiles (runtime/default); localhost/ is not in seccompProfiles (runtime/default)
  restricted     0         no      app        -           pod: unconfined: no profile may be set; localhost/: no profile may be set
  privileged     0         yes     app        -           not started by the kubelet
  first that admits the pod: privileged
  error: app: spec.containers[0].securityContext.seccompProfile: kubelet: localhostProfile must be set if seccompProfile type is Localhost.
`},
		{"os: {name: windows}, containers: [{name: app}]", 0, `Pod p (standard input, document 1)
  note: spec.os.name is windows: OpenShift asks no constraints, and there is no seccomp
`},
	} {
		want := c.want + "\n" + sccScope + "\n"
		status, stdout, stderr := sealctl(onePod(c.spec), "scc", file, "--pod", "-")
		if status != c.status || stderr != "" || stdout != want {
			t.Errorf("%s: status %d\n%s%swant\n%s", c.spec, status, stdout, stderr, want)
		}
		if again, out, _ := sealctl(onePod(c.spec), "scc", "--pod", "-", file); again != status || out != stdout {
			t.Errorf("%s: another answer with --pod in front", c.spec)
		}
	}
}

func TestSCCJSON(t *testing.T) {
	status, stdout, stderr := sealctl(onePod("containers: [{name: app}]"), "scc", "-o", "json", writeSCC(t), "--pod=-")
	var r struct {
		Scope     string
		Workloads []struct {
			First       string
			Constraints []struct {
				Constraints, Default string
				Admits               bool
				Containers           []struct {
					Request, Profile string
					Result           struct{ Effective, Source string }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || status != 0 || stderr != "" || len(r.Workloads) != 1 || r.Scope != sccScope {
		t.Fatalf("status %d, %v, %s%s", status, err, stdout, stderr)
	}
	w := r.Workloads[0]
	_, stdout, _ = sealctl(onePod("os: {name: windows}, containers: [{name: app}]"), "scc", "-o", "json", writeSCC(t), "--pod=-")
	if !strings.Contains(stdout, "\"windows\": true") || !strings.Contains(stdout, "\"constraints\": []") || strings.Contains(stdout, "first") {
		t.Errorf("Windows: %s", stdout)
	}
	if c := w.Constraints[0]; w.First != "restricted-v2" || c.Constraints != w.First || !c.Admits || c.Default != "runtime/default" ||
		c.Containers[0].Request != "" || c.Containers[0].Profile != "runtime/default" || c.Containers[0].Result.Source != "seccompProfiles" {
		t.Errorf("%+v", w)
	}
}

// A pod that no constraints admit is not created.
func TestSCCNone(t *testing.T) {
	strict := strings.Replace(sccFile, "'*'", "runtime/default", 1)
	pod := filepath.Join(t.TempDir(), "pod.yaml")
	if err := os.WriteFile(pod, []byte(onePod("containers: [{name: app, securityContext: {seccompProfile: {type: Unconfined}}}]")), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := sealctl(strict, "scc", "--pod", pod, "-")
	if status != 1 || stderr != "" || !strings.Contains(stdout, "  error: no constraints admit the pod: it is not created\n") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
}

// Only the constraints that are taken count: that others would make a pod of it that the
// API server refuses is no error.
func TestSCCFirstCounts(t *testing.T) {
	other := "---\n{apiVersion: security.openshift.io/v1, kind: SecurityContextConstraints, metadata: {name: other}, priority: %, seccompProfiles: [foo]}\n"
	pod := filepath.Join(t.TempDir(), "pod.yaml")
	if err := os.WriteFile(pod, []byte(onePod("containers: [{name: app}]")), 0o600); err != nil {
		t.Fatal(err)
	}
	for priority, want := range map[string]int{"-1": 0, "1": 1} {
		status, stdout, stderr := sealctl(sccFile+strings.Replace(other, "%", priority, 1), "scc", "--pod", pod, "-")
		if status != want || stderr != "" || !strings.Contains(stdout, "refused by the API server") {
			t.Errorf("priority %s: status %d, want %d\n%s%s", priority, status, want, stdout, stderr)
		}
	}
}

func TestSCCTrouble(t *testing.T) {
	file := writeSCC(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "scc takes FILEs with SecurityContextConstraints, got none"},
		{[]string{file}, "--pod: missing, expected a file with a workload"},
		{[]string{file, "--pod"}, "flag needs an argument: -pod"},
		{[]string{"--pod", "-", "-"}, "expected at most one file from standard input, got 2"},
		{[]string{"--pod", "-", file, file}, file + ": SecurityContextConstraints privileged is there twice, first in " + file},
		{[]string{"--pod", file, "-"}, "-: no SecurityContextConstraints"},
		{[]string{"--pod", "-", "-o", "table", file}, `--output "table": expected one of text, json, yaml`},
	} {
		status, stdout, stderr := sealctl(onePod("containers: [{name: app}]"), append([]string{"scc"}, c.args...)...)
		lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
		if status != 2 || stdout != "" || lines[len(lines)-1] != "sealctl: "+c.want {
			t.Errorf("%q: status %d, %q, %q, want %q", c.args, status, stdout, stderr, c.want)
		}
	}
}

// Of several --pod files one may have no workload.
func TestSCCFileWithoutWorkload(t *testing.T) {
	file := writeSCC(t)
	_, alone, _ := sealctl(onePod("containers: [{name: app}]"), "scc", "--pod", "-", file)
	status, stdout, stderr := sealctl(onePod("containers: [{name: app}]"), "scc", "--pod", file, "--pod", "-", file)
	if status != 0 || stdout != alone || strings.Count(stderr, "is skipped") != 3 {
		t.Errorf("status %d\n%s%swant\n%s", status, stderr, stdout, alone)
	}
}
