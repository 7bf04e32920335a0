package runtime

import (
	"errors"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// forwarder passes signals on to a process that runs in the foreground. The
// channel is set up before the process exists, so that none is lost.
type forwarder struct {
	ch chan os.Signal
}

// forwardSignals starts collecting signals; with on false it does nothing.
func forwardSignals(on bool) *forwarder {
	if !on {
		return &forwarder{}
	}
	f := &forwarder{ch: make(chan os.Signal, 64)}
	signal.Notify(f.ch)
	return f
}

func (f *forwarder) stop() {
	if f.ch != nil {
		signal.Stop(f.ch)
	}
}

// to delivers what has been collected and what comes. SIGCHLD is ours; SIGURG
// is how the Go runtime preempts its own threads; SIGWINCH is the terminal's.
func (f *forwarder) to(pidfd int, resize func()) {
	for s := range f.ch {
		switch s {
		case unix.SIGCHLD, unix.SIGURG, unix.SIGPIPE:
		case unix.SIGWINCH:
			if resize != nil {
				resize()
				continue
			}
			fallthrough
		default:
			_ = unix.PidfdSendSignal(pidfd, s.(unix.Signal), nil, 0)
		}
	}
}

// attend waits for a child in the foreground and returns its exit status, or
// 128 and the number of the signal that ended it. Orphans that this process
// adopted as a subreaper are reaped on the way.
func attend(child *nsenter.Child, tty *os.File, fwd *forwarder) (int, error) {
	var t *terminal
	if tty != nil {
		var err error
		if t, err = serveTerminal(tty); err != nil {
			return 0, err
		}
		defer t.close()
	}
	go fwd.to(child.PidFD, t.resizer())
	for {
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, fmt.Errorf("wait for process %d: %w", child.Pid, err)
		case pid != child.Pid:
			continue
		case ws.Exited():
			return ws.ExitStatus(), nil
		case ws.Signaled():
			return 128 + int(ws.Signal()), nil
		}
	}
}
