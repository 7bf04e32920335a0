package inherited

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter/entry"
)

// TestForking: whichever thread it is that makes a process, that has the timer slack which
// the program was started with.
func TestForking(t *testing.T) {
	slack := func() int {
		got, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	defer func(before uint64) { entry.TimerSlack = before }(entry.TimerSlack)
	defer Forking(false)() // stays on this thread
	before := slack()
	defer unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(before), 0, 0, 0)
	for _, tc := range []struct {
		started uint64
		want    int
	}{{123_456, 123_456}, {0, 5_000_000}} {
		entry.TimerSlack = tc.started
		if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 5_000_000, 0, 0, 0); err != nil {
			t.Fatal(err)
		}
		forked := Forking(false)
		if got := slack(); got != tc.want {
			t.Errorf("started with %d ns: the thread that forks has %d, expected %d", tc.started, got, tc.want)
		}
		forked()
	}
}
