package cgroup_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/runseal/runseal/runtime/cgroup"
	"golang.org/x/sys/unix"
)

// withoutKill covers cgroup.kill (Linux 5.14), if the kernel has it, so that writing to
// it does nothing, until the test is over.
func withoutKill(t *testing.T, c *cgroup.Cgroup) {
	t.Helper()
	dir := c.UnifiedDir()
	if dir == "" {
		return
	}
	file := filepath.Join(dir, "cgroup.kill")
	if _, err := os.Stat(file); os.IsNotExist(err) {
		t.Log("this kernel has no cgroup.kill")
		return
	}
	if err := unix.Mount("/dev/null", file, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(file, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// TestKillForksOneByOne is TestKillForks on a kernel before 5.14, of version 1 or 2: each
// process is killed by itself, and found among those that come and go.
func TestKillForksOneByOne(t *testing.T) {
	c := container(t, newPath(), nil)
	withoutKill(t, c)
	cmd := shell(t, c, `hop() { (hop) & exit 0; }; for i in 0 1 2 3 4 5 6 7 8 9; do (hop) & done; sleep 60 >/dev/null 2>&1`)
	first := waitPids(t, c, 5)
	time.Sleep(5 * time.Millisecond)
	later, err := c.Pids()
	if err != nil || len(later) < 5 || slices.Equal(first, later) {
		t.Fatalf("the processes do not fork: %v, then %v (%v)", first, later, err)
	}
	begin := time.Now()
	if err := c.Kill(); err != nil {
		t.Fatal(err)
	}
	t.Logf("killed in %s", time.Since(begin))
	cmd.Wait()
	if pids, err := c.Pids(); len(pids) != 0 || err != nil {
		t.Errorf("left: %v %v", pids, err)
	}
}
