package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestFileLimit: where config.json says nothing of RLIMIT_NOFILE, processes have that of
// whoever called runseal. The Go runtime raises its own, and its entry lowers it for a
// moment (entry_amd64.s).
func TestFileLimit(t *testing.T) {
	const tell, want = "ulimit -S -n; ulimit -H -n", "777\n5000\n"
	b := box.New(t, "/bin/sh", "-c", tell)
	b.Spec.Process.Rlimits = nil
	seen := filepath.Join(t.TempDir(), "seen")
	b.Spec.Hooks = &specs.Hooks{CreateRuntime: []specs.Hook{{Path: "/bin/sh", Args: []string{"sh", "-c", "(" + tell + ") >" + seen}}}}
	b.Wrap([]string{"/bin/sh", "-c", `ulimit -S -n 777; ulimit -H -n 5000; exec "$@"`, "sh"})
	if r := b.Run(); r.Stdout != want {
		t.Errorf("run: %+v, expected %q", r, want)
	}
	if got, err := os.ReadFile(seen); err != nil || string(got) != want {
		t.Errorf("a hook has %q, %v, expected %q", got, err, want)
	}
	b.Spec.Process.Args = []string{"/bin/sleep", "600"}
	b.Up()
	if r := b.Must("exec", b.ID, "/bin/sh", "-c", tell); r.Stdout != want {
		t.Errorf("exec: %q, expected %q", r.Stdout, want)
	}
}
