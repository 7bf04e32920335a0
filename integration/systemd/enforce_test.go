package systemd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestOutOfMemory: one process that takes too much is killed, and the container
// goes on: systemd does not stop the scope for it.
func TestOutOfMemory(t *testing.T) {
	t.Parallel()
	u := scope(t, "tail /dev/zero; echo ended $?; sleep 600")
	u.Spec.Linux.Resources.Memory = &specs.LinuxMemory{Limit: ptr(int64(32 << 20)), Swap: ptr(int64(32 << 20))}
	p := u.Create()
	u.Must("start", u.ID)
	p.WaitOutput("ended 137")
	u.want(t, "ActiveState=active", "OOMPolicy=continue")
	if s := u.State().Status; s != "running" {
		t.Errorf("the container is %s", s)
	}
	if events := u.file(t, "memory.events"); !strings.Contains(events, "oom_kill 1") {
		t.Errorf("memory.events: %q", events)
	}
}

// TestOutOfMemoryGroup: with memory.oom.group all of it goes, the unit has failed
// and is forgotten, and delete finds nothing wrong with that.
func TestOutOfMemoryGroup(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600 & tail /dev/zero; echo ended; sleep 600")
	u.Spec.Linux.Resources.Memory = &specs.LinuxMemory{Limit: ptr(int64(32 << 20)), Swap: ptr(int64(32 << 20))}
	u.Spec.Linux.Resources.Unified = map[string]string{"memory.oom.group": "1"}
	p := u.Create()
	pid := u.State().Pid
	u.Must("start", u.ID)
	if status := u.WaitPid(pid); status != 128+int(unix.SIGKILL) {
		t.Errorf("status %d", status)
	}
	if strings.Contains(p.Output(), "ended") {
		t.Error("the shell went on")
	}
	u.WaitFor("stopped")
	u.Must("delete", u.ID)
	u.gone(t)
}

func TestForkRefused(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 1 & sleep 1 & sleep 1 & sleep 1 & wait")
	u.Spec.Linux.Resources.Pids = &specs.LinuxPids{Limit: ptr(int64(3))}
	if r := u.Run(); !strings.Contains(r.Stderr, "can't fork") {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
}

// TestOnePid: a limit that leaves room for nobody but the container's process does
// not keep systemd from putting it there.
func TestOnePid(t *testing.T) {
	t.Parallel()
	u := scope(t, "echo alone; true | true")
	u.Spec.Linux.Resources.Pids = &specs.LinuxPids{Limit: ptr(int64(1))}
	if r := u.Run(); r.Stdout != "alone\n" || !strings.Contains(r.Stderr, "can't fork") {
		t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

// TestPause: a paused container stays so when systemd writes what it knows, nothing is
// started in it, and it goes on; delete --force ends a paused one.
func TestPause(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	u.Up()
	u.Must("pause", u.ID)
	systemctl(t, "daemon-reload")
	u.files(t, "cgroup.freeze=1")
	if s := u.State().Status; s != "paused" {
		t.Errorf("the container is %s", s)
	}
	if r := u.Do("exec", u.ID, "true"); r.Status == 0 || !strings.Contains(r.Stderr, "paused") {
		t.Errorf("exec in a paused container: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	u.Must("resume", u.ID)
	u.files(t, "cgroup.freeze=0")
	u.Must("exec", u.ID, "true")
	u.Must("pause", u.ID)
	u.Must("delete", "--force", u.ID)
	u.NothingLeft()
	u.gone(t)
}

// TestFrozenSlice: no container begins in a slice that is frozen, where its process
// would wait, and create with it.
func TestFrozenSlice(t *testing.T) {
	pod := scope(t, "sleep 600")
	pod.place("runsealit-f.slice", "runsealit.slice/runsealit-f.slice")
	pod.Up()
	freeze := filepath.Join(filepath.Dir(pod.Dir), "cgroup.freeze")
	if err := os.WriteFile(freeze, []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	defer os.WriteFile(freeze, []byte("0"), 0)
	u := scope(t, "sleep 600")
	u.place("runsealit-f.slice", "runsealit.slice/runsealit-f.slice")
	if r := u.TryCreate().Wait(); r.Status != 1 || !strings.Contains(r.Stderr, "linux.cgroupsPath: "+u.Dir+": expected a cgroup that is not frozen") {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	u.NothingLeft()
	u.gone(t)
	if err := os.WriteFile(freeze, []byte("0"), 0); err != nil {
		t.Fatal(err)
	}
	pod.Must("delete", "--force", pod.ID)
	pod.gone(t)
	systemctl(t, "stop", "runsealit.slice")
}

// TestKill: the end of the last process ends the unit, before anybody deletes.
func TestKill(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600 & sleep 600")
	pid := u.Up()
	u.Must("kill", "--all", u.ID, "KILL")
	if status := u.WaitPid(pid); status != 128+int(unix.SIGKILL) {
		t.Errorf("status %d", status)
	}
	u.gone(t)
	u.WaitFor("stopped")
	u.Must("delete", u.ID)
	u.NothingLeft()
}

// TestStopped: what an administrator does with the unit ends the container.
func TestStopped(t *testing.T) {
	t.Parallel()
	u := scope(t, "trap 'exit 3' TERM; echo ready; while :; do sleep 0.1; done")
	p := u.Create()
	pid := u.State().Pid
	u.Must("start", u.ID)
	p.WaitOutput("ready")
	done := make(chan struct{})
	go func() { defer close(done); systemctl(t, "stop", u.Unit) }()
	if status := u.WaitPid(pid); status != 3 {
		t.Errorf("status %d, expected that of the handler of SIGTERM", status)
	}
	<-done
	u.WaitFor("stopped")
	u.Must("delete", u.ID)
}

// TestCgroupsBelow: a container that has made cgroups of its own, with processes in
// them, leaves none.
func TestCgroupsBelow(t *testing.T) {
	t.Parallel()
	u := scope(t, "mkdir -p /sys/fs/cgroup/a/b && echo 0 > /sys/fs/cgroup/a/b/cgroup.procs && echo in; sleep 600 & wait")
	u.SetNamespace(specs.LinuxNamespace{Type: specs.CgroupNamespace})
	u.Spec.Mounts = append(u.Spec.Mounts, specs.Mount{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"rw"}})
	p := u.Create()
	u.Must("start", u.ID)
	p.WaitOutput("in")
	systemctl(t, "daemon-reload")
	if !box.Eventually(func() bool { return strings.Contains(u.file(t, "a/b/cgroup.procs"), "\n") }) {
		t.Errorf("a/b: %q", u.file(t, "a/b/cgroup.procs"))
	}
	u.Must("delete", "--force", u.ID)
	u.NothingLeft()
	u.gone(t)
}
