package lifecycle

import (
	"os"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/runtime/state"
)

func TestDeleteOfACreatedContainer(t *testing.T) {
	b := sh(t, "echo never")
	p := b.Create()
	b.Must("delete", "--force", b.ID)
	b.NothingLeft()
	if out := p.Output(); out != "" {
		t.Errorf("output %q", out)
	}
}

func TestDeleteOfARunningContainerIsRefused(t *testing.T) {
	b := sh(t, "sleep 60")
	pid := b.Up()
	r := b.Do("delete", b.ID)
	if r.Status == 0 || strings.Count(r.Stderr, "\n") != 1 || !strings.Contains(r.Stderr, b.ID) {
		t.Errorf("exit status %d, stderr %q; expected an error of one line with the id", r.Status, r.Stderr)
	}
	if s := b.State(); s.Status != "running" || s.Pid != pid {
		t.Errorf("state after it is %+v", s)
	}
	b.Must("delete", "--force", b.ID)
	b.NothingLeft()
}

// When the first process has died, its orphans in a shared pid namespace are
// still the container's, and delete removes them.
func TestDeleteKillsOrphans(t *testing.T) {
	b := sh(t, "sleep 60 & exit 0")
	b.DropNamespace(specs.PIDNamespace)
	b.Create()
	pid := b.State().Pid
	b.Must("start", b.ID)
	b.WaitPid(pid)
	b.WaitFor("stopped")
	b.Must("delete", b.ID)
	b.NothingLeft()
}

// TestDeleteOfACgroupsFormerUser: who was given the cgroup of a container that had stopped
// lives on when that is killed or deleted, and is not shown as that one's.
func TestDeleteOfACgroupsFormerUser(t *testing.T) {
	for name, damaged := range map[string]bool{"its state is known": false, "its state is damaged": true} {
		t.Run(name, func(t *testing.T) { formerUser(t, damaged) })
	}
}

// The same while the state of the one that has the cgroup now cannot be read: nobody knows
// whether that one lives, but where its processes are is recorded a second time.
func TestDeleteOfADamagedOnesFormerUser(t *testing.T) {
	first := sh(t, "exit 0")
	first.Up()
	first.WaitFor("stopped")
	second := first.Sibling("/bin/sleep", "600")
	second.Spec.Linux.CgroupsPath = first.Cgroup
	pid := second.Up()
	file := second.Root + "/" + second.ID + "/state.json"
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	first.Must("kill", "--all", first.ID, "KILL")
	first.Must("delete", first.ID)
	if _, letter, err := state.ProcessStart(pid); err != nil || letter == 'Z' {
		t.Errorf("the process of the damaged container has ended: %v", err)
	}
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	second.Must("delete", "--force", second.ID)
}

func formerUser(t *testing.T, damaged bool) {
	first := sh(t, "exit 0")
	first.Up()
	first.WaitFor("stopped")
	second := first.Sibling("/bin/sleep", "600")
	second.Spec.Linux.CgroupsPath = first.Cgroup
	second.Up()
	if r := first.Do("ps", "--format", "json", first.ID); strings.TrimSpace(r.Stdout) != "[]" && strings.TrimSpace(r.Stdout) != "null" {
		t.Errorf("ps of a container that has stopped shows another's processes: %+v", r)
	}
	first.Must("kill", "--all", first.ID, "KILL")
	if s := second.State(); s.Status != "running" {
		t.Errorf("after kill --all: %+v, expected it to run on", s)
	}
	if damaged {
		if err := os.Truncate(first.Root+"/"+first.ID+"/state.json", 10); err != nil {
			t.Fatal(err)
		}
	}
	first.Must("delete", "--force", first.ID)
	if s := second.State(); s.Status != "running" {
		t.Errorf("%+v, expected it to run on", s)
	}
	second.Must("delete", "--force", second.ID)
	if r := first.Do("state", first.ID); r.Status == 0 {
		t.Errorf("the first one is still there: %+v", r)
	}
}
