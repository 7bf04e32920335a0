// Package entry is what happens before the Go runtime starts, and before any other package
// is initialized. It imports nothing but package runtime, so Go's order of initialization
// (ready packages by import path) puts it before os, syscall, time and most others.
//
// On amd64 the program's first instruction is in entry_amd64.s, if it is linked with
// -E runseal_entry: there it protects its binary (package selfexe says why), and makes the
// Go runtime's start as short as it can be. What it changes for that, package inherited
// puts back.
package entry

import "runtime"

// What the process was started with.
var (
	// FileLimit is RLIMIT_NOFILE, soft and hard. Package syscall raises the soft one.
	FileLimit [2]uint64
	// TimerSlack is how much later than asked for the kernel may wake a sleeping
	// thread, in nanoseconds (PR_SET_TIMERSLACK, prctl(2)). 0: it was not changed.
	TimerSlack uint64
	// Affinity are the processors that it may run on, as sched_setaffinity(2) takes
	// them, in AffinitySize bytes. 0: they were not changed.
	Affinity     [128]uint64
	AffinitySize uintptr
)

// oneProcessor is the affinity that the entry sets.
//
//lint:ignore U1000 used in entry_amd64.s
var oneProcessor [128]uint64

// memProfileRate is how the entry reaches the Go runtime's variable.
//
//lint:ignore U1000 used in entry_amd64.s
var memProfileRate = &runtime.MemProfileRate

func init() {
	grow(0)
	if FileLimit == [2]uint64{} { // not by way of entry_amd64.s
		getFileLimit(&FileLimit)
	}
}

// getFileLimit is prlimit64(0, RLIMIT_NOFILE, nil, to). It leaves to as it is if that fails.
//
//go:noescape
func getFileLimit(to *[2]uint64)

// stack is more than the deepest call chain of any subcommand needs.
const stack = 16 << 10

// grow gives the main goroutine a stack that is big enough. Stacks start at some kilobytes
// and double when they overflow; each time the Go runtime walks all frames, for which it
// reads the tables of every function on the stack. These lie all over the binary, so for a
// program that lives for some milliseconds most of the cost is page faults: growing once,
// while there is hardly a frame, saves 0.5 MB of peak memory and about 20 faults.
//
//go:noinline
func grow(i int) byte {
	var frame [stack]byte
	frame[i] = 1
	return frame[i/2]
}
