package lifecycle

import (
	"fmt"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestKillByNameAndNumber(t *testing.T) {
	for i, c := range []struct{ arg, trap string }{
		{"HUP", "1"}, {"SIGHUP", "1"}, {"1", "1"}, {"INT", "2"}, {"SIGUSR1", "10"}, {"10", "10"}, {"USR2", "12"}, {"15", "15"}, {"term", "15"}, {"SIGWINCH", "28"},
	} {
		if !box.Sampled(i) {
			continue
		}
		t.Run(c.arg, func(t *testing.T) {
			b := sh(t, fmt.Sprintf("trap 'exit 8' %s; echo ready; while :; do sleep 0.02; done", c.trap))
			p := b.Create()
			b.Must("start", b.ID)
			pid := b.State().Pid
			p.WaitOutput("ready\n")
			b.Must("kill", b.ID, c.arg)
			if got := b.WaitPid(pid); got != 8 {
				t.Errorf("the process ended with %d, expected 8", got)
			}
		})
	}
	t.Run("KILL", func(t *testing.T) {
		b := sh(t, "sleep 60")
		pid := b.Up()
		b.Must("kill", b.ID, "KILL")
		if got := b.WaitPid(pid); got != 137 {
			t.Errorf("the process ended with %d, expected 137", got)
		}
	})
	t.Run("created", func(t *testing.T) {
		b := sh(t, "echo never")
		b.Create()
		pid := b.State().Pid
		b.Must("kill", b.ID, "KILL")
		if got := b.WaitPid(pid); got != 137 {
			t.Errorf("the process ended with %d, expected 137", got)
		}
		b.WaitFor("stopped")
	})
}

func TestKillOfAnUnknownSignal(t *testing.T) {
	b := sh(t, "sleep 60")
	b.Up()
	for _, sig := range []string{"NOPE", "SIGNOPE", "65", "-1", "1.5", "9x"} {
		r := b.Do("kill", b.ID, sig)
		if r.Status == 0 || strings.TrimSpace(r.Stderr) == "" {
			t.Errorf("kill %q: exit status %d, stderr %q", sig, r.Status, r.Stderr)
		}
	}
	if s := b.State(); s.Status != "running" {
		t.Errorf("state is %q", s.Status)
	}
}

// kill --all reaches every process of the container, also those that are no
// descendants of the first one, and is no error when there are none any more.
func TestKillAll(t *testing.T) {
	b := sh(t, "sleep 60 & sleep 60 & wait")
	b.DropNamespace(specs.PIDNamespace) // with it the first process's end would do it
	pid := b.Up()
	if !box.Eventually(func() bool { return len(b.Processes()) == 3 }) {
		t.Fatalf("processes %v, expected a shell and two sleeps", b.Processes())
	}
	b.Must("kill", "--all", b.ID, "KILL")
	if !box.Eventually(func() bool { return len(b.Processes()) == 0 }) {
		t.Errorf("processes %v after kill --all", b.Processes())
	}
	if got := b.WaitPid(pid); got != 137 {
		t.Errorf("the process ended with %d, expected 137", got)
	}
	b.WaitFor("stopped")
	b.Must("kill", "--all", b.ID, "KILL")
	b.Must("kill", "-a", b.ID, "9")
}
