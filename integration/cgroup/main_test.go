// Package cgroup_test runs package runtime/cgroup on the machine's real cgroups,
// as root: limits that the kernel enforces, processes that are frozen and
// killed, and nothing left behind.
package cgroup_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/runtime/cgroup"
)

func TestMain(m *testing.M) {
	if os.Geteuid() != 0 {
		fmt.Println("cgroups can be made by root only")
		os.Exit(1)
	}
	if os.Getenv(innerEnv) != "" {
		if err := mountV2(); err != nil {
			fmt.Println("mounting cgroup v2:", err)
			os.Exit(1)
		}
	}
	if here, err := inside(); here {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	box.HeedSignals(func() {})
	if os.Getenv(innerEnv) != "" {
		os.Exit(keepRoot(m.Run))
	}
	os.Exit(m.Run())
}

func ptr[T any](v T) *T { return &v }

var serial int

// newPath returns a cgroupsPath that nobody else uses.
func newPath() string {
	serial++
	return fmt.Sprintf("/runseal-test-%d-%d", os.Getpid(), serial)
}

// container makes a cgroup with limits; it is killed and destroyed with the test.
func container(t testing.TB, path string, r *specs.LinuxResources) *cgroup.Cgroup {
	t.Helper()
	c := build(t, path, r)
	if err := c.Create(); err != nil {
		t.Fatal(err)
	}
	if err := c.Set(); err != nil {
		t.Fatal(err)
	}
	return c
}

// build is container without Create and Set.
func build(t testing.TB, path string, r *specs.LinuxResources) *cgroup.Cgroup {
	t.Helper()
	c, err := cgroup.New(layout(t), spec(path, r), "id")
	if err != nil {
		t.Fatal(err)
	}
	forget := box.OnSignal(func() {
		o := cgroup.Open(c.Paths())
		o.Kill()
		o.Destroy()
	})
	t.Cleanup(func() {
		defer forget()
		o := cgroup.Open(c.Paths())
		if err := o.Kill(); err != nil {
			t.Error(err)
		}
		if err := o.Destroy(); err != nil {
			t.Error(err)
		}
		gone(t, c)
	})
	return c
}

// gone checks that no directory is left.
func gone(t testing.TB, c *cgroup.Cgroup) {
	t.Helper()
	for k, p := range c.Paths() {
		if _, err := os.Lstat(p); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: %s is still there (%v)", k, p, err)
		}
	}
}

// shell starts a shell script inside the cgroup, the way the runtime does: born
// in the version 2 cgroup, it joins version 1 by itself.
func shell(t testing.TB, c *cgroup.Cgroup, script string) *exec.Cmd {
	t.Helper()
	files := c.TaskFiles()
	cmd := exec.Command("/bin/sh", append([]string{"-c", `for f; do echo 0 > "$f" || exit 99; done; ` + script, "sh"}, files...)...)
	if dir := c.UnifiedDir(); dir != "" {
		fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: fd}
	}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// output runs a script inside the cgroup to its end.
func output(t testing.TB, c *cgroup.Cgroup, script string) (string, error) {
	t.Helper()
	cmd := shell(t, c, script)
	err := cmd.Wait()
	return cmd.Stdout.(*strings.Builder).String(), err
}
