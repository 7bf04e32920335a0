package docker

import (
	osexec "os/exec"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
)

// Docker has one state directory for all runtimes: runseal finds runc's containers beside
// its own, says so, and leaves them alone.
func TestForeignState(t *testing.T) {
	t.Parallel()
	d := start(t, nil)
	r := &run{T: t, daemon: d, runtime: scenario.Runc}
	theirs := r.up(nil, "sleep", "600")
	r.runtime = scenario.Runseal
	ours := r.up(nil, "sleep", "600")
	runseal := func(args ...string) (string, error) {
		out, err := osexec.Command(box.Binary(), append([]string{"--root", d.Path("exec/runtime-runc/moby")}, args...)...).CombinedOutput()
		return string(out), err
	}
	list, err := runseal("list")
	if err != nil {
		t.Fatalf("list: %v, %s", err, list)
	}
	for id, status := range map[string]string{theirs: "foreign", ours: "running"} {
		_, rest, _ := strings.Cut(list, "\n"+id)
		if f := strings.Fields(rest); len(f) < 2 || f[1] != status {
			t.Errorf("list: %s, expected %s to be %s", list, id, status)
		}
	}
	for _, args := range [][]string{{"state", theirs}, {"kill", theirs, "KILL"}, {"delete", theirs}, {"delete", "--force", theirs}, {"exec", theirs, "true"}} {
		out, err := runseal(args...)
		if err == nil || !strings.Contains(out, "another runtime's") {
			t.Errorf("%q: %v, %q", args, err, out)
		}
	}
	for _, id := range []string{theirs, ours} {
		if got := r.ok("exec", id, "echo", "hi"); got != "hi" {
			t.Errorf("exec after all that: %q", got)
		}
	}
}
