package conformance

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

var writeTable = flag.Bool("table", false, "run the programs with runc and crun too and write the table of README.md")

// inside marks the process that has the mount namespace.
const inside = "RUNSEAL_CONFORMANCE_INSIDE"

// TestMain executes the test binary once more in a mount namespace of its own, whose
// mounts are private: programs and runtimes mount, and so does mountControllers.
func TestMain(m *testing.M) {
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "integration/conformance needs root: it runs containers")
		os.Exit(1)
	}
	flag.Parse()
	if os.Getenv(inside) == "" {
		os.Exit(again())
	}
	// The programs leave the processes of stopped containers to whoever collects orphans.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, "become child subreaper:", err)
		os.Exit(1)
	}
	unix.Umask(0o022)
	undo, err := mountControllers()
	if err == nil {
		err = mountScratch()
	}
	status := 1
	if err == nil {
		status = m.Run()
	}
	for _, err := range []error{err, removeCgroups(), undo()} {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

// mountScratch puts a tmpfs over the directory for temporary files: the programs unpack some
// 150 root file systems of 370 files, which is most of their work.
func mountScratch() error {
	if err := unix.Mount("none", os.TempDir(), "tmpfs", 0, "mode=1777"); err != nil {
		return fmt.Errorf("mount tmpfs on %s: %w", os.TempDir(), err)
	}
	return nil
}

func again() int {
	scratch, err := os.MkdirTemp("", "runseal-conformance-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.Remove(scratch)
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), inside+"=1", "TMPDIR="+scratch, "GOTMPDIR="+os.TempDir())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	// Go makes the mounts of the new namespace private.
	cmd.SysProcAttr = &unix.SysProcAttr{Unshareflags: unix.CLONE_NEWNS, Pdeathsig: unix.SIGKILL}
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode()
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
