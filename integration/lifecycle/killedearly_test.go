package lifecycle

import (
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestOutOfMemoryInSetUp: a limit that the set-up itself does not fit in kills
// the child without a word; create and run have to find the words.
func TestOutOfMemoryInSetUp(t *testing.T) {
	for _, run := range []bool{false, true} {
		b := box.New(t, "/bin/true")
		limit := int64(4096)
		b.Spec.Linux.Resources = &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &limit}}
		r := box.Result{}
		if run {
			r = b.Run()
		} else {
			r = b.TryCreate().Wait()
		}
		if r.Status == 0 || !strings.Contains(r.Stderr, "linux.resources.memory.limit") {
			t.Errorf("run %v: status %d, stderr %q: want an error that names linux.resources.memory.limit", run, r.Status, r.Stderr)
		}
		b.NothingLeft()
	}
}
