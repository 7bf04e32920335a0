package verbs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestPause: everything stands still, also in a cgroup below, until resume.
func TestPause(t *testing.T) {
	b := counter(t)
	b.Up()
	counts(t, b)
	below := filepath.Join(dir(b, "freezer"), "below")
	must(t, os.Mkdir(below, 0o755))
	b.Must("exec", "--detach", b.ID, "/bin/sh", "-c", "i=0; while :; do i=$((i+1)); echo $i > /m; done")
	pids := jsonPids(t, b)
	must(t, os.WriteFile(filepath.Join(below, "cgroup.procs"), []byte(itoa(pids[len(pids)-1])), 0))
	second := func() string {
		text, _ := os.ReadFile(b.Path("m"))
		return string(text)
	}
	b.ReapOrphans()

	for range 2 {
		r := b.Must("pause", b.ID)
		if r.Stdout+r.Stderr != "" {
			t.Errorf("pause says %q %q", r.Stdout, r.Stderr)
		}
		if st := b.State(); st.Status != "paused" || st.Pid == 0 {
			t.Errorf("state %+v, expected paused", st)
		}
		m := second()
		still(t, b)
		if now := second(); now != m {
			t.Errorf("the process in the cgroup below has gone on from %q to %q", m, now)
		}
		refused(t, b, 1, "container not running", "pause", b.ID)
		b.Must("resume", b.ID)
		if st := b.State(); st.Status != "running" {
			t.Errorf("state %+v, expected running", st)
		}
		counts(t, b)
		if !box.Eventually(func() bool { return second() != m }) {
			t.Error("the process in the cgroup below does not go on")
		}
		refused(t, b, 1, "container not paused", "resume", b.ID)
	}
}

// TestPauseCreated: as under runc a created container can be paused; it is not
// started then.
func TestPauseCreated(t *testing.T) {
	b := counter(t)
	b.Create()
	refused(t, b, 1, "container not paused", "resume", b.ID)
	b.Must("pause", b.ID)
	if st := b.State(); st.Status != "paused" {
		t.Errorf("state %+v, expected paused", st)
	}
	refused(t, b, 1, "it is paused, expected created", "start", b.ID)
	refused(t, b, 1, "it is paused, expected stopped", "delete", b.ID)
	b.Must("resume", b.ID)
	if st := b.State(); st.Status != "created" {
		t.Errorf("state %+v, expected created", st)
	}
	b.Must("start", b.ID)
	counts(t, b)
}

// TestPauseOthers: containers that cannot be paused or resumed.
func TestPauseOthers(t *testing.T) {
	b := sleeper(t)
	for _, verb := range []string{"pause", "resume"} {
		refused(t, b, 1, "does not exist", verb, b.ID)
	}
	pid := b.Up()
	b.Must("kill", b.ID, "KILL")
	b.WaitPid(pid)
	refused(t, b, 1, "container not running", "pause", b.ID)
	refused(t, b, 1, "container not paused", "resume", b.ID)
}

// TestExecPaused: refused, or begun when the container is resumed.
func TestExecPaused(t *testing.T) {
	b := counter(t)
	b.Up()
	b.Must("pause", b.ID)
	refused(t, b, 255, "it is paused, expected running (or use --ignore-paused)", "exec", b.ID, "/bin/true")
	p := b.Start(nil, "exec", "--ignore-paused", b.ID, "/bin/sh", "-c", "echo begun; exit 7")
	time.Sleep(100 * time.Millisecond)
	if out := p.Output(); out != "" {
		t.Errorf("the process runs in a paused container: %q", out)
	}
	b.Must("resume", b.ID)
	if r := p.Wait(); r.Status != 7 || r.Stdout != "begun\n" {
		t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

// TestKillPaused: SIGKILL ends a paused container, another signal waits.
func TestKillPaused(t *testing.T) {
	for _, all := range []bool{false, true} {
		b := counter(t)
		pid := b.Up()
		b.Must("pause", b.ID)
		b.Must("kill", b.ID, "TERM")
		still(t, b)
		flags := []string{"kill", b.ID, "KILL"}
		if all {
			flags = append(flags, "--all")
		}
		b.Must(flags...)
		if status := b.WaitPid(pid); status != 128+9 {
			t.Errorf("%q: exit status %d", flags, status)
		}
		if st := b.State(); st.Status != "stopped" {
			t.Errorf("%q: state %+v", flags, st)
		}
		b.Must("delete", b.ID)
	}
}

// TestSignalPaused: a signal that is no SIGKILL takes effect with resume.
func TestSignalPaused(t *testing.T) {
	b := box.New(t, "/bin/sh", "-c", "trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done")
	p := b.Create()
	b.Must("start", b.ID)
	p.WaitOutput("ready")
	pid := b.State().Pid
	b.Must("pause", b.ID)
	b.Must("kill", b.ID, "TERM")
	time.Sleep(50 * time.Millisecond)
	if st := b.State(); st.Status != "paused" {
		t.Errorf("state %+v, expected paused", st)
	}
	b.Must("resume", b.ID)
	if status := b.WaitPid(pid); status != 3 {
		t.Errorf("exit status %d", status)
	}
}

// TestDeletePaused: refused without --force, done at once with it.
func TestDeletePaused(t *testing.T) {
	b := counter(t)
	b.Up()
	b.ReapOrphans()
	b.Must("pause", b.ID)
	refused(t, b, 1, "it is paused, expected stopped (or use --force)", "delete", b.ID)
	if r := b.Must("delete", "--force", b.ID); r.Took > 5*time.Second {
		t.Errorf("delete --force took %v", r.Took)
	}
	b.NothingLeft()
}

// TestPauseFails: where a process cannot be frozen the container runs on, and
// nobody waits for long meanwhile.
func TestPauseFails(t *testing.T) {
	b := counter(t)
	b.Up()
	stuck(t, b)
	p := b.Start(nil, "pause", b.ID)
	time.Sleep(500 * time.Millisecond)
	if r := b.Must("state", b.ID); r.Took > 3*time.Second {
		t.Errorf("state took %v", r.Took)
	}
	r := p.Wait()
	if r.Status != 1 || !strings.Contains(r.Stderr, "not every process stood still within 5s") || strings.Count(r.Stderr, "\n") != 1 {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	if r.Took < 4*time.Second || r.Took > 20*time.Second {
		t.Errorf("pause took %v", r.Took)
	}
	if st := b.State(); st.Status != "running" {
		t.Errorf("state %+v, expected running", st)
	}
	counts(t, b)
}

// TestPauseKilled: what a killed pause leaves can be resumed.
func TestPauseKilled(t *testing.T) {
	b := counter(t)
	b.Up()
	counts(t, b)
	stuck(t, b)
	p := b.Start(nil, "pause", b.ID)
	asked := func() bool {
		text := freezer.read(t, b)
		return text == "FREEZING" || text == "1"
	}
	if !box.Eventually(asked) {
		t.Fatal("pause has not begun")
	}
	// Version 1 is thawed for a moment now and then.
	for {
		p.Process.Signal(unix.SIGSTOP)
		if asked() {
			break
		}
		p.Process.Signal(unix.SIGCONT)
		time.Sleep(time.Millisecond)
	}
	p.Process.Signal(unix.SIGKILL)
	p.Wait()
	if st := b.State(); st.Status != "paused" {
		t.Errorf("state %+v, expected paused", st)
	}
	b.Must("resume", b.ID)
	counts(t, b)
}

// lockOf takes the lock of the container's directory.
func lockOf(t *testing.T, b *box.Box) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join(b.Root, b.ID))
	must(t, err)
	must(t, unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB))
	return f
}

// TestLock: what changes the container waits for others that do, what looks at it
// does not.
func TestLock(t *testing.T) {
	b := counter(t)
	b.Up()
	for _, args := range [][]string{{"pause", b.ID}, {"resume", b.ID}, {"update", "--pids-limit", "50", b.ID}} {
		lock := lockOf(t, b)
		p := b.Start(nil, args...)
		if !p.Polls() {
			t.Errorf("%q did not wait for the lock", args)
		}
		lock.Close()
		if r := p.Wait(); r.Status != 0 {
			t.Errorf("%q: %+v", args, r)
		}
	}
	lock := lockOf(t, b)
	defer lock.Close()
	for _, args := range [][]string{{"ps", "--format", "json", b.ID}, {"events", "--stats", b.ID}, {"state", b.ID}} {
		if r := b.Must(args...); r.Took > 5*time.Second {
			t.Errorf("%q took %v", args, r.Took)
		}
	}
}
