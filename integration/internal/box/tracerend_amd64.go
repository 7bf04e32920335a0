package box

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// settle follows the children that are still there until each of them has executed its
// program, has ended, or sleeps in a call: a command may end before the child that it
// leaves has come that far.
func (t *tracer) settle() error {
	for began := time.Now(); time.Since(began) < traceLimit; {
		busy := false
		for tid, c := range t.tracees {
			var ws unix.WaitStatus
			got, err := unix.Wait4(tid, &ws, unix.WALL|unix.WNOTHREAD|unix.WNOHANG, nil)
			switch {
			case errors.Is(err, unix.EINTR) || err == nil && got == 0:
				busy = busy || !c.inside || !sleeps(tid)
				continue
			case errors.Is(err, unix.ECHILD): // a thread of the command's
				delete(t.tracees, tid)
				continue
			case err != nil:
				return err
			}
			busy = true
			if ws.Exited() || ws.Signaled() {
				delete(t.tracees, tid)
			} else if err := t.stopped(tid, ws); err != nil {
				return err
			}
		}
		if !busy {
			return nil
		}
		time.Sleep(50 * time.Microsecond)
	}
	return nil
}

// sleeps says whether a thread waits for something that a signal can end.
func sleeps(tid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	return err == nil && strings.Contains(string(data), "\nState:\tS")
}

// letGo leaves the children that are still there on their own: a created container waits.
// A tracee has to stand still for that.
func (t *tracer) letGo() error {
	for tid := range t.tracees {
		if err := unix.Kill(tid, unix.SIGSTOP); err != nil {
			delete(t.tracees, tid)
		}
	}
	for len(t.tracees) > 0 {
		var ws unix.WaitStatus
		tid, err := t.wait(&ws)
		if errors.Is(err, unix.ECHILD) {
			return nil
		}
		if err != nil {
			return err
		}
		c := t.tracees[tid]
		switch {
		case ws.Exited() || ws.Signaled():
			delete(t.tracees, tid)
		case c == nil:
			t.tracees[tid] = &tracee{child: true}
			fallthrough
		case ws.StopSignal() == unix.SIGSTOP:
			if err := unix.PtraceDetach(tid); err != nil && !errors.Is(err, unix.ESRCH) {
				return err
			}
			delete(t.tracees, tid)
		default:
			sig := int(ws.StopSignal())
			if sig&^0x80 == int(unix.SIGTRAP) {
				sig = 0
			}
			if err := t.resume(tid, sig); err != nil {
				return err
			}
		}
	}
	return nil
}
