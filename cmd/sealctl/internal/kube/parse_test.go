package kube

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pod makes a Pod of the text of its spec.
func pod(spec string) string {
	return "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: ns}, spec: {" + spec + "}}"
}

func TestDocuments(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string // "number:JSON"
	}{
		{"", nil},
		{"# only a comment\n", nil},
		{"a: 1", []string{`1:{"a":1}`}},
		{"---\na: 1\n---\nb: 2\n", []string{`1:{"a":1}`, `2:{"b":2}`}},
		{"# head\n---\na: 1\n---\n---\n# nothing\n---\nb: 2", []string{`1:{"a":1}`, `4:{"b":2}`}},
		{"%YAML 1.1\n---\na: 1\n...\n---\nb: 2", []string{`1:{"a":1}`, `2:{"b":2}`}},
		{"--- {a: 1}\n---\tb\n", []string{`1:{"a":1}`, `2:"b"`}},
		{"\ufeffa: 1\r\n---\r\nb: 2\r\n", []string{`1:{"a":1}`, `2:{"b":2}`}},
		{"a: |\n  x\n  ---\n  y\n---- : 3\n", []string{`1:{"----":3,"a":"x\n---\ny\n"}`}},
		{`{"a": 1}`, []string{`1:{"a": 1}`}},
		{"{\"a\":\t1} {\"b\":2}\n---\n{\"c\":3}", []string{"1:{\"a\":\t1}", `2:{"b":2}`, `3:{"c":3}`}},
		{"{a: 1}\n---\n[b]", []string{`1:{"a":1}`, `2:["b"]`}},
	} {
		docs, err := Documents([]byte(c.in))
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
		}
		var got []string
		for _, d := range docs {
			got = append(got, string(rune('0'+d.Number))+":"+string(d.JSON))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

// Each kind has its pod in its place.
func TestParseKinds(t *testing.T) {
	const template = "{metadata: {annotations: {a: b}}, spec: {containers: [{name: c}], initContainers: null}}"
	for _, c := range []struct{ in, prefix string }{
		{"{apiVersion: v1, kind: Pod, metadata: {name: x, annotations: {a: b}}, spec: {containers: [{name: c}]}}", ""},
		{"{apiVersion: v1, kind: ReplicationController, metadata: {name: x}, spec: {template: " + template + "}}", "spec.template"},
		{"{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {replicas: 3, template: " + template + "}}", "spec.template"},
		{"{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: x}, spec: {template: " + template + "}}", "spec.template"},
		{"{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: x}, spec: {template: " + template + "}}", "spec.template"},
		{"{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: x}, spec: {template: " + template + "}}", "spec.template"},
		{"{apiVersion: batch/v1, kind: Job, metadata: {name: x}, spec: {template: " + template + "}}", "spec.template"},
		{"{apiVersion: batch/v1, kind: CronJob, metadata: {name: x}, spec: {jobTemplate: {spec: {template: " + template + "}}}}", "spec.jobTemplate.spec.template"},
	} {
		for _, in := range []string{c.in, "{apiVersion: v1, kind: List, items: [" + c.in + "]}"} {
			list, warnings, err := Parse([]byte(in))
			if err != nil || len(warnings) > 0 || len(list) != 1 {
				t.Errorf("%s: %v, %v, %v", in, list, warnings, err)
				continue
			}
			w := list[0]
			if w.Prefix != c.prefix || w.Name != "x" || w.Annotations["a"] != "b" || len(w.Spec.Containers) != 1 || w.Spec.Containers[0].Name != "c" {
				t.Errorf("%s: %+v", in, w)
			}
			if got, want := Evaluate(w, Options{}).Containers[0].Path, under(c.prefix, "spec.containers[0]"); got != want {
				t.Errorf("%s: path %s, want %s", in, got, want)
			}
		}
	}
}

// Other kinds, and other versions of these kinds, are skipped with a warning.
func TestParseSkips(t *testing.T) {
	list, warnings, err := Parse([]byte("{apiVersion: v1, kind: Service, metadata: {name: s}}\n---\n" + pod("containers: [{name: c}]") +
		"\n---\n{apiVersion: v1, kind: List, items: [{apiVersion: extensions/v1beta1, kind: Deployment, metadata: {namespace: ns, generateName: d-}}]}" +
		"\n---\n{apiVersion: security.openshift.io/v1, kind: SecurityContextConstraints, metadata: {name: c}, seccompProfiles: ['*']}"))
	want := []string{
		"document 1: Service s (v1) is skipped: it has no pods that are read here",
		"document 3: items[0]: Deployment ns/d-* (extensions/v1beta1) is skipped: it has no pods that are read here",
		"document 4: SecurityContextConstraints c (security.openshift.io/v1) is skipped: it has no pods that are read here",
	}
	if err != nil || len(list) != 1 || list[0].Document != 2 || !slices.Equal(warnings, want) {
		t.Errorf("%v, %q, %v", list, warnings, err)
	}
}

func TestParseErrors(t *testing.T) {
	inContainer := func(s string) string { return pod("containers: [{name: a}, {name: b, securityContext: {" + s + "}}]") }
	const path = "document 1: Pod ns/p: spec.containers[1].securityContext"
	for _, c := range []struct{ in, want string }{
		{"a: 1\na: 2", `document 1: yaml: unmarshal errors: line 2: key "a" already set in map`},
		{"x\n---\n- [", "document 2: yaml: line "},
		{"[]", "document 1: an array: expected an object"},
		{"text", `document 1: "text": expected an object`},
		{"{kind: Pod}", "document 1: Pod: apiVersion: missing, expected one such as v1"},
		{"{apiVersion: v1}", "document 1: kind: missing, expected an object of Kubernetes"},
		{"{apiVersion: 1, kind: Pod}", "document 1: apiVersion: 1: expected a string"},
		{"{apiVersion: v1, Kind: Pod}", `document 1: Kind: unknown field, did you mean "kind"`},
		{"{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List}]}", "document 1: items[0]: kind: List, expected an object that is no List"},
		{"{apiVersion: v1, kind: List, items: {}}", "document 1: items: an object: expected an array"},
		{pod(""), "document 1: Pod ns/p: spec.containers: missing, expected a list with a container"},
		{"{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {template: null}}", "document 1: Deployment d: spec.template.spec.containers: missing"},
		{"{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {Template: {}}}", `document 1: Deployment d: spec.Template: unknown field, did you mean "template"`},
		{pod("containers: {}"), "document 1: Pod ns/p: spec.containers: an object: expected an array"},
		{pod("containers: [{name: 1}]"), "document 1: Pod ns/p: spec.containers[0].name: 1: expected a string"},
		{pod("containers: [{name: a}], seccompProfile: {type: RuntimeDefault}"), "document 1: Pod ns/p: spec.seccompProfile: unknown field, expected no field with this name here"},
		{pod("containers: [{name: a, seccompProfile: {}}]"), "document 1: Pod ns/p: spec.containers[0].seccompProfile: unknown field, expected no field"},
		{pod("containers: [{name: a}], securityContext: {seccomp: {}}"), "document 1: Pod ns/p: spec.securityContext.seccomp: unknown field, expected seccompProfile"},
		{inContainer("seccompprofile: {}"), path + `.seccompprofile: unknown field, expected seccompProfile`},
		{inContainer("seccompProfiles: {}"), path + ".seccompProfiles: unknown field, expected seccompProfile"},
		{inContainer("seccompProfile: RuntimeDefault"), path + `.seccompProfile: "RuntimeDefault": expected an object`},
		{inContainer("seccompProfile: {typ: RuntimeDefault}"), path + ".seccompProfile.typ: unknown field, expected type or localhostProfile"},
		{inContainer("seccompProfile: {type: 1}"), path + ".seccompProfile.type: 1: expected a string"},
		{inContainer("seccompProfile: {type: Localhost, localhostProfile: [a]}"), path + ".seccompProfile.localhostProfile: an array: expected a string"},
		{inContainer("privileged: 'true'"), path + `.privileged: "true": expected true or false`},
		{`{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"a","name":"b"}]}}`, "spec.containers[0].name: duplicate field"},
		{`{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"a","securityContext":{"seccompProfile":{"type":"x","type":"y"}}}]}}`, "seccompProfile.type: duplicate field"},
		{`{"apiVersion":"v1","kind":"Pod","kind":"List"}`, "document 1: kind: duplicate field"},
		{`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"metadata":{},"spec":{"containers":[{}]}}`, "document 1: metadata: duplicate field"},
		{pod("containers: [{name: a}], securitycontext: {}"), `document 1: Pod ns/p: spec.securitycontext: unknown field, did you mean "securityContext"`},
		{"{apiVersion: v1, kind: List, Items: []}", `document 1: Items: unknown field, did you mean "items"`},
		{"{apiVersion: v1, kind: List, items: [null]}", "document 1: items[0]: kind: missing"},
		{"{apiVersion: v1, kind: ReplicationController, metadata: {name: d}, spec: {template: null}}", "document 1: ReplicationController d: spec.template.spec.containers: missing"},
		{pod("containers: [{name: a}], ephemeralContainers: [{name: b}, {name: [], image: x}]"), "document 1: Pod ns/p: spec.ephemeralContainers[1].name: an array: expected a string"},
		{pod("containers: [{name: a, ports: [{containerPort: 1}, {containerPort: 99999999999}]}]"), "spec.containers[0].ports[1].containerPort: 99999999999: expected an integer of 32 bits"},
		{`{"apiVersion":"v1","kind":"Pod","spec":{"priority":1` + strings.Repeat("0", 1000) + `}}`, "spec.priority: a long number: expected an integer"},
		// Errors of types that read themselves: their offsets are not those of the text.
		{"{apiVersion: v1, kind: Pod, metadata: {creationTimestamp: 5}}", "document 1: metadata.creationTimestamp: number: expected a string"},
		{"{apiVersion: v1, kind: Pod, metadata: {creationTimestamp: {}}}", "document 1: metadata.creationTimestamp: object: expected a string"},
		{pod("containers: [{name: a, resources: {limits: {cpu: x}}}]"), "document 1: Pod ns/p: quantities must match"},
		{`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p\u001b"},"spec":{"seccomp\n\u001b":1}}`, "document 1: Pod p\ufffd: spec.seccomp \ufffd: unknown field"},
		{pod("containers: [{name: a}], nodeSelector: {a: [b]}"), "document 1: Pod ns/p: spec.nodeSelector.a: an array: expected a string"},
	} {
		list, _, err := Parse([]byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || list != nil {
			t.Errorf("%s:\n%v, want\n%s", c.in, err, c.want)
		}
	}
}

// Fields that the types do not have are named in a warning for each object.
func TestParseUnknown(t *testing.T) {
	fields := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, ", x%d: {seccompProfile: 1}", i)
		}
		return b.String()
	}
	for _, c := range []struct{ in, want string }{
		{pod("containers: [{name: a, os: {}}]"), "spec.containers[0].os"}, // there is such a name, elsewhere
		{pod("new: 1, containers: [{name: a, b: {}}], ephemeralContainers: [{name: d, c: 1}]"), "spec.containers[0].b, spec.ephemeralContainers[0].c, spec.new"},
		{"{apiVersion: v1, kind: List, items: [{}, " + pod("containers: [{name: a, b: {}}]") + "]}", ""}, // the first item is wrong
		{"{apiVersion: v1, kind: List, x: 1, items: [" + pod("containers: [{name: a, b: {}}]") + "]}", "spec.containers[0].b"},
		{pod("containers: [{name: a}]" + fields(7)), "spec.x0, spec.x1, spec.x2, spec.x3, spec.x4 and 2 more"},
		{pod("containers: [{name: a}]" + fields(99)), "spec.x0, spec.x1, spec.x10, spec.x11, spec.x12 and 94 more"},
		{pod("containers: [{name: a}]" + fields(100)), ""}, // what else there is would not be seen
	} {
		list, warnings, err := Parse([]byte(c.in))
		if c.want == "" {
			if err == nil || list != nil {
				t.Errorf("%s: no error", c.in)
			}
			continue
		}
		if err != nil || len(list) != 1 || len(warnings) != 1 || !strings.HasSuffix(warnings[0], "Pod ns/p: unknown fields are ignored: "+c.want) {
			t.Errorf("%s: %q, %v, want %s", c.in, warnings, err, c.want)
		}
	}
}

func TestParseVersion(t *testing.T) {
	for in, want := range map[string]Version{"1.19": 19, "v1.26": 26, "1.30.4": 30, "v1.36.3": 36, "1.100": 100} {
		if v, err := ParseVersion(in); err != nil || v != want {
			t.Errorf("%s: %s, %v, want %s", in, v, err, want)
		}
	}
	for _, in := range []string{"", "1", "1.18", "2.26", "26", "1.x", "1.-1", "1.26.1.1", "1.99999"} {
		if v, err := ParseVersion(in); err == nil || !strings.Contains(err.Error(), "expected 1.19 or later") {
			t.Errorf("%s: %s, %v", in, v, err)
		}
	}
}

// FuzzParse: whatever the text, a workload that is read can be judged, and errors are
// one line.
func FuzzParse(f *testing.F) {
	f.Add([]byte(pod("containers: [{name: a, securityContext: {privileged: true, seccompProfile: {type: Localhost}}}]")))
	f.Add([]byte("{apiVersion: v1, kind: List, items: [" + pod("os: {name: windows}, containers: [{}], ephemeralContainers: [null]") + "]}"))
	f.Add([]byte("a: &a [1, *a]\n---\n%"))
	f.Add([]byte(`{"apiVersion":"v1","kind":"Pod"} {`))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _, err := Parse(data)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("%q", err)
			}
			return
		}
		for _, w := range list {
			for _, v := range []Version{26, Newest} {
				r := Evaluate(w, Options{Version: v, ProfileRoot: "/r"})
				for _, c := range r.Containers {
					if (c.Outcome == Runs) != (c.Effective != "" && c.CRI != nil) || (c.Outcome == NotStarted) != (len(r.Errors) == 0 && len(c.Errors) > 0) {
						t.Errorf("%+v", c)
					}
				}
			}
		}
	})
}
