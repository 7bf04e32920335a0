package conformance

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

var writeTable = flag.Bool("table", false, "run the programs with runc and crun too and write the table of README.md")

// TestMain executes the tests in a mount namespace of their own: programs and runtimes
// mount, and so does mountControllers.
func TestMain(m *testing.M) {
	flag.Parse()
	box.Apart("GOTMPDIR=" + os.TempDir()) // go's own is not to be on a tmpfs
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
