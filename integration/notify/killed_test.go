//go:build linux && amd64

package notify

import (
	"fmt"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// A kill -9 before every call of a command by which it changes something, while it
// brings a listener to the agent: delete --force ends, in time, and nothing is left.
func TestKilledBeforeEachCall(t *testing.T) {
	for _, verb := range []string{"run", "start", "exec"} {
		t.Run(verb, func(t *testing.T) {
			calls := 0
			for n, killed := 0, true; killed && !t.Failed(); n++ {
				if !box.Sampled(n) {
					continue
				}
				t.Run(fmt.Sprint(n), func(t *testing.T) { killed = killedAt(t, verb, n) })
				calls++
			}
			calls-- // the last was too late
			t.Logf("killed before %d calls", calls)
			if calls < box.Rounds(5) {
				t.Errorf("%s was killed at %d calls only, expected at least %d", verb, calls, box.Rounds(5))
			}
		})
	}
}

func killedAt(t *testing.T, verb string, n int) (killed bool) {
	a := listen(t)
	b := container(t, a.path, wait, "rmdir")
	b.WriteConfig(b.Config())
	go func() { // an agent that takes what comes
		for {
			p, err := a.tryTake()
			if err != nil {
				return
			}
			p.Close()
		}
	}()
	args := []string{verb, b.ID}
	switch verb {
	case "run":
		args = []string{"run", "--detach", "--bundle", b.Dir, b.ID}
	case "start":
		b.Create()
	case "exec":
		b.Up()
		args = []string{"exec", "--detach", b.ID, "/prog"}
	}
	killed, err := b.KillAtCall(n, args...)
	if err != nil {
		t.Fatal(err)
	}
	b.ReapOrphans()
	if r := b.Must("delete", "--force", b.ID); r.Took > box.Slow(5*time.Second) {
		t.Errorf("delete --force took %v", r.Took)
	}
	b.NothingLeft()
	return killed
}
