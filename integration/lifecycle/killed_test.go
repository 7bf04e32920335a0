package lifecycle

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// moments is how many there are.
func moments() int { return box.Rounds(50) }

// killAt starts a command of the runtime and kills it after a delay, then lets
// the box's clean-up (delete --force, and nothing may be left) judge. It tells
// whether the command was still running.
func killAt(t *testing.T, b *box.Box, delay time.Duration, args ...string) bool {
	t.Helper()
	p := b.Start(nil, args...)
	for end := time.Now().Add(delay); time.Now().Before(end); {
		// A sleep is too coarse: a whole create takes a few milliseconds.
	}
	// ESRCH: the command was quicker than this moment.
	if err := unix.Kill(p.Process.Pid, unix.SIGKILL); err != nil && err != unix.ESRCH {
		t.Fatal(err)
	}
	killed := p.Wait().Status == 128+int(unix.SIGKILL)
	b.ReapOrphans()
	return killed
}

// shortest is the duration of the quickest of a few undisturbed commands.
func shortest(t *testing.T, command func() box.Result) time.Duration {
	t.Helper()
	var best time.Duration
	for i := range 3 {
		r := command()
		if r.Status != 0 {
			t.Fatalf("exit status %d, stderr %q", r.Status, r.Stderr)
		}
		if i == 0 || r.Took < best {
			best = r.Took
		}
	}
	return best
}

// kill -9 of create at 50 moments spread over its run: what is left is removed
// by delete --force, and a new create of the same id works then.
func TestKilledCreate(t *testing.T) {
	whole := shortest(t, func() box.Result {
		b := sh(t, "sleep 600")
		r := b.TryCreate().Wait()
		b.Must("delete", "--force", b.ID)
		return r
	})
	t.Logf("a create takes %v", whole)
	hit := 0
	for i := range moments() {
		delay := whole * time.Duration(i) / time.Duration(moments()-1)
		t.Run(fmt.Sprint(delay.Round(10*time.Microsecond)), func(t *testing.T) {
			b := sh(t, "sleep 600")
			b.WriteConfig(b.Config())
			if killAt(t, b, delay, "create", "--bundle", b.Dir, b.ID) {
				hit++
			}
			// The others are not disturbed by what is left of this one.
			if r := b.Do("list", "--format", "json"); r.Status != 0 {
				t.Errorf("list: exit status %d, stderr %q", r.Status, r.Stderr)
			}
			b.Must("delete", "--force", b.ID)
			b.NothingLeft()
			if r := b.TryCreate().Wait(); r.Status != 0 {
				t.Errorf("a create after that: exit status %d, stderr %q", r.Status, r.Stderr)
			}
		})
	}
	if hit < moments()/2 {
		t.Errorf("only %d of %d creates were still running when they were killed", hit, moments())
	}
}

// The same for run in the foreground. A killed run is allowed to leave its
// container running: delete --force ends it.
func TestKilledRun(t *testing.T) {
	whole := shortest(t, func() box.Result { return sh(t, "exit 0").Run() })
	for i := range moments() / 2 {
		delay := 2 * whole * time.Duration(i) / time.Duration(moments()/2)
		t.Run(fmt.Sprint(delay.Round(10*time.Microsecond)), func(t *testing.T) {
			b := sh(t, "sleep 600")
			b.WriteConfig(b.Config())
			killAt(t, b, delay, "run", "--bundle", b.Dir, b.ID)
			b.Must("delete", "--force", b.ID)
			b.NothingLeft()
		})
	}
}

// And for start, exec and delete on a container that is there.
func TestKilledStartExecDelete(t *testing.T) {
	for _, verb := range []string{"start", "exec", "delete"} {
		for i := range box.Rounds(12) {
			delay := 6 * time.Millisecond * time.Duration(i) / time.Duration(box.Rounds(12))
			t.Run(fmt.Sprintf("%s %v", verb, delay), func(t *testing.T) {
				b := sh(t, "sleep 600")
				b.Create()
				args := []string{verb, b.ID}
				switch verb {
				case "exec":
					b.Must("start", b.ID)
					args = []string{"exec", b.ID, "/bin/sleep", "600"}
				case "delete":
					args = []string{"delete", "--force", b.ID}
				}
				killAt(t, b, delay, args...)
				if verb != "delete" {
					if s := b.State().Status; s != "created" && s != "running" {
						t.Errorf("the container is %q", s)
					}
				}
				b.Must("delete", "--force", b.ID)
				b.NothingLeft()
				if r := b.Do("state", b.ID); r.Status == 0 || !strings.Contains(r.Stderr, "does not exist") {
					t.Errorf("state: exit status %d, stderr %q", r.Status, r.Stderr)
				}
			})
		}
	}
}
