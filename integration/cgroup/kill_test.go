package cgroup_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime/cgroup"
	"golang.org/x/sys/unix"
)

// oneByOne is the container's cgroup without cgroup.kill (Linux 5.14), so that
// Kill has to find the processes by itself. On version 1 there is none but in the
// version 2 tree beside it; on version 2 an empty file is mounted over it.
func oneByOne(t *testing.T, c *cgroup.Cgroup) *cgroup.Cgroup {
	t.Helper()
	paths := c.Paths()
	if len(paths) > 1 {
		delete(paths, "")
		return cgroup.Open(paths)
	}
	kill := filepath.Join(paths[""], "cgroup.kill")
	if _, err := os.Stat(kill); err != nil {
		return c // Linux 5.10
	}
	file := filepath.Join(t.TempDir(), "kill")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(file, kill, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(kill, unix.MNT_DETACH); err != nil && err != unix.ENOENT {
			t.Error(err)
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != "1" {
			t.Errorf("the file over cgroup.kill holds %q, %v: Kill has not tried it", text, err)
		}
	})
	return c
}

// hops is a shell script of ten processes, each of which goes on in a child as
// fast as it can.
const hops = `hop() { (hop) & exit 0; }; for i in 0 1 2 3 4 5 6 7 8 9; do (hop) & done; sleep 60 >/dev/null 2>&1`

// TestKillForks: all are found, by the kernel and one by one. (The limit is for
// the machine's sake, and far above ten: a process counts until it is reaped.)
func TestKillForks(t *testing.T) {
	for name, how := range map[string]func(*testing.T, *cgroup.Cgroup) *cgroup.Cgroup{
		"at once":    func(_ *testing.T, c *cgroup.Cgroup) *cgroup.Cgroup { return c },
		"one by one": oneByOne,
	} {
		t.Run(name, func(t *testing.T) {
			c := container(t, newPath(), &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(2000))}})
			o := how(t, c)
			cmd := shell(t, c, hops)
			first := waitPids(t, c, 5)
			later := first
			for end := time.Now().Add(5 * time.Second); slices.Equal(first, later) && time.Now().Before(end); time.Sleep(time.Millisecond) {
				var err error
				if later, err = c.Pids(); err != nil {
					t.Fatal(err)
				}
			}
			if len(later) < 2 || slices.Equal(first, later) { // some are between two lives
				t.Fatalf("the processes do not fork: %v, then %v", first, later)
			}
			begin := time.Now()
			if err := o.Kill(); err != nil {
				t.Fatal(err)
			}
			t.Logf("killed in %s", time.Since(begin))
			cmd.Wait()
			if pids, err := c.Pids(); len(pids) != 0 || err != nil {
				t.Errorf("left: %v %v", pids, err)
			}
		})
	}
}

// TestKillBelow: processes that are in a cgroup below the container's, found one by
// one, and frozen there.
func TestKillBelow(t *testing.T) {
	for _, frozen := range []bool{false, true} {
		c := container(t, newPath(), nil)
		o := oneByOne(t, c)
		// The processes move by themselves: what they are frozen with is in the
		// hierarchy that they are killed by.
		dir, list, freeze, state := c.Paths()["freezer"], "tasks", "freezer.state", "FROZEN"
		if dir == "" {
			dir, list, freeze, state = c.UnifiedDir(), "cgroup.procs", "cgroup.freeze", "1"
		}
		sub := filepath.Join(dir, "a", "b")
		if err := os.MkdirAll(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := shell(t, c, "echo 0 > "+sub+"/"+list+"; sleep 60 & sleep 60 & wait")
		pids := waitPids(t, o, 3)
		if !slices.Contains(pids, cmd.Process.Pid) {
			t.Errorf("processes %v, want %d among them", pids, cmd.Process.Pid)
		}
		if frozen {
			if err := os.WriteFile(filepath.Join(filepath.Dir(sub), freeze), []byte(state), 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		if err := o.Destroy(); err != nil {
			t.Fatal(err)
		}
	}
}
