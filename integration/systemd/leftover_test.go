package systemd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// another has systemd run a scope of the unit's name for somebody else, and ends
// it with the test.
func another(t *testing.T, unit string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("systemd-run", append(append([]string{"--quiet", "--scope", "--unit", unit}, args...), "sleep", "600")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	if !box.Eventually(func() bool { return property(t, unit, "ActiveState") == "active" }) {
		t.Fatalf("unit %s is %s", unit, property(t, unit, "ActiveState"))
	}
	return cmd
}

// TestFailedUnit: a unit of the same name that has failed is no obstacle.
func TestFailedUnit(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	cmd := another(t, u.Unit, "-p", fmt.Sprintf("RuntimeMaxSec=%g", box.Slow(time.Second).Seconds()/2), "-p", "CollectMode=inactive")
	cmd.Wait()
	if !box.Eventually(func() bool { return property(t, u.Unit, "ActiveState") == "failed" }) {
		t.Fatalf("the unit is %s", property(t, u.Unit, "ActiveState"))
	}
	u.Up()
	u.want(t, "ActiveState=active", "Description=runseal container "+u.ID)
}

// TestAliveUnit: one that is alive is an error, whether it is where ours would be
// or in another slice, and goes on.
func TestAliveUnit(t *testing.T) {
	for slice, want := range map[string]string{
		"system.slice":    "linux.cgroupsPath: systemd has a unit UNIT already, with 1 processes; expected a name that is free",
		"runsealit.slice": "linux.cgroupsPath: systemd has a unit UNIT already, which is active (cgroup /runsealit.slice/UNIT)",
	} {
		t.Run(slice, func(t *testing.T) {
			t.Cleanup(func() { systemctl(t, "stop", "runsealit.slice") })
			u := scope(t, "sleep 600")
			cmd := another(t, u.Unit, "--slice", slice)
			r := u.TryCreate().Wait()
			if want := strings.ReplaceAll(want, "UNIT", u.Unit); r.Status != 1 || !strings.Contains(r.Stderr, want) {
				t.Errorf("exit status %d, stderr %q, want %q", r.Status, r.Stderr, want)
			}
			if r := u.Do("state", u.ID); r.Status == 0 {
				t.Errorf("there is a container: %s", r.Stdout)
			}
			u.want(t, "ActiveState=active")
			if cmd.ProcessState != nil || len(u.Processes()) > 0 {
				t.Errorf("the other process: %v, ours: %v", cmd.ProcessState, u.Processes())
			}
			cmd.Process.Kill()
			cmd.Wait()
		})
	}
}

// TestOthersUnit: delete does not stop a unit of the recorded name that has another
// cgroup. It can be there only if runseal was killed before it asked systemd.
func TestOthersUnit(t *testing.T) {
	t.Cleanup(func() { systemctl(t, "stop", "runsealit.slice") })
	u := scope(t, "sleep 600")
	u.Up()
	u.Must("kill", "--all", u.ID, "KILL")
	if !box.Eventually(func() bool { return property(t, u.Unit, "LoadState") == "not-found" }) {
		t.Fatal("the unit stays")
	}
	cmd := another(t, u.Unit, "--slice", "runsealit.slice")
	u.Must("delete", "--force", u.ID)
	if r := u.Do("state", u.ID); r.Status == 0 {
		t.Errorf("there is a container: %s", r.Stdout)
	}
	u.want(t, "ActiveState=active")
	cmd.Process.Kill()
	cmd.Wait()
}

// TestTwice: the same name again, as soon as delete has ended.
func TestTwice(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	for range box.Rounds(10) {
		u.Up()
		u.Must("delete", "--force", u.ID)
	}
}

// TestDamagedState: the scope of a container without a cgroupsPath is found by its
// id alone.
func TestDamagedState(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	u.Spec.Linux.CgroupsPath = ""
	u.Unit = "runseal-" + u.ID + ".scope"
	u.Dir = "/sys/fs/cgroup/system.slice/" + u.Unit
	u.Up()
	if err := os.WriteFile(filepath.Join(u.Root, u.ID, "state.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	u.Must("delete", "--force", u.ID)
	u.NothingLeft()
	u.gone(t)
}

// TestForgedState: a state that names somebody else's unit neither stops nor limits it.
func TestForgedState(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	u.Up()
	file := filepath.Join(u.Root, u.ID, "state.json")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"update", "--pids-limit", "9", u.ID}, {"delete", "--force", u.ID}} {
		for _, unit := range []string{"dbus.service", "system.slice", "init.scope", "../x.scope", ".scope"} {
			forged := strings.Replace(string(good), `"systemdUnit":"`+u.Unit+`"`, `"systemdUnit":"`+unit+`"`, 1)
			if forged == string(good) {
				t.Fatalf("no unit in %s", good)
			}
			if err := os.WriteFile(file, []byte(forged), 0o600); err != nil {
				t.Fatal(err)
			}
			if r := u.Do(args...); r.Status == 0 || !strings.Contains(r.Stderr, "expected a scope with one cgroup") {
				t.Errorf("%s: %v: exit status %d, stderr %q", unit, args, r.Status, r.Stderr)
			}
		}
	}
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
}
