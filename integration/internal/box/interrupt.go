package box

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

var (
	cleanups    sync.Map // functions, by pointers that tell them apart
	interrupted atomic.Bool
)

// OnSignal has clean called when a signal ends the tests (^C at make test), before the
// process ends, unless forget has been called by then. Tests that run may go on meanwhile,
// but not past [Pass].
func OnSignal(clean func()) (forget func()) {
	key := &clean
	cleanups.Store(key, clean)
	return func() { cleanups.Delete(key) }
}

// HeedSignals ends this process when a signal comes, after what is registered, and last.
// [Main] calls it.
func HeedSignals(last func()) {
	onSignals(func(s unix.Signal) {
		interrupted.Store(true)
		fmt.Fprintln(os.Stderr, "interrupted: removing what the tests have made")
		for range 2 { // what was about to be registered, too
			cleanups.Range(func(key, clean any) bool {
				clean.(func())()
				cleanups.Delete(key)
				return true
			})
		}
		last()
		os.Exit(128 + int(s))
	})
}

// onSignals has do called for each signal that would end this process.
func onSignals(do func(unix.Signal)) {
	end := make(chan os.Signal, 1)
	for _, s := range []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP} {
		if !signal.Ignored(s) { // and so by what is started here
			signal.Notify(end, s)
		}
	}
	go func() {
		for s := range end {
			do(s.(unix.Signal))
		}
	}()
}

// abandon removes the box while its test runs.
func (b *Box) abandon() {
	Until(func() bool {
		b.kill()
		Reap()
		b.force()
		return b.remove() == nil && len(b.Processes())+len(b.Cgroups())+len(b.Mounts()) == 0
	})
}

// Until repeats what removes everything, since what has begun may make more: twice at
// least, and until it succeeds or two seconds are over.
func Until(removed func() bool) {
	removed()
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
		if removed() {
			return
		}
	}
}

// Pass lets a test begin something, unless the tests have been interrupted.
func Pass() {
	if interrupted.Load() {
		select {}
	}
}
