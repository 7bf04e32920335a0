package systemd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// badSlice makes a slice runsealit-NAME.slice, and the service in front of it that
// runs a command. It returns what place takes.
func badSlice(t *testing.T, name, command string) (slice, dir string) {
	t.Helper()
	slice, service := "runsealit-"+name+".slice", "runsealit-"+name+".service"
	files := map[string]string{
		slice:   "[Unit]\nRequires=" + service + "\nAfter=" + service + "\n",
		service: "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nTimeoutStartSec=infinity\nExecStart=" + command + "\n",
	}
	t.Cleanup(func() {
		systemctl(t, "stop", slice, service)
		systemctl(t, "reset-failed", slice, service)
		for file := range files {
			os.Remove(filepath.Join("/run/systemd/system", file))
		}
		systemctl(t, "daemon-reload")
	})
	for file, text := range files {
		if err := os.WriteFile(filepath.Join("/run/systemd/system", file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	systemctl(t, "daemon-reload")
	return slice, "runsealit.slice/" + slice
}

// TestJobFails: the error has systemd's word, and nothing is left.
func TestJobFails(t *testing.T) {
	t.Parallel()
	slice, dir := badSlice(t, "fails", "/bin/false")
	u := scope(t, "sleep 600")
	u.place(slice, dir)
	r := u.TryCreate().Wait()
	if want := "linux.cgroupsPath: systemd could not start the unit " + u.Unit + `: its job has ended with "dependency"`; r.Status != 1 || !strings.Contains(r.Stderr, want) {
		t.Errorf("exit status %d, stderr %q, want %q", r.Status, r.Stderr, want)
	}
	u.NothingLeft()
	u.gone(t)
}

// TestJobHangs: the limit for a job is below the 30 seconds of a box's commands, so
// this command is waited for by the test itself.
func TestJobHangs(t *testing.T) {
	t.Parallel()
	slice, dir := badSlice(t, "hangs", "/bin/sleep 3600")
	u := scope(t, "sleep 600")
	u.place(slice, dir)
	p := u.TryCreate()
	began := time.Now()
	if !box.Eventually(func() bool {
		return property(t, u.Unit, "ActiveState") == "inactive" && property(t, u.Unit, "Job") != "0"
	}) {
		t.Error("no job is waiting")
	}
	for len(u.Box.Processes()) > 0 && time.Since(began) < 50*time.Second {
		time.Sleep(100 * time.Millisecond)
	}
	r := p.Wait()
	if want := "linux.cgroupsPath: systemd could not start the unit " + u.Unit + ": the job has not ended within 30s"; r.Status != 1 || !strings.Contains(r.Stderr, want) {
		t.Errorf("exit status %d after %v, stderr %q, want %q", r.Status, r.Took, r.Stderr, want)
	}
	u.NothingLeft()
	u.gone(t)
}

// TestKilledWhileJobHangs: whoever is killed while systemd waits leaves a unit that
// is going to start, without a process: delete --force cancels that.
func TestKilledWhileJobHangs(t *testing.T) {
	slice, dir := badSlice(t, "killed", "/bin/sleep 3600")
	u := scope(t, "sleep 600")
	u.place(slice, dir)
	p := u.TryCreate()
	if !box.Eventually(func() bool { return property(t, u.Unit, "Job") != "0" && property(t, u.Unit, "LoadState") == "loaded" }) {
		t.Fatal("no job is waiting")
	}
	if err := unix.Kill(p.Process.Pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.Wait()
	u.ReapOrphans()
	u.Must("delete", "--force", u.ID)
	u.NothingLeft()
	u.gone(t)
}
