package box

import (
	"os"
	"testing"
	"time"
)

// A quarter is what is left with -test.short of the tests that repeat something
// for chance to strike, or go through all combinations of a table: enough for a
// machine without hardware virtualization, which is ten times slower and there for
// the sake of its kernel (integration/vm).
const quarter = 4

// Slow is what a test allows for something that takes less than d on a machine with
// processors of its own: ten times that on one that is emulated, as integration/vm
// says by the environment variable RUNSEAL_VM.
func Slow(d time.Duration) time.Duration {
	if os.Getenv("RUNSEAL_VM") != "" {
		return 10 * d
	}
	return d
}

// Rounds is how often something is to be done that is done n times in full.
func Rounds(n int) int {
	if testing.Short() {
		return (n + quarter - 1) / quarter
	}
	return n
}

// Sampled says whether case i of a table is to be tried. With a table of several
// dimensions i is the sum of the indices, so that each value of each is tried.
func Sampled(i int) bool { return !testing.Short() || i%quarter == 0 }
