package cli

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestPidfdKilledEarly: whoever has the pidfd can end the process while it is being set up.
// The command is held before it lets the process go on, until that has ended; its error
// says so, and nothing is left.
func TestPidfdKilledEarly(t *testing.T) {
	const killed = "runseal: the container's process was killed while it was being set up (out of memory? see linux.resources.memory.limit)\n"
	up, c := sleeper(t), sleeper(t)
	up.Up()
	c.WriteConfig(c.Config())
	for _, try := range []struct {
		b      *box.Box
		args   []string
		signal unix.Signal
		status int
		stderr string
	}{
		{c, []string{"run", "--bundle", c.Dir}, unix.SIGKILL, 1, killed},
		{c, []string{"create", "--bundle", c.Dir}, unix.SIGKILL, 1, killed}, // as process 1 of a namespace it ignores others
		{up, []string{"exec"}, unix.SIGTERM, 255, "runseal: the container's process was ended by signal 15 while it was being set up\n"},
	} {
		r := receive(t)
		sent, ended := false, false
		args := append(try.args, "--pidfd-socket", r.path, try.b.ID)
		if try.b == up {
			args = append(args, "/bin/sleep", "1000")
		}
		got, err := try.b.Trace(false, func(call box.Call) box.Verdict {
			switch {
			case call.NR == unix.SYS_SENDMSG: // with the pidfd
				sent = true
			case call.NR == unix.SYS_SENDTO && sent: // the byte for which the process waits
				sent = false
				_, fd := r.take()
				must(t, unix.PidfdSendSignal(fd, try.signal, nil, 0))
				ended = box.Eventually(func() bool {
					n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
					return err == nil && n == 1
				})
			}
			return box.GoOn
		}, args...)
		must(t, err)
		if !ended || got.Status != try.status || got.Stderr != try.stderr || got.Stdout != "" {
			t.Errorf("%s: ended early %v, %+v; expected status %d and %q", try.args[0], ended, got, try.status, try.stderr)
		}
		c.NothingLeft()
	}
	if r := up.Must("ps", "--format", "json", up.ID); strings.Contains(r.Stdout, ",") {
		t.Errorf("exec has left a process: %s", r.Stdout)
	}
}
