package features

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestExecInAFullContainer: exec forks once on the way, which must not count
// against limits that only the final process has to fit in.
func TestExecInAFullContainer(t *testing.T) {
	for limit := int64(1); limit <= 3; limit++ {
		if !box.Sampled(int(limit) - 1) {
			continue
		}
		b := box.New(t, "/bin/sleep", "60")
		b.Spec.Linux.Resources = &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: &limit}}
		b.Up()
		if r := b.Do("exec", b.ID, "true"); r.Status != 0 {
			t.Errorf("pids.limit %d: exit status %d, stderr %q", limit, r.Status, r.Stderr)
		}
	}
	b := box.New(t, "/bin/sleep", "60")
	b.Spec.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NPROC", Hard: 1, Soft: 1}}
	b.Up()
	const uid = 54321 // nobody else's
	r := b.Do("exec", "--user", fmt.Sprint(uid), b.ID, "grep", "processes", "/proc/self/limits")
	if r.Status != 0 || strings.Join(strings.Fields(r.Stdout), " ") != "Max processes 1 1 processes" {
		t.Errorf("RLIMIT_NPROC 1: exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}
