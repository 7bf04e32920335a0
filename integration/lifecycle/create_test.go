package lifecycle

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestCreateStartKillDelete(t *testing.T) {
	b := sh(t, "echo started; trap 'exit 9' TERM; while :; do sleep 0.02; done")
	b.Spec.Annotations = map[string]string{"org.example.key": "a \"value\"\n"}
	began := time.Now()
	p := b.Create()
	s := b.State()
	if s.Status != "created" || s.ID != b.ID || s.Bundle != b.Dir || s.Pid < 2 || s.OCIVersion == "" {
		t.Errorf("state after create is %+v", s)
	}
	if s.Rootfs != b.Rootfs {
		t.Errorf("state has rootfs %q, expected %q", s.Rootfs, b.Rootfs)
	}
	if s.Annotations["org.example.key"] != "a \"value\"\n" {
		t.Errorf("state has annotations %q", s.Annotations)
	}
	when, err := time.Parse(time.RFC3339, s.Created)
	if err != nil || when.Before(began.Add(-2*time.Second)) || when.After(time.Now().Add(2*time.Second)) {
		t.Errorf("state has created %q (%v), expected about %v", s.Created, err, began)
	}
	time.Sleep(100 * time.Millisecond)
	if out := p.Output(); out != "" {
		t.Errorf("the process has written %q before start", out)
	}
	b.Must("start", b.ID)
	p.WaitOutput("started\n")
	if s2 := b.State(); s2.Status != "running" || s2.Pid != s.Pid || s2.Created != s.Created {
		t.Errorf("state after start is %+v, after create %+v", s2, s)
	}
	if r := b.Do("start", b.ID); r.Status == 0 {
		t.Error("a second start succeeded")
	}
	b.Must("kill", b.ID)
	if got := b.WaitPid(s.Pid); got != 9 {
		t.Errorf("the process ended with %d, expected 9", got)
	}
	b.WaitFor("stopped")
	if s := b.State(); s.Pid != 0 {
		t.Errorf("a stopped container has pid %d", s.Pid)
	}
	if r := b.Do("kill", b.ID, "TERM"); r.Status == 0 || !strings.Contains(r.Stderr, "container not running") {
		t.Errorf("kill of a stopped container: exit status %d, stderr %q; expected %q", r.Status, r.Stderr, "container not running")
	}
	if r := b.Do("start", b.ID); r.Status == 0 {
		t.Error("start of a stopped container succeeded")
	}
	if r := b.Do("exec", b.ID, "/bin/true"); r.Status == 0 {
		t.Error("exec in a stopped container succeeded")
	}
	b.Must("delete", b.ID)
	b.NothingLeft()
	if r := b.Do("state", b.ID); r.Status == 0 || !strings.Contains(r.Stderr, "does not exist") {
		t.Errorf("state of a deleted container: exit status %d, stderr %q", r.Status, r.Stderr)
	}
}

// A zombie that nobody has collected yet is a stopped container.
func TestUncollectedProcessIsStopped(t *testing.T) {
	b := sh(t, "exit 3")
	b.Create()
	pid := b.State().Pid
	b.Must("start", b.ID)
	b.WaitFor("stopped")
	b.Must("delete", b.ID)
	b.NothingLeft()
	if got := b.WaitPid(pid); got != 3 {
		t.Errorf("the process ended with %d, expected 3", got)
	}
}

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

func TestCommandsOnAMissingContainer(t *testing.T) {
	b := sh(t, "true")
	if r := b.Must("delete", "--force", "missing"); r.Stderr != "" {
		t.Errorf("delete --force: stderr %q", r.Stderr)
	}
	for _, args := range [][]string{
		{"state", "missing"}, {"start", "missing"}, {"kill", "missing", "KILL"}, {"delete", "missing"}, {"exec", "missing", "/bin/true"},
	} {
		r := b.Do(args...)
		if r.Status == 0 || !strings.Contains(r.Stderr, "does not exist") || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("%q: exit status %d, stderr %q; expected one line with %q", args, r.Status, r.Stderr, "does not exist")
		}
	}
}

// A second create of the same id fails and does not touch the first container.
func TestRepeatedCreateIsRefused(t *testing.T) {
	for _, status := range []string{"created", "running", "stopped"} {
		t.Run(status, func(t *testing.T) {
			b := sh(t, "echo first; sleep 60")
			p := b.Create()
			pid := b.State().Pid
			if status != "created" {
				b.Must("start", b.ID)
				p.WaitOutput("first")
			}
			if status == "stopped" {
				b.Must("kill", b.ID, "KILL")
				b.WaitPid(pid)
				b.WaitFor("stopped")
			}
			before, groups := b.Must("state", b.ID).Stdout, fmt.Sprint(b.Cgroups())
			for _, verb := range []string{"create", "run"} {
				r := b.Do(verb, "--bundle", b.Dir, b.ID)
				if r.Status == 0 || !strings.Contains(r.Stderr, "already exists") || !strings.Contains(r.Stderr, b.ID) {
					t.Errorf("second %s: exit status %d, stderr %q", verb, r.Status, r.Stderr)
				}
			}
			if after := b.Must("state", b.ID).Stdout; after != before {
				t.Errorf("state was\n%s\nand is\n%s", before, after)
			}
			if now := fmt.Sprint(b.Cgroups()); now != groups {
				t.Errorf("cgroups were %s and are %s", groups, now)
			}
			if status != "stopped" {
				if err := unix.Kill(pid, 0); err != nil {
					t.Errorf("the first container's process: %v", err)
				}
			}
			if status == "created" {
				b.Must("start", b.ID)
				p.WaitOutput("first\n")
			}
		})
	}
}

// Of creates that run at the same time one wins and is whole.
func TestConcurrentCreates(t *testing.T) {
	b := sh(t, "sleep 60")
	b.WriteConfig(b.Config())
	var list []*box.Process
	for range 6 {
		list = append(list, b.Start(nil, "create", "--bundle", b.Dir, b.ID))
	}
	won := 0
	for _, p := range list {
		if r := p.Wait(); r.Status == 0 {
			won++
		} else if !strings.Contains(r.Stderr, "already exists") {
			t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
		}
	}
	if won != 1 {
		t.Errorf("%d of 6 creates succeeded", won)
	}
	b.Must("start", b.ID)
	if s := b.State(); s.Status != "running" {
		t.Errorf("state is %q", s.Status)
	}
}

func TestKillByNameAndNumber(t *testing.T) {
	for i, c := range []struct{ arg, trap string }{
		{"HUP", "1"}, {"SIGHUP", "1"}, {"1", "1"}, {"INT", "2"}, {"SIGUSR1", "10"}, {"10", "10"}, {"USR2", "12"}, {"15", "15"}, {"term", "15"}, {"SIGWINCH", "28"},
	} {
		if !box.Sampled(i) {
			continue
		}
		t.Run(c.arg, func(t *testing.T) {
			b := sh(t, fmt.Sprintf("trap 'exit 8' %s; echo ready; while :; do sleep 0.02; done", c.trap))
			p := b.Create()
			b.Must("start", b.ID)
			pid := b.State().Pid
			p.WaitOutput("ready\n")
			b.Must("kill", b.ID, c.arg)
			if got := b.WaitPid(pid); got != 8 {
				t.Errorf("the process ended with %d, expected 8", got)
			}
		})
	}
	t.Run("KILL", func(t *testing.T) {
		b := sh(t, "sleep 60")
		pid := b.Up()
		b.Must("kill", b.ID, "KILL")
		if got := b.WaitPid(pid); got != 137 {
			t.Errorf("the process ended with %d, expected 137", got)
		}
	})
	t.Run("created", func(t *testing.T) {
		b := sh(t, "echo never")
		b.Create()
		pid := b.State().Pid
		b.Must("kill", b.ID, "KILL")
		if got := b.WaitPid(pid); got != 137 {
			t.Errorf("the process ended with %d, expected 137", got)
		}
		b.WaitFor("stopped")
	})
}

func TestKillOfAnUnknownSignal(t *testing.T) {
	b := sh(t, "sleep 60")
	b.Up()
	for _, sig := range []string{"NOPE", "SIGNOPE", "65", "-1", "", "1.5", "9x"} {
		r := b.Do("kill", b.ID, sig)
		if r.Status == 0 || strings.TrimSpace(r.Stderr) == "" {
			t.Errorf("kill %q: exit status %d, stderr %q", sig, r.Status, r.Stderr)
		}
	}
	if s := b.State(); s.Status != "running" {
		t.Errorf("state is %q", s.Status)
	}
}

// kill --all reaches every process of the container, also those that are no
// descendants of the first one, and is no error when there are none any more.
func TestKillAll(t *testing.T) {
	b := sh(t, "sleep 60 & sleep 60 & wait")
	b.DropNamespace(specs.PIDNamespace) // with it the first process's end would do it
	pid := b.Up()
	if !box.Eventually(func() bool { return len(b.Processes()) == 3 }) {
		t.Fatalf("processes %v, expected a shell and two sleeps", b.Processes())
	}
	b.Must("kill", "--all", b.ID, "KILL")
	if !box.Eventually(func() bool { return len(b.Processes()) == 0 }) {
		t.Errorf("processes %v after kill --all", b.Processes())
	}
	if got := b.WaitPid(pid); got != 137 {
		t.Errorf("the process ended with %d, expected 137", got)
	}
	b.WaitFor("stopped")
	b.Must("kill", "--all", b.ID, "KILL")
	b.Must("kill", "-a", b.ID, "9")
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

func TestList(t *testing.T) {
	a := sh(t, "sleep 60")
	a.Up()
	b := a.Sibling("/bin/sleep", "60")
	b.Create()
	quiet := strings.Fields(a.Must("list", "--quiet").Stdout)
	if strings.Join(quiet, " ") != a.ID+" "+b.ID && strings.Join(quiet, " ") != b.ID+" "+a.ID {
		t.Errorf("list --quiet: %q, expected the two ids, one a line", quiet)
	}
	if short := strings.Fields(a.Must("list", "-q").Stdout); len(short) != 2 {
		t.Errorf("list -q: %q", short)
	}
	var list []box.State
	out := a.Must("list", "--format", "json").Stdout
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 2 {
		t.Fatalf("list --format json: %v in %q", err, out)
	}
	for _, s := range list {
		want := map[string]string{a.ID: "running", b.ID: "created"}[s.ID]
		if s.Status != want || s.Pid < 2 || s.Bundle == "" || s.Created == "" {
			t.Errorf("list --format json has %+v, expected status %q", s, want)
		}
	}
	table := a.Must("list").Stdout
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines) != 3 || strings.Join(strings.Fields(lines[0]), " ") != "ID PID STATUS BUNDLE CREATED OWNER" {
		t.Errorf("list:\n%s", table)
	}
	for _, x := range []*box.Box{a, b} {
		s := x.State()
		want := fmt.Sprintf("%s %d %s %s", x.ID, s.Pid, s.Status, x.Dir)
		found := false
		for _, l := range lines {
			found = found || strings.HasPrefix(strings.Join(strings.Fields(l), " "), want)
		}
		if !found {
			t.Errorf("list has no line %q:\n%s", want, table)
		}
	}
}

func TestListOfNothing(t *testing.T) {
	b := sh(t, "true")
	if r := b.Must("list", "--quiet"); r.Stdout != "" {
		t.Errorf("list --quiet: %q", r.Stdout)
	}
	// What runc writes here is null; a reader of JSON takes both as empty.
	var list []box.State
	r := b.Must("list", "--format", "json")
	if err := json.Unmarshal([]byte(r.Stdout), &list); err != nil || len(list) != 0 {
		t.Errorf("list --format json: %q (%v)", r.Stdout, err)
	}
	if _, err := os.Stat(b.Root); err == nil {
		entries, _ := os.ReadDir(b.Root)
		if len(entries) > 0 {
			t.Errorf("list has made %v", entries)
		}
	}
}

// TestDeleteOfACgroupsFormerUser: who was given the cgroup of a container that had stopped
// lives on when that is deleted.
func TestDeleteOfACgroupsFormerUser(t *testing.T) {
	first := sh(t, "exit 0")
	first.Up()
	first.WaitFor("stopped")
	second := first.Sibling("/bin/sleep", "600")
	second.Spec.Linux.CgroupsPath = first.Cgroup
	second.Up()
	first.Must("delete", "--force", first.ID)
	if s := second.State(); s.Status != "running" {
		t.Errorf("%+v, expected it to run on", s)
	}
	second.Must("delete", "--force", second.ID)
	if r := first.Do("state", first.ID); r.Status == 0 {
		t.Errorf("the first one is still there: %+v", r)
	}
}
