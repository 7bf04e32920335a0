package hostile

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

const apart = "RUNSEAL_HOSTILE_APART"

// TestMain executes the tests in a mount namespace of their own, so that a mount which is
// there after a test is one that the test, or the runtime, has made: on the host others
// mount and unmount, too.
func TestMain(m *testing.M) {
	if os.Getenv(suspendVar) != "" {
		suspend()
		return
	}
	if os.Getenv(apart) != "" || os.Geteuid() != 0 {
		box.Main(m)
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), apart+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, "execute the tests in a mount namespace of their own:", err)
		os.Exit(1)
	}
	os.Exit(cmd.ProcessState.ExitCode())
}
