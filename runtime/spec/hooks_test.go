package spec

import (
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// TestHookKinds: each kind is the member of its name, and is in none of the others.
func TestHookKinds(t *testing.T) {
	for k := range numHooks {
		name := hookNames[k]
		s, err := Parse([]byte(`{"ociVersion": "1.3.0", "hooks": {"` + name + `": [{"path": "/a"}, {"path": "/b", "timeout": 3}]}}`))
		if err != nil {
			t.Fatal(err)
		}
		for other := range numHooks {
			want := 0
			if other == k {
				want = 2
			}
			if got := len(other.Of(s.Hooks)); got != want || HasHooks(s.Hooks, other) != (want > 0) {
				t.Errorf("a configuration with two hooks %s has %d of %s", name, got, hookNames[other])
			}
		}
		if want := "hooks." + name + "[1]"; k.Field(1) != want {
			t.Errorf("%s, want %s", k.Field(1), want)
		}
	}
	if HasHooks(nil, Prestart) || HasHooks(&specs.Hooks{}, Prestart, Poststop) || Poststop.Of(nil) != nil {
		t.Error("hooks where there are none")
	}
}
