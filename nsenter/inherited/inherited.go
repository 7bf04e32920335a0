// Package inherited gives back what the process was started with and passes on to those
// that it makes, as far as the Go runtime and the program's entry (package entry) have
// changed it for themselves: a variable of the environment, the limit of open files, the
// timer slack, the processors to run on.
package inherited

import (
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter/entry"
)

// Restore is for the beginning of main. The threads that the Go runtime has started so far
// keep the timer slack that they have inherited from the first one: nobody there sleeps
// for long. See Thread.
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

// Thread gives the calling thread the timer slack and the processors that the program was
// started with, and keeps the goroutine on it until unlock is called. It is for whoever
// makes a process, which inherits both, or waits for one that spins. placed says that the
// thread has been put on the processors that the new process is to begin on.
func Thread(placed bool) (unlock func()) {
	runtime.LockOSThread()
	restoreTimerSlack()
	if !placed {
		restoreAffinity(0)
	}
	return runtime.UnlockOSThread
}

// Staying is for a process that will be there for a while: its threads may run on all
// processors again.
func Staying() {
	if entry.AffinitySize == 0 {
		return
	}
	threads, _ := os.ReadDir("/proc/self/task") // without /proc they stay where they are
	for _, t := range threads {
		if tid, err := strconv.Atoi(t.Name()); err == nil {
			restoreAffinity(tid)
		}
	}
}

// restoreAffinity is for the thread tid, or for the calling one, 0.
func restoreAffinity(tid int) {
	if entry.AffinitySize != 0 {
		_, _, _ = unix.RawSyscall(unix.SYS_SCHED_SETAFFINITY, uintptr(tid), entry.AffinitySize, uintptr(unsafe.Pointer(&entry.Affinity)))
	}
}
