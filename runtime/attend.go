package runtime

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/nsenter/inherited"
	"github.com/runseal/runseal/runtime/signals"
)

// attend serves a child in the foreground: its terminal and its signals, which
// the caller has been catching since before the child existed. It waits for the
// end and returns the exit status, or 128 and the number of the signal that
// ended the child. Orphans that this process adopted as a subreaper are reaped
// on the way.
func attend(child *nsenter.Child, tty *os.File) (int, error) {
	var t *terminal
	if tty != nil {
		var err error
		if t, err = serveTerminal(tty); err != nil {
			child.Kill()
			return 0, err
		}
		defer t.close()
	}
	signals.To(child.PidFD)
	inherited.Staying()
	// The caller restores the signals when it has cleaned up: until then one
	// more of them must not end this process.
	defer signals.To(-1)
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
