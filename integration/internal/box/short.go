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

// Whether this is a machine without hardware virtualization: integration/vm says so.
var emulated = os.Getenv("RUNSEAL_VM") != ""

// Emulated says whether this is one.
func Emulated() bool { return emulated }

// Slow is what a test allows for something that takes less than d on a machine with
// processors of its own: ten times that on one that is emulated.
func Slow(d time.Duration) time.Duration {
	if emulated {
		return 10 * d
	}
	return d
}

// Rounds is how often something is to be done that is done n times in full.
func Rounds(n int) int {
	switch {
	case emulated:
		return (n + 3*quarter - 1) / (3 * quarter) // chance has other kernels to strike on, too
	case testing.Short():
		return (n + quarter - 1) / quarter
	}
	return n
}

// Sampled says whether case i of a table is to be tried. With a table of several
// dimensions i is the sum of the indices, so that each value of each is tried.
func Sampled(i int) bool { return !testing.Short() || i%quarter == 0 }
