//go:build linux && amd64

package notify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestExitUnanswered: the execve fails, and the exit of the process is the agent's, who
// does not answer or is gone. run says why the execve failed.
func TestExitUnanswered(t *testing.T) {
	for _, alive := range []bool{true, false} {
		a := listen(t)
		b := container(t, a.path, wait, "exit_group")
		b.File("/prog", "neither ELF nor script", 0o755)
		b.WriteConfig(b.Config())
		run := b.Start(nil, "run", "--bundle", b.Dir, b.ID)
		p := a.take()
		if alive {
			p.receive(t)
		} else {
			p.Close()
		}
		r := run.Wait()
		if r.Status == 0 || !strings.Contains(r.Stderr, "exec format error") || r.Took > box.Slow(5*time.Second) {
			t.Errorf("agent alive %v: %+v", alive, r)
		}
		b.NothingLeft()
	}
}

// freeze freezes the container from outside. On version 1 of cgroups SIGKILL waits
// for the thaw.
func freeze(t *testing.T, b *box.Box) {
	t.Helper()
	var done []string
	for _, dir := range b.Cgroups() {
		for file, value := range map[string]string{"freezer.state": "FROZEN", "cgroup.freeze": "1"} {
			file = filepath.Join(dir, file)
			if _, err := os.Stat(file); err != nil || file == filepath.Join("/sys/fs/cgroup/unified", b.Cgroup, "cgroup.freeze") {
				continue // of the two in a hybrid layout the runtime uses version 1's
			}
			if err := os.WriteFile(file, []byte(value), 0); err != nil {
				t.Fatal(err)
			}
			done = append(done, file)
		}
	}
	if len(done) != 1 {
		t.Fatalf("freezers: %q, expected one", done)
	}
}

// TestFrozen: what is frozen can be deleted, and does not hang a command that gives up.
func TestFrozen(t *testing.T) {
	t.Run("delete", func(t *testing.T) {
		a := listen(t)
		b := container(t, a.path, wait, "rmdir")
		pid := b.Up()
		defer a.take().Close()
		freeze(t, b)
		if r := b.Must("delete", "--force", b.ID); r.Took > box.Slow(5*time.Second) {
			t.Errorf("delete --force took %v", r.Took)
		}
		b.WaitPid(pid)
		b.NothingLeft()
	})
	t.Run("run", func(t *testing.T) {
		a := listen(t)
		b := container(t, a.path, wait, "rmdir")
		b.Spec.Annotations = map[string]string{"big": strings.Repeat("x", 1<<20)}
		b.WriteConfig(b.Config())
		run := b.Start(nil, "run", "--bundle", b.Dir, b.ID)
		conn := a.accepted()
		sleep(100)
		freeze(t, b)
		began := time.Now()
		conn.Close()
		if r := run.Wait(); r.Status == 0 || time.Since(began) > box.Slow(5*time.Second) {
			t.Errorf("run: %+v, %v after the agent has hung up", r, time.Since(began))
		}
		b.NothingLeft()
	})
}
