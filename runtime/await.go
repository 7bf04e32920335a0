package runtime

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/signals"
)

// awaitUntil is child.Await with a point in time as its limit, the zero one for none.
func awaitUntil(child *nsenter.Child, end time.Time) (mark byte, fds []int, err error) {
	if end.IsZero() {
		return child.Await()
	}
	return child.AwaitWithin(time.Until(end))
}

// standstill is how long a child may take from one report to the next before somebody who
// wants to end runseal does not wait for it any more.
const standstill = time.Second

// awaitForeground is awaitUntil where signals are caught for the program (package signals).
// Until it runs they wait; but a child that stands still, which a process of the container
// may see to in its pid namespace, does not keep runseal from being ended.
func awaitForeground(child *nsenter.Child, end time.Time) (mark byte, fds []int, err error) {
	for {
		wait := standstill
		if !end.IsZero() {
			wait = min(wait, time.Until(end))
		}
		mark, fds, err = child.AwaitWithin(wait)
		if !errors.Is(err, os.ErrDeadlineExceeded) || !end.IsZero() && time.Now().After(end) {
			return mark, fds, err
		}
		if sig := signals.Ending(); sig != 0 {
			return 0, nil, fmt.Errorf("%s while the process was being set up", unix.SignalName(sig))
		}
	}
}
