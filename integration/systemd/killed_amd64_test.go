package systemd

import (
	"fmt"
	"testing"
)

// A kill -9 before every call of create and delete that changes anything, what is
// sent to systemd included: delete --force leaves no unit and no state, and the
// name can be used again. With -test.short it is every seventh call.
func TestKilledBeforeEachCall(t *testing.T) {
	for _, verb := range []string{"create", "delete"} {
		t.Run(verb, func(t *testing.T) {
			n, step := 0, 1
			if testing.Short() {
				step = 7
			}
			for ; ; n += step {
				killed := true
				t.Run(fmt.Sprint(n), func(t *testing.T) {
					u := scope(t, "true")
					limits(u)
					u.WriteConfig(u.Config())
					args := []string{"--systemd-cgroup", verb, "--bundle", u.Box.Dir, u.ID}
					if verb == "delete" {
						u.Create()
						args = []string{"delete", "--force", u.ID}
					}
					var err error
					if killed, err = u.KillAtCall(n, args...); err != nil {
						t.Fatal(err)
					}
					u.ReapOrphans()
					u.Must("delete", "--force", u.ID)
					u.NothingLeft()
					u.gone(t)
					if n%5 == 0 {
						u.Create()
					}
				})
				if !killed || t.Failed() {
					break
				}
			}
			t.Logf("killed before %d of about %d calls", n/step, n)
			if n < 5 {
				t.Errorf("%s makes %d calls only, expected at least 5", verb, n)
			}
		})
	}
}
