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
	boxes       sync.Map // each *Box that is not removed yet
	interrupted atomic.Bool
)

// cleanOnSignal has a signal that ends the tests (^C at make test) remove first what the
// boxes have made, and what last removes.
func cleanOnSignal(last func()) {
	end := make(chan os.Signal, 1)
	for _, s := range []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP} {
		if !signal.Ignored(s) { // and so by what is started here
			signal.Notify(end, s)
		}
	}
	go func() {
		s := (<-end).(unix.Signal)
		interrupted.Store(true)
		fmt.Fprintln(os.Stderr, "interrupted: removing the containers of the tests")
		boxes.Range(func(key, _ any) bool {
			b := key.(*Box)
			// A command that has begun may make more.
			for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
				b.kill()
				Reap()
				b.force()
				if len(b.Processes())+len(b.Cgroups())+len(b.Mounts()) == 0 {
					break
				}
			}
			b.remove()
			return true
		})
		last()
		os.Exit(128 + int(s))
	}()
}

// pass lets a test start a command, unless the tests have been interrupted.
func pass() {
	if interrupted.Load() {
		select {}
	}
}
