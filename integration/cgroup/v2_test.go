package cgroup_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime/cgroup"
	"golang.org/x/sys/unix"
)

const innerEnv = "RUNSEAL_TEST_PURE_V2"

// TestPureV2 runs the tests again where /sys/fs/cgroup is version 2: on a host
// of version 1 that is a mount namespace of their own in which the (same,
// controller-less) version 2 tree is mounted there.
func TestPureV2(t *testing.T) {
	if os.Getenv(innerEnv) != "" || layout(t).Mode == cgroup.V2 {
		pureV2(t)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^(TestPureV2|TestJoin|TestDefaultPath|TestFreeze|TestKillBelow|TestDevices|TestDeviceProgram|TestDevicesOfTheParent|TestDevicesUnderABar|TestKernelWithoutDevicePrograms|TestDestroyDeep|TestNotOurs|TestPopulated|TestHostilePaths)$", "-test.v")
	cmd.Env = append(os.Environ(), innerEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS} // Go makes all mounts private
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestPureV2") || strings.Contains(string(out), "--- SKIP") {
		t.Errorf("%v\n%s", err, out)
	}
}

// mountV2 is called by TestMain in the mount namespace.
func mountV2() error {
	var st unix.Statfs_t
	if err := unix.Statfs("/sys/fs/cgroup", &st); err == nil && st.Type == unix.CGROUP2_SUPER_MAGIC {
		return nil
	}
	return unix.Mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, "")
}

// keepRoot runs f and takes back the controllers that the root of version 2 gives to
// those below it since then: a hierarchy of version 1 could not have them any more.
func keepRoot(f func() int) int {
	const control = "/sys/fs/cgroup/cgroup.subtree_control"
	before, err := os.ReadFile(control)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	status := f()
	after, err := os.ReadFile(control)
	for _, c := range strings.Fields(string(after)) {
		if !slices.Contains(strings.Fields(string(before)), c) {
			err = errors.Join(err, os.WriteFile(control, []byte("-"+c), 0))
		}
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return status
}

func pureV2(t *testing.T) {
	l := layout(t)
	if l.Mode != cgroup.V2 || l.Unified != "/sys/fs/cgroup" || len(l.Hierarchies) != 0 {
		t.Fatalf("%+v", l)
	}
	c := container(t, newPath(), nil)
	if len(c.TaskFiles()) != 0 || len(c.Paths()) != 1 {
		t.Errorf("%v", c.Paths())
	}
	cmd := shell(t, c, "sleep 60 > /dev/null 2>&1 & sleep 60 > /dev/null 2>&1 & wait")
	waitPids(t, c, 3)
	if err := c.Freeze(); err != nil {
		t.Fatal(err)
	}
	if err := c.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	// A limit whose controller is not there names the field.
	if controllers, err := os.ReadFile("/sys/fs/cgroup/cgroup.controllers"); err != nil || strings.Contains(string(controllers), "pids") {
		return // a host of version 2 (or no file): it has the controller
	}
	p := build(t, newPath(), &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(5))}})
	if err := p.Create(); err != nil {
		t.Fatal(err)
	}
	if err := p.Set(); err == nil || !strings.HasPrefix(err.Error(), "linux.resources.pids.limit: 5: pids.max: no such file") {
		t.Errorf("%v", err)
	}
}
