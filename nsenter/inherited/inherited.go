// Package inherited gives back what the process was started with and passes on to those
// that it makes, as far as the Go runtime and the program's entry (package entry) have
// changed it for themselves: a variable of the environment, the limit of open files, the
// timer slack.
package inherited

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter/entry"
)

// Restore is for the beginning of main. The threads that the Go runtime has started so far
// keep the timer slack that they have inherited from the first one: nobody there sleeps
// for long. See Forking.
func Restore() {
	// GOMAXPROCS is the entry's. Who sets the variable would not write it like that.
	switch os.Getenv("GOMAXPROCS") {
	case "01", "02":
		os.Unsetenv("GOMAXPROCS")
	}
	// Package syscall has raised it, for programs that use many descriptors.
	if l := entry.FileLimit; l != [2]uint64{} {
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: l[0], Max: l[1]})
	}
	restoreTimerSlack()
}

func restoreTimerSlack() {
	if entry.TimerSlack != 0 {
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(entry.TimerSlack), 0, 0, 0)
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
