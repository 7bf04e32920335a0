package selfexe

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// timerSlack is what the program was started with, in nanoseconds: how much later than
// asked for the kernel may wake a sleeping thread (PR_SET_TIMERSLACK, prctl(2)). The
// entry in assembly sets it, and gives the first thread more for the Go runtime's
// monitoring thread to inherit. 0: nothing was changed.
var timerSlack uint64

// The first thread has its own again before main. Threads that others of Go's have started
// keep what they inherit; nobody there sleeps for long.
func init() { restoreTimerSlack() }

func restoreTimerSlack() {
	if timerSlack != 0 {
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(timerSlack), 0, 0, 0)
	}
}

// Forking is to be called before a process is made, and what it returns after: the
// goroutine stays on its thread, and the new process inherits from it the timer slack that
// this one was started with.
func Forking() (forked func()) {
	runtime.LockOSThread()
	restoreTimerSlack()
	return runtime.UnlockOSThread
}
