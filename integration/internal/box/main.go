// Package box is the test bench of the root integration tests: one Box is one
// bundle, one private state directory and one cgroup path below /runseal-it-PID
// in every hierarchy, and nothing of the three survives the test.
//
// A test package calls [Main] from its TestMain and then
//
//	b := box.New(t, "/bin/sh", "-c", "exit 7")
//	b.Spec.Process.Cwd = "/tmp"
//	if r := b.Run(); r.Status != 7 { ... }
//
// [New] registers the clean-up, which is a test by itself: after `delete
// --force` of the box's containers there must be no process, cgroup, mount or
// state entry left, or the test fails with the list of what is.
//
// Commands write to files, not to pipes, because the process of a created
// container inherits them and would keep a pipe open; and every command has a
// time limit after which it is killed and the test fails.
//
// The package is for tests only. It assumes root and a cgroup file system
// below /sys/fs/cgroup; it defends against nothing.
package box

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/bundle"
)

// binary is the runtime under test; [Main] sets it before any test runs.
var binary string

// Binary is the absolute path of the runtime under test.
func Binary() string { return binary }

// Main runs the tests of one package. It ends with status 1, and never skips,
// when it is not run by root or when there is no runtime to test: environment
// variable RUNSEAL names the binary, otherwise it is built from this source
// tree.
//
// The test process becomes a child subreaper, so that the process of a
// detached container has a parent that collects it, see [WaitPid].
func Main(m *testing.M) {
	os.Exit(run(m))
}

// root says whether root runs the tests, and on standard error if not.
func root() bool {
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "integration tests need root: run them as root, or leave out ./integration/...")
	}
	return os.Geteuid() == 0
}

func run(m *testing.M) int {
	if !root() {
		return 1
	}
	scratch, err := os.MkdirTemp("", "runseal-it-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(scratch)
	if binary, err = findBinary(scratch); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, "become child subreaper:", err)
		return 1
	}
	// The modes of files in a root file system are part of what is tested.
	unix.Umask(0o022)
	defer removeCgroupParents()
	HeedSignals(func() {
		removeCgroupParents()
		os.RemoveAll(scratch)
	})
	return m.Run()
}

// findBinary returns the runtime that RUNSEAL names, or builds one in dir.
func findBinary(dir string) (string, error) {
	if p := os.Getenv("RUNSEAL"); p != "" {
		p, err := exec.LookPath(p)
		if err != nil {
			return "", fmt.Errorf("RUNSEAL: %w", err)
		}
		return filepath.Abs(p)
	}
	root, err := bundle.ModuleRoot()
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, "runseal")
	cmd := exec.Command("go", "build", "-tags", "urfave_cli_no_docs", "-o", out, "./cmd/runseal")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if msg, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build runseal (RUNSEAL is not set): %w\n%s", err, msg)
	}
	return out, nil
}
