package spec

import (
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func TestUnsetPids(t *testing.T) {
	for _, c := range []struct {
		version string
		limit   int64
		unset   bool
	}{
		{"1.0.0", 0, true}, {"1.0.2-dev", 0, true}, {"1.2.1", 0, true}, {"1.2.0+dev", 0, true},
		{"1.3.0", 0, false}, {"1.3.0-rc.1", 0, false}, {"1.10.0", 0, false}, {"", 0, false},
		{"1.0.2", 1, false}, {"1.0.2", -1, false},
	} {
		r := &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: &c.limit}}
		UnsetPids(c.version, r)
		if (r.Pids == nil) != c.unset {
			t.Errorf("version %q, limit %d: %+v", c.version, c.limit, r.Pids)
		}
	}
	UnsetPids("1.0.0", nil)
	UnsetPids("1.0.0", &specs.LinuxResources{Pids: &specs.LinuxPids{}})
}
