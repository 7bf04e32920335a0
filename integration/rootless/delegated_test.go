package rootless

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// delegated gives a part of the cgroups to the user, as systemd does for a service with
// Delegate=yes, and has the runtime of a box run in it. It returns the directory.
func delegated(t *testing.T, b *box.Box) string {
	t.Helper()
	const root = "/sys/fs/cgroup"
	var fs unix.Statfs_t
	if err := unix.Statfs(root, &fs); err != nil || fs.Type != unix.CGROUP2_SUPER_MAGIC {
		t.Skip("only cgroup version 2 can be delegated, and version 1 is mounted here")
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(root+"/cgroup.subtree_control", []byte("+pids +memory"), 0))
	dir := filepath.Join(root, fmt.Sprintf("runseal-it-delegated-%d", os.Getpid()))
	own := filepath.Join(dir, "own")
	must(os.MkdirAll(own, 0o755))
	t.Cleanup(func() { // before the box's own, which does not know of these cgroups
		if r := b.Do("delete", "--force", b.ID); r.Status != 0 {
			t.Errorf("delete --force: exit status %d, stderr %q", r.Status, r.Stderr)
		}
		// Empty now, and without it the box has nothing to delete by the commands that join
		// these cgroups.
		if err := os.Remove(b.Root); err != nil {
			t.Error(err)
		}
		for _, d := range []string{filepath.Join(dir, "runseal"), own, dir} {
			if err := os.Remove(d); err != nil && !os.IsNotExist(err) {
				t.Error(err)
			}
		}
	})
	for _, name := range []string{".", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads", "own", "own/cgroup.procs"} {
		must(os.Chown(filepath.Join(dir, name), user, user))
	}
	as(t, b, user)
	b.Wrap([]string{tests}, fmt.Sprintf("%s=%d", asEnv, user), cgroupEnv+"="+own)
	return dir
}

// TestDelegated: limits hold in a cgroup that the user may make.
func TestDelegated(t *testing.T) {
	b := box.New(t, "/bin/sh", "-c", "trap 'exit 0' TERM; sleep 600 & while :; do wait; done")
	forUser(b)
	dir := delegated(t, b)
	pids, memory := int64(5), int64(32<<20)
	b.Spec.Linux.Resources.Pids = &specs.LinuxPids{Limit: &pids}
	b.Spec.Linux.Resources.Memory = &specs.LinuxMemory{Limit: &memory}
	b.Up()
	cgroup := filepath.Join(dir, "runseal", b.ID)
	for file, want := range map[string]string{"pids.max": "5\n", "memory.max": "33554432\n"} {
		if got, err := os.ReadFile(filepath.Join(cgroup, file)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; expected %q", file, got, err, want)
		}
	}
	r := b.Do("exec", b.ID, "sh", "-c", "for i in 1 2 3 4 5 6; do sleep 1 & done; wait")
	if !strings.Contains(r.Stderr, "can't fork") {
		t.Errorf("more processes than five: %+v", r)
	}
	b.Must("update", "--pids-limit", "9", b.ID)
	if got, err := os.ReadFile(filepath.Join(cgroup, "pids.max")); err != nil || string(got) != "9\n" {
		t.Errorf("after update: %q, %v", got, err)
	}
	b.Must("pause", b.ID)
	if s := b.State(); s.Status != "paused" {
		t.Errorf("%+v", s)
	}
	b.Must("resume", b.ID)
	if r := b.Must("events", "--stats", b.ID); !strings.Contains(r.Stdout, `,"limit":9},"blkio"`) {
		t.Errorf("events: %q", r.Stdout)
	}
	b.Must("kill", "--all", b.ID, "TERM")
	b.WaitFor("stopped")
	b.Must("delete", b.ID)
	if _, err := os.Stat(cgroup); !os.IsNotExist(err) {
		t.Errorf("the cgroup is still there: %v", err)
	}
	b.Up()
	b.Must("delete", "--force", b.ID)
	b.NothingLeft()
}
