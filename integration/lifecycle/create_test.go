package lifecycle

import (
	"fmt"
	"strings"
	"testing"
	"time"

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
