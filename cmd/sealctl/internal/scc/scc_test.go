package scc

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/runseal/runseal/cmd/sealctl/internal/kube"
)

func parsePod(t *testing.T, meta, spec string) *kube.Workload {
	t.Helper()
	list, _, err := kube.Parse([]byte("{apiVersion: v1, kind: Pod, metadata: {name: p, " + meta + "}, spec: {" + spec + "}}"))
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// What the standard constraints make of pods, the first that admit it, and where the
// profile is from. That they refuse and complete as OpenShift does is TestGolden's.
func TestJudge(t *testing.T) {
	const (
		plain      = "containers: [{name: app}]"
		privileged = "containers: [{name: app, securityContext: {privileged: true}}]"
		profile    = "containers: [{name: app, securityContext: {seccompProfile: {type: %s}}}]"
	)
	standard := readConstraints(t, "testdata/standard.yaml")
	for _, c := range []struct {
		name, meta, spec string
		o                kube.Options
		admit            string // those that admit, in order
		want             string // of the container under the first
	}{
		{"nothing", "", plain, kube.Options{},
			"anyuid restricted-v2 restricted nonroot-v2 nonroot hostmount-anyuid hostnetwork-v2 hostnetwork hostaccess privileged", "asks for nothing, gets nothing: Unconfined by nothing set"},
		{"nothing, --seccomp-default", "", plain, kube.Options{SeccompDefault: true},
			"anyuid restricted-v2 restricted nonroot-v2 nonroot hostmount-anyuid hostnetwork-v2 hostnetwork hostaccess privileged", "asks for nothing, gets nothing: RuntimeDefault by --seccomp-default"},
		{"RuntimeDefault", "", fmt.Sprintf(profile, "RuntimeDefault"), kube.Options{}, "restricted-v2 nonroot-v2 hostnetwork-v2 privileged", "asks for runtime/default, gets runtime/default: RuntimeDefault by container field"},
		{"Unconfined", "", fmt.Sprintf(profile, "Unconfined"), kube.Options{}, "privileged", "asks for unconfined, gets unconfined: Unconfined by container field"},
		{"Localhost", "", fmt.Sprintf(profile, "Localhost, localhostProfile: a.json"), kube.Options{ProfileRoot: "/r"}, "privileged", "asks for localhost/a.json, gets localhost/a.json: Localhost by container field"},
		{"privileged", "", privileged, kube.Options{}, "privileged", "asks for nothing, gets nothing: Unconfined by privileged"},
		{"annotation", "annotations: {container.seccomp.security.alpha.kubernetes.io/app: docker/default}", plain, kube.Options{},
			"restricted-v2 nonroot-v2 hostnetwork-v2 privileged", "asks for docker/default, gets runtime/default: RuntimeDefault by container annotation"},
		{"annotation of the pod", "annotations: {seccomp.security.alpha.kubernetes.io/pod: runtime/default}", plain, kube.Options{},
			"restricted-v2 nonroot-v2 hostnetwork-v2 privileged", "asks for runtime/default, gets runtime/default: RuntimeDefault by pod annotation"},
		{"not valid", "", fmt.Sprintf(profile, "Foo"), kube.Options{}, "anyuid restricted nonroot hostmount-anyuid hostnetwork hostaccess privileged", "asks for (not valid), gets : refused by the API server"},
		{"windows", "", "os: {name: windows}, " + fmt.Sprintf(profile, "Unconfined"), kube.Options{},
			"anyuid restricted-v2 restricted nonroot-v2 nonroot hostmount-anyuid hostnetwork-v2 hostnetwork hostaccess privileged", "asks for unconfined, gets unconfined: refused by the API server"},
	} {
		w := parsePod(t, c.meta, c.spec)
		var admit []string
		var got string
		for _, s := range standard {
			v := Judge(s, w, c.o)
			if !v.Admits {
				continue
			}
			if admit = append(admit, s.Name); got == "" {
				ctr := v.Containers[0]
				got = fmt.Sprintf("asks for %s, gets %s: ", cmpOr(ctr.Request, "nothing"), ctr.Profile)
				if ctr.Request == "" {
					got = fmt.Sprintf("asks for nothing, gets %s: ", cmpOr(ctr.Profile, "nothing"))
				}
				if ctr.Result.Outcome == kube.Runs {
					got += fmt.Sprintf("%s by %s", ctr.Result.Effective, ctr.Result.Source)
				} else {
					got += string(ctr.Result.Outcome)
				}
			}
		}
		if strings.Join(admit, " ") != c.admit || got != c.want {
			t.Errorf("%s: %q: %s, want\n%q: %s", c.name, admit, got, c.admit, c.want)
		}
	}
}

func cmpOr(s, or string) string {
	if s == "" {
		return or
	}
	return s
}

// An unset profile becomes the first of seccompProfiles that is not "*", and says so.
func TestDefault(t *testing.T) {
	w := parsePod(t, "", "containers: [{name: app}, {name: own, securityContext: {seccompProfile: {type: RuntimeDefault}}}]")
	for _, c := range []struct {
		profiles []string
		admits   bool
		byDef    string
		want     string // of app
	}{
		{nil, false, "", "Unconfined by nothing set"},
		{[]string{"*"}, true, "", "Unconfined by nothing set"},
		{[]string{"runtime/default"}, true, "runtime/default", "RuntimeDefault by seccompProfiles"},
		{[]string{"docker/default"}, true, "docker/default", "RuntimeDefault by seccompProfiles"},
		{[]string{"*", "localhost/a.json", "unconfined"}, true, "localhost/a.json", "Localhost by seccompProfiles"},
		{[]string{"unconfined"}, false, "unconfined", "Unconfined by seccompProfiles"},
		{[]string{"foo", "*"}, true, "foo", "refused by the API server"}, // the annotation that it makes is not valid
	} {
		v := Judge(&Constraints{ObjectMeta: metav1.ObjectMeta{Name: "x"}, SeccompProfiles: c.profiles}, w, kube.Options{ProfileRoot: "/r"})
		app := v.Containers[0].Result
		got := string(app.Outcome)
		if app.Outcome == kube.Runs {
			got = string(app.Effective) + " by " + string(app.Source)
		}
		if v.Admits != c.admits || v.Default != c.byDef || got != c.want {
			t.Errorf("%q: admits %t, default %q, %s; want %+v", c.profiles, v.Admits, v.Default, got, c)
		}
	}
	if len(w.Annotations) != 0 || kube.PodProfile(&w.Spec) != nil {
		t.Errorf("Judge changed the workload: %+v", w)
	}
}

func TestReadErrors(t *testing.T) {
	const head = "{apiVersion: security.openshift.io/v1, kind: SecurityContextConstraints, metadata: {name: x}, "
	for _, c := range []struct{ in, want string }{
		{head + "seccompProfiles: runtime/default}", `document 1: SecurityContextConstraints x: seccompProfiles: "runtime/default": expected an array`},
		{head + "seccompProfiles: [1]}", "document 1: SecurityContextConstraints x: seccompProfiles[0]: 1: expected a string"},
		{head + "seccompProfile: []}", "document 1: SecurityContextConstraints x: seccompProfile: unknown field"},
		{head + "allowPrivilegedContainer: 1}", "allowPrivilegedContainer: 1: expected true or false"},
		{head + "priority: high}", `priority: "high": expected an integer`},
		{head + "allowprivilegedContainer: true}", `allowprivilegedContainer: unknown field, did you mean "allowPrivilegedContainer"`},
		{head + "runAsUser: RunAsAny}", `runAsUser: "RunAsAny": expected an object`},
		{strings.Replace(head, "{name: x}", "{}", 1) + "priority: 1}", "metadata.name: missing"},
		{"[", "document 1: yaml: "},
	} {
		list, _, err := Read([]byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) || list != nil {
			t.Errorf("%s: %v, want %s", c.in, err, c.want)
		}
	}
	list, warnings, err := Read([]byte("{apiVersion: v1, kind: List, items: [" + head + "users: [a], priority: null, new: 1}, {apiVersion: v1, kind: Pod}]}"))
	want := []string{"document 1: items[0]: SecurityContextConstraints x: unknown fields are ignored: new",
		"document 1: items[1]: Pod (v1) is skipped: it is no SecurityContextConstraints of security.openshift.io/v1"}
	if err != nil || len(list) != 1 || list[0].Name != "x" || !slices.Equal(warnings, want) {
		t.Errorf("%v, %q, %v", list, warnings, err)
	}
}

// FuzzRead: what is read can be ordered and judged.
func FuzzRead(f *testing.F) {
	f.Add([]byte("{apiVersion: security.openshift.io/v1, kind: SecurityContextConstraints, metadata: {name: x}, seccompProfiles: ['*', foo]}"), true)
	f.Add([]byte("{apiVersion: v1, kind: List, items: null}"), false)
	f.Fuzz(func(t *testing.T, data []byte, privileged bool) {
		list, _, err := Read(data)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("%q", err)
			}
			return
		}
		Sort(list)
		w := &kube.Workload{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "a", SecurityContext: &corev1.SecurityContext{Privileged: &privileged}}}}}
		for _, c := range list {
			if v := Judge(c, w, kube.Options{}); v.Admits != (v.Refusal == "" && len(v.Containers[0].Refusals) == 0) {
				t.Errorf("%+v: %+v", c, v)
			}
		}
	})
}
