package inherited

import (
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter/entry"
)

// TestThread: whichever thread it is that makes a process, that has the timer slack which
// the program was started with.
func TestThread(t *testing.T) {
	slack := func() int {
		got, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	defer func(before uint64) { entry.TimerSlack = before }(entry.TimerSlack)
	defer Thread(false)() // stays on this thread
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
		unlock := Thread(false)
		if got := slack(); got != tc.want {
			t.Errorf("started with %d ns: the thread that forks has %d, expected %d", tc.started, got, tc.want)
		}
		unlock()
	}
}

// TestPlaced: the processors, too, unless somebody has put the thread where it is.
func TestPlaced(t *testing.T) {
	runtime.LockOSThread() // for ever
	set := func() (s unix.CPUSet) {
		if err := unix.SchedGetaffinity(0, &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	all := set()
	var one unix.CPUSet
	for n := 0; one.Count() == 0; n++ {
		if all.IsSet(n) {
			one.Set(n)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	entry.AffinitySize = unsafe.Sizeof(all)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&entry.Affinity)), unsafe.Sizeof(all)), unsafe.Slice((*byte)(unsafe.Pointer(&all)), unsafe.Sizeof(all)))
	defer func() { entry.AffinitySize = 0 }()
	for _, tc := range []struct {
		placed bool
		want   unix.CPUSet
	}{{true, one}, {false, all}} {
		unlock := Thread(tc.placed)
		if got := set(); got != tc.want {
			t.Errorf("placed %t: %v, expected %v", tc.placed, got, tc.want)
		}
		unlock()
	}
}
