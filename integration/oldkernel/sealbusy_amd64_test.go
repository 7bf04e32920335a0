package oldkernel

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestSealBusy: whatever looks at the kernel's memory for a moment (DAMON, compaction) keeps
// a memfd from being sealed, which is no reason not to start a container.
func TestSealBusy(t *testing.T) {
	for _, busy := range []int{0, 1, 3} {
		b := sh(t, "exit 0")
		b.WriteConfig(b.Config())
		tries := 0
		r, err := b.Trace(false, func(c box.Call) box.Verdict {
			switch {
			case c.NR == unix.SYS_MOUNT_SETATTR: // Linux 5.12
				return box.Verdict(unix.ENOSYS)
			case c.NR == unix.SYS_FCNTL && c.Args[1] == unix.F_ADD_SEALS:
				if tries++; tries <= busy {
					return box.Verdict(unix.EBUSY)
				}
			}
			return box.GoOn
		}, "create", "--bundle", b.Dir, b.ID)
		must(t, err)
		if r.Status != 0 || r.Stderr != "" || tries < busy+1 {
			t.Errorf("busy %d times: exit status %d, stderr %q, sealed at try %d", busy, r.Status, r.Stderr, tries)
		}
	}
}
