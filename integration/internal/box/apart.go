package box

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// apartEnv marks the process that has the mount namespace.
const apartEnv = "RUNSEAL_IT_APART"

// Apart gives the tests of a package a mount namespace of their own with private mounts: a
// mount that is there after a test is then one that the test, or the runtime, has made,
// and none that a test makes is the host's. It executes the test binary once more and
// ends this process with that one's status; there it returns. TMPDIR is then a new
// directory that every user may enter, and that is gone afterwards; env are further variables.
//
// A TestMain calls it before anything else. Without root the status is 1, as [Main]'s.
func Apart(env ...string) {
	if os.Getenv(apartEnv) == "" {
		os.Exit(again(env))
	}
}

func again(env []string) int {
	if !root() {
		return 1
	}
	scratch, err := os.MkdirTemp("", "runseal-it-")
	if err == nil {
		defer os.RemoveAll(scratch)
		err = os.Chmod(scratch, 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(append(os.Environ(), apartEnv+"=1", "TMPDIR="+scratch), env...)
	// Go makes the mounts of the new namespace private. The signal comes when the thread
	// ends that has made the process.
	runtime.LockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if err = cmd.Start(); err == nil {
		onSignals(func(s unix.Signal) { cmd.Process.Signal(s) })
		err = cmd.Wait()
	}
	if err != nil && (cmd.ProcessState == nil || !cmd.ProcessState.Exited()) {
		fmt.Fprintln(os.Stderr, "the tests in a mount namespace of their own:", err)
		return 1
	}
	return cmd.ProcessState.ExitCode()
}
