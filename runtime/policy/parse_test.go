package policy

import (
	"reflect"
	"strings"
	"testing"

	"github.com/runseal/runseal/seccomp/profiles"
)

func TestParse(t *testing.T) {
	got, err := parse([]byte(`{"default": "runtime/default", "floor": "localhost/floor.json", "require": "docker/default",
		"allowed": ["*", "runtime/default", "unconfined"],
		"exempt": [{"namespace": "kube-system", "pod": "cni-*"}, {"container": "c", "annotations": {"a": "b*"}}],
		"unlistedArchitecture": "SCMP_ACT_KILL_THREAD", "profileRoot": "/etc/seccomp"}`))
	if err == nil {
		err = got.check()
	}
	if err != nil {
		t.Fatal(err)
	}
	want := &Policy{
		Default: "runtime/default", Floor: "localhost/floor.json", Require: "docker/default",
		Allowed:    []string{"*", "runtime/default", "unconfined"},
		Exempt:     []Selector{{Namespace: "kube-system", Pod: "cni-*"}, {Container: "c", Annotations: map[string]string{"a": "b*"}}},
		KillThread: true, ProfileRoot: "/etc/seccomp",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got, err = parse([]byte(` {} `)); err != nil || !reflect.DeepEqual(got, &Policy{ProfileRoot: profiles.DefaultRoot}) {
		t.Errorf("{}: %+v, %v", got, err)
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:                             "unexpected end",
		`[]`:                           "expected an object",
		`null`:                         "expected an object",
		`{"floor": null}`:              "floor: null: expected a string",
		`{"floor": 7}`:                 "floor: 7: expected a string",
		`{"floor": ""}`:                `floor: "": expected the name of a profile, such as runtime/default, `,
		`{"floor": "/etc/floor.json"}`: `floor: "/etc/floor.json": expected the name of a profile`,
		`{"floor": "unconfined"}`:      `floor: "unconfined" demands nothing`,
		`{"require": "unconfined"}`:    `require: "unconfined" demands nothing`,
		`{"default": ""}`:              `default: "": expected the name`,
		`{"Floor": "runtime/default"}`: "Floor: unknown member, expected one of: default floor require allowed exempt unlistedArchitecture profileRoot",
		`{"floors": []}`:               "floors: unknown member",
		`{"floor": "runtime/default", "floor": "runtime/default"}`: "duplicate",
		`{} {}`:                               "after one value",
		`{"allowed": []}`:                     "allowed: an empty list",
		`{"allowed": null}`:                   "allowed: null",
		`{"allowed": [""]}`:                   `allowed[0]: "": expected the name`,
		`{"allowed": ["runtime/default", 7]}`: "allowed[1]: 7: expected a string",
		`{"allowed": ["docker/default"], "default": "runtime/default"}`: `default: "runtime/default" is not one of allowed`,
		`{"exempt": [{}]}`:                           "exempt[0]: matches every container",
		`{"exempt": [{"annotations": {}}]}`:          "exempt[0]: matches every container",
		`{"exempt": [{"namespace": ""}]}`:            "exempt[0].namespace: an empty string",
		`{"exempt": [{"namespaces": "x"}]}`:          "exempt[0].namespaces: unknown member, expected one of: namespace pod container annotations",
		`{"exempt": [{"annotations": {"a": 1}}]}`:    "exempt[0].annotations",
		`{"exempt": [{"annotations": {"a*": "b"}}]}`: `exempt[0].annotations: "a*": only values are patterns`,
		`{"exempt": [{"annotations": {"a": ""}}]}`:   `exempt[0].annotations: "a": an empty string`,
		`{"exempt": [null]}`:                         "exempt[0]: null",
		`{"exempt": {}}`:                             "exempt: ",
		`{"unlistedArchitecture": "SCMP_ACT_ALLOW"}`: `unlistedArchitecture: "SCMP_ACT_ALLOW": expected SCMP_ACT_KILL_PROCESS or SCMP_ACT_KILL_THREAD`,
		`{"profileRoot": "seccomp"}`:                 `profileRoot: "seccomp": expected an absolute path`,
		`{"profileRoot": ""}`:                        `profileRoot: "": expected an absolute path`,
	} {
		p, err := parse([]byte(text))
		if err == nil {
			err = p.check()
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// FuzzParse: no text makes it panic, and what is accepted names profiles and
// exempts nobody without a reason.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"default": "runtime/default", "floor": "localhost/f", "allowed": ["*"], "exempt": [{"pod": "a*b", "annotations": {"k": "v"}}]}`))
	f.Add([]byte(`{"unlistedArchitecture": "SCMP_ACT_KILL_THREAD", "profileRoot": "/"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parse(data)
		if err != nil || p.check() != nil {
			return
		}
		for _, name := range append([]string{p.Default, p.Floor, p.Require}, p.Allowed...) {
			if name != "" && name != wildcard && !profiles.IsName(name) {
				t.Errorf("%q is no name", name)
			}
		}
		for i := range p.Exempt {
			if p.Exempt[i].matches(nil) {
				t.Errorf("exempt[%d] matches a container without annotations: %+v", i, p.Exempt[i])
			}
		}
	})
}
