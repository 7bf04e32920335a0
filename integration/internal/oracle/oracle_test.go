package oracle

import (
	"maps"
	"slices"
	"testing"
)

func TestCompare(t *testing.T) {
	list := []Difference{
		{"run|exec", "mounts", `-/dev/core .*`, "a reason"},
		{".*", "status", `\+Seccomp: \d`, "another"},
	}
	want := Seen{"mounts": "/dev/core x\n/proc y\n/proc y\n", "only": "a\n", "same": "1\n2\n"}
	have := Seen{"mounts": "/proc y\n", "status": "Seccomp: 2\nUid: 0\n", "same": "2\n1"}
	for scenario, expected := range map[string]map[string][]string{
		"run":   {"mounts": {"-/proc y"}, "only": {"-a"}, "status": {"+Uid: 0"}},
		"other": {"mounts": {"-/dev/core x", "-/proc y"}, "only": {"-a"}, "status": {"+Uid: 0"}},
	} {
		if got := Compare(list, scenario, want, have); !maps.EqualFunc(got, expected, slices.Equal[[]string]) {
			t.Errorf("%s: %q, expected %q", scenario, got, expected)
		}
	}
}
