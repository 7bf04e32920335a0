package systemd

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestReload: systemd reads its units again, and writes other limits of the same
// unit and of its slice; ours stay, and so do the device rules.
func TestReload(t *testing.T) {
	u := scope(t, "sleep 600")
	u.Mount("tmpfs", "tmpfs", "/tmp", "")
	files := limits(u)
	u.Up()
	u.files(t, files...)
	if version(t) < 257 { // 50.5 percent, rounded up to what it can keep
		files[slices.Index(files, "cpu.max=50500 100000")] = "cpu.max=51000 100000"
	}
	for _, args := range [][]string{
		{"daemon-reload"},
		{"set-property", "--runtime", u.Unit, "IOWeight=50"},
		{"set-property", "--runtime", u.Unit, "MemoryMin=4096"},
		{"set-property", "--runtime", "system.slice", "MemoryLow=4096"},
		{"daemon-reexec"},
	} {
		systemctl(t, args...)
		u.files(t, files...)
		if r := u.Do("exec", u.ID, "sh", "-c", denied); r.Status != 0 {
			t.Errorf("after %v: the device rules: exit status %d, stderr %q", args, r.Status, r.Stderr)
		}
	}
	systemctl(t, "revert", "system.slice")
	u.want(t, "ActiveState=active", "MemoryMax=67108864", "TasksMax=33")
}

// version is systemd's.
func version(t *testing.T) (n int) {
	t.Helper()
	text := systemctl(t, "--version")
	if _, err := fmt.Sscanf(text, "systemd %d", &n); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return n
}

// TestReloadAlone: a unit without any limit of ours is not given any.
func TestReloadAlone(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	u.Up()
	u.files(t, "memory.max=max", "cpu.max=max 100000", "memory.oom.group=0")
	systemctl(t, "daemon-reload")
	u.files(t, "memory.max=max", "cpu.max=max 100000", "memory.oom.group=0")
}

// TestReexec: systemd executes itself again, which ends its connections, at any
// moment of create, update and delete.
func TestReexec(t *testing.T) {
	u := scope(t, "sleep 600")
	for range box.Rounds(6) {
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for {
				systemctl(t, "daemon-reexec")
				select {
				case <-stop:
					return
				case <-time.After(box.Slow(20 * time.Millisecond)):
				}
			}
		}()
		r := u.TryCreate().Wait()
		change := u.Do("update", "--pids-limit", "9", u.ID)
		d := u.Do("delete", "--force", u.ID)
		close(stop)
		<-done
		if r.Status != 0 || change.Status != 0 || d.Status != 0 {
			t.Errorf("create: %d %q, update: %d %q, delete: %d %q", r.Status, r.Stderr, change.Status, change.Stderr, d.Status, d.Stderr)
		}
	}
	u.NothingLeft()
}
