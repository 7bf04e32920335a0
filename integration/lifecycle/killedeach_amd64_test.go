package lifecycle

import (
	"fmt"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// A kill -9 before every call of create, start, exec and delete that changes
// anything: delete --force ends, in time, and nothing is left.
func TestKilledBeforeEachCall(t *testing.T) {
	for _, verb := range []string{"create", "start", "exec", "delete"} {
		t.Run(verb, func(t *testing.T) {
			calls := 0
			for n := 0; ; n++ {
				if !box.Sampled(n) {
					continue
				}
				killed := true
				t.Run(fmt.Sprint(n), func(t *testing.T) {
					b := sh(t, "sleep 600")
					b.WriteConfig(b.Config())
					args := []string{verb, b.ID}
					switch verb {
					case "create":
						args = []string{"create", "--bundle", b.Dir, b.ID}
					case "start":
						b.Create()
					case "exec":
						b.Up()
						args = []string{"exec", b.ID, "/bin/true"}
					case "delete":
						b.Create()
						args = []string{"delete", "--force", b.ID}
					}
					var err error
					if killed, err = b.KillAtCall(n, args...); err != nil {
						t.Fatal(err)
					}
					b.ReapOrphans()
					if r := b.Must("delete", "--force", b.ID); r.Took > box.Slow(5*time.Second) {
						t.Errorf("delete --force took %v", r.Took)
					}
					b.NothingLeft()
				})
				if !killed || t.Failed() {
					break
				}
				calls++
			}
			t.Logf("killed before %d calls", calls)
			if calls < box.Rounds(3) {
				t.Errorf("%s was killed at %d calls only, expected at least %d", verb, calls, box.Rounds(3))
			}
		})
	}
}
