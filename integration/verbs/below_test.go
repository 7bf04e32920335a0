package verbs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// What stops a cgroup, and what lets it go on.
var frozen, thawed = map[bool]string{false: "FROZEN", true: "1"}[v2], map[bool]string{false: "THAWED", true: "0"}[v2]

// frozenBelow is a container whose processes are in a cgroup below its own and
// frozen there, as by a runtime that runs in the container. The container itself
// is not paused.
func frozenBelow(t *testing.T) (b *box.Box, pid int) {
	t.Helper()
	b = counter(t)
	pid = b.Up()
	counts(t, b)
	below := filepath.Join(dir(b, "freezer"), "below")
	must(t, os.Mkdir(below, 0o755))
	must(t, os.WriteFile(filepath.Join(below, "cgroup.procs"), []byte(itoa(pid)), 0))
	must(t, os.WriteFile(filepath.Join(below, freezer.name()), []byte(frozen), 0))
	t.Cleanup(func() { // for a test that has failed
		os.WriteFile(filepath.Join(below, freezer.name()), []byte(thawed), 0)
	})
	time.Sleep(10 * time.Millisecond)
	still(t, b)
	return b, pid
}

// TestDeleteFrozenBelow: a container cannot keep its first process from being
// killed by freezing it.
func TestDeleteFrozenBelow(t *testing.T) {
	b, _ := frozenBelow(t)
	b.ReapOrphans()
	if r := b.Must("delete", "--force", b.ID); r.Took > 5*time.Second {
		t.Errorf("delete --force took %v", r.Took)
	}
	b.NothingLeft()
}

// TestKillFrozenBelow: SIGKILL ends it as it ends one that is paused.
func TestKillFrozenBelow(t *testing.T) {
	for _, all := range []bool{false, true} {
		b, pid := frozenBelow(t)
		flags := []string{"kill", b.ID, "KILL"}
		if all {
			flags = append(flags, "--all")
		}
		b.Must(flags...)
		gone := func() bool { return b.State().Status == "stopped" }
		if !box.Eventually(gone) {
			t.Errorf("%q: process %d is still there", flags, pid)
		}
		b.WaitPid(pid)
		b.Must("delete", b.ID)
	}
}

// TestExecFrozen: exec into a container that is not paused, but that no process can run
// in, since a cgroup above it is frozen. It does not wait for that to end.
func TestExecFrozen(t *testing.T) {
	b := counter(t)
	b.Up()
	pod := filepath.Join(filepath.Dir(dir(b, "freezer")), freezer.name())
	must(t, os.WriteFile(pod, []byte(frozen), 0))
	t.Cleanup(func() { os.WriteFile(pod, []byte(thawed), 0) })
	time.Sleep(10 * time.Millisecond)
	still(t, b)
	p := b.Start(nil, "exec", b.ID, "/bin/true")
	timer := time.AfterFunc(10*time.Second, func() { os.WriteFile(pod, []byte(thawed), 0) })
	defer timer.Stop()
	if r := p.Wait(); r.Status != 255 || !strings.Contains(r.Stderr, "expected a cgroup that is not frozen") || r.Took > 5*time.Second {
		t.Errorf("exit status %d, stderr %q, after %v", r.Status, r.Stderr, r.Took)
	}
	p = b.Start(nil, "exec", "--ignore-paused", b.ID, "/bin/sh", "-c", "echo begun; exit 7")
	time.Sleep(100 * time.Millisecond)
	if out := p.Output(); out != "" {
		t.Errorf("the process runs in a frozen container: %q", out)
	}
	must(t, os.WriteFile(pod, []byte(thawed), 0))
	if r := p.Wait(); r.Status != 7 || r.Stdout != "begun\n" {
		t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

// TestDeleteFrozenAbove: of a container in a pod that was paused, version 1 kills nothing,
// and the answer says what is in the way; version 2 does.
func TestDeleteFrozenAbove(t *testing.T) {
	b := counter(t)
	b.Up()
	b.ReapOrphans()
	pod := filepath.Join(filepath.Dir(dir(b, "freezer")), freezer.name())
	must(t, os.WriteFile(pod, []byte(frozen), 0))
	t.Cleanup(func() { os.WriteFile(pod, []byte(thawed), 0) })
	time.Sleep(10 * time.Millisecond)
	still(t, b)
	r := b.Do("delete", "--force", b.ID)
	if r.Took > 5*time.Second {
		t.Errorf("delete --force took %v", r.Took)
	}
	if v2 {
		if r.Status != 0 {
			t.Errorf("%+v", r)
		}
	} else if r.Status != 1 || !strings.Contains(r.Stderr, "a cgroup above its own is frozen") || b.State().Status != "running" {
		t.Errorf("%+v", r)
	}
	must(t, os.WriteFile(pod, []byte(thawed), 0))
	b.Must("delete", "--force", b.ID)
	b.NothingLeft()
}
