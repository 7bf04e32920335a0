package features

import (
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// A container that run serves in the foreground can be deleted from elsewhere
// at once, as any other: run then ends with the status of the kill and finds
// nothing to complain of.
func TestDeleteForceOfAForegroundRun(t *testing.T) {
	for _, shared := range []bool{false, true} {
		b := sh(t, "echo ready; sleep 600")
		if shared {
			b.DropNamespace(specs.PIDNamespace)
		}
		p := foreground(b, nil)
		p.WaitOutput("ready\n")
		r := b.Do("delete", "--force", b.ID)
		if r.Status != 0 || r.Stderr != "" || r.Took > box.Slow(5*time.Second) {
			t.Errorf("delete --force: exit status %d after %v, stderr %q", r.Status, r.Took, r.Stderr)
			b.Do("kill", b.ID, "KILL") // otherwise the clean-up would wait as long
		}
		if res := p.Wait(); res.Status != 137 || res.Stderr != "" {
			t.Errorf("run: exit status %d, stderr %q; expected 137", res.Status, res.Stderr)
		}
		b.NothingLeft()
	}
}

// The foreground leaves the other subcommands alone too.
func TestCommandsDuringAForegroundRun(t *testing.T) {
	b := sh(t, "trap 'exit 4' TERM; echo ready; while :; do sleep 0.02; done")
	p := foreground(b, nil)
	p.WaitOutput("ready\n")
	if s := b.State(); s.Status != "running" {
		t.Errorf("state is %q", s.Status)
	}
	if got := in(t, b, nil, "echo", "text"); got != "text\n" {
		t.Errorf("exec: %q", got)
	}
	if r := b.Do("start", b.ID); r.Status == 0 || r.Took > box.Slow(5*time.Second) {
		t.Errorf("start: exit status %d after %v, stderr %q; expected a refusal at once", r.Status, r.Took, r.Stderr)
	}
	if r := b.Do("delete", b.ID); r.Status == 0 || r.Took > box.Slow(5*time.Second) {
		t.Errorf("delete: exit status %d after %v, stderr %q; expected a refusal at once", r.Status, r.Took, r.Stderr)
	}
	b.Must("kill", b.ID, "TERM")
	if r := p.Wait(); r.Status != 4 {
		t.Errorf("run: exit status %d, stderr %q; expected 4", r.Status, r.Stderr)
	}
	b.NothingLeft()
}
