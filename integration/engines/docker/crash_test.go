package docker

import (
	"encoding/json"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
)

// alive are containers of both runtimes, each beside one of the other kind: what ends a
// daemon ends it for both.
func alive(d *daemon, test func(r *run, id string)) {
	for _, runtime := range []string{scenario.Runc, scenario.Runseal} {
		r := &run{T: d.t.(*testing.T), daemon: d, runtime: runtime}
		test(r, r.up(nil, sh("trap 'exit 6' TERM; echo > /tmp/ready; while :; do sleep 0.05; done")...))
	}
}

// ready waits until the container's shell has its trap, and returns its pid.
func (r *run) ready(id string) string {
	r.Helper()
	pid := r.get(r, id, "{{.State.Pid}}")
	if !box.Eventually(func() bool { _, err := os.Stat("/proc/" + pid + "/root/tmp/ready"); return err == nil }) {
		r.Fatalf("%s is not ready", id)
	}
	return pid
}

// lives asserts that a container has gone on below a daemon that has not.
func (r *run) lives(id, pid string) {
	r.Helper()
	if got := r.get(r, id, "{{.State.Status}} {{.State.Pid}}"); got != "running "+pid {
		r.Errorf("%s: %q, expected running %s", r.runtime, got, pid)
	}
	if got := r.ok("exec", id, "echo", "hi"); got != "hi" {
		r.Errorf("%s: exec: %q", r.runtime, got)
	}
	r.ok("kill", "--signal", "TERM", id)
	if status := r.ok("wait", id); status != "6" {
		r.Errorf("%s: exit status %s, expected 6", r.runtime, status)
	}
}

// kill ends a process of the daemon's by force.
func kill(t testing.TB, pid string) {
	t.Helper()
	if err := unix.Kill(number(t, pid), unix.SIGKILL); err != nil {
		t.Fatalf("kill %s: %v", pid, err)
	}
}

// gone waits for the end of a process that has lost its parent: it is this process's now,
// which collects it as process 1 would. Docker takes a zombie for alive.
func gone(t testing.TB, pid string) {
	t.Helper()
	n := number(t, pid)
	if !box.Eventually(func() bool {
		unix.Wait4(n, nil, unix.WNOHANG, nil)
		_, err := os.Stat("/proc/" + pid)
		return err != nil
	}) {
		t.Errorf("process %s has not ended", pid)
	}
}

// containerd is the pid of the daemon's containerd.
func (d *daemon) containerd(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile(d.Path("exec/containerd/containerd.pid"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

// crash ends dockerd by force. Its containerd has asked the kernel to end with it.
func (d *daemon) crash(t testing.TB) {
	t.Helper()
	containerd := d.containerd(t)
	d.process.Stop(unix.SIGKILL)
	gone(t, containerd)
}

// A dockerd that has crashed, and with it its containerd, finds its containers again:
// those that live, and how those have ended that have not waited.
func TestDaemonCrash(t *testing.T) {
	t.Parallel()
	d := start(t, nil)
	pids, short := map[string]string{}, map[string]string{}
	alive(d, func(r *run, id string) {
		pids[r.runtime] = id + " " + r.ready(id)
		short[r.runtime] = r.up(nil, sh("while ! test -e /tmp/go; do sleep 0.05; done; exit 9")...)
	})
	var files []string
	for _, id := range short {
		files = append(files, "/proc/"+d.get(t, id, "{{.State.Pid}}")+"/root/tmp/go")
	}
	d.crash(t)
	for _, f := range files {
		if err := os.WriteFile(f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d.process.Restart(unix.SIGKILL)
	for runtime, text := range pids {
		r := &run{T: t, daemon: d, runtime: runtime}
		id, pid, _ := strings.Cut(text, " ")
		r.becomes(short[runtime], "{{.State.Status}} {{.State.ExitCode}}", "exited 9")
		r.lives(id, pid)
	}
}

// The same with containerd alone, which dockerd starts again.
func TestContainerdCrash(t *testing.T) {
	t.Parallel()
	d := start(t, nil)
	pids := map[string]string{}
	alive(d, func(r *run, id string) { pids[r.runtime] = id + " " + r.ready(id) })
	before := d.containerd(t)
	kill(t, before)
	// It takes ten seconds until dockerd is sure.
	for i := 0; i < 3 && d.containerd(t) == before; i++ {
		box.Eventually(func() bool { return d.containerd(t) != before })
	}
	if !box.Eventually(func() bool { return d.do(t, "run", "--rm", "--network", "none", image, "true").Status == 0 }) {
		t.Error("no containers after containerd's end")
	}
	for runtime, text := range pids {
		id, pid, _ := strings.Cut(text, " ")
		(&run{T: t, daemon: d, runtime: runtime}).lives(id, pid)
	}
}

// A shim that has crashed takes its container with it: containerd calls the runtime's
// delete --force.
func TestShimCrash(t *testing.T) {
	t.Parallel()
	d := start(t, nil)
	alive(d, func(r *run, id string) {
		pid := r.ready(id)
		s := shim(t, pid)
		kill(t, s)
		gone(t, s)
		gone(t, pid)
		r.becomes(id, "{{.State.Status}} {{.State.ExitCode}}", "exited 137")
		if left, _ := filepath.Glob(d.Path("exec/runtime-*/*/" + id)); len(left) > 0 {
			t.Errorf("%s: left: %q", r.runtime, left)
		}
		// And it can be started again.
		r.ok("start", id)
		r.lives(id, r.get(r, id, "{{.State.Pid}}"))
	})
}

// shim is the pid of the shim of a container's first process.
func shim(t testing.TB, pid string) string {
	t.Helper()
	data, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "\nPPid:\t")
	parent, _, _ := strings.Cut(rest, "\n")
	if cmdline, _ := os.ReadFile("/proc/" + parent + "/cmdline"); !strings.Contains(string(cmdline), "containerd-shim") {
		t.Fatalf("the parent of %s is %q", pid, cmdline)
	}
	return parent
}

// When all of Docker has crashed, people have the runtime itself: list, kill and delete
// --force on Docker's state directory. Docker finds out afterwards.
func TestAllCrash(t *testing.T) {
	t.Parallel()
	d := start(t, nil)
	r := &run{T: t, daemon: d, runtime: scenario.Runseal}
	id := r.up(nil, "sleep", "600")
	second := r.up(nil, "sleep", "600")
	pid := r.get(r, id, "{{.State.Pid}}")
	shims := []string{shim(t, pid), shim(t, r.get(r, second, "{{.State.Pid}}"))}
	d.crash(t)
	for _, s := range shims {
		kill(t, s)
		gone(t, s)
	}
	runseal := func(args ...string) string {
		t.Helper()
		out, err := osexec.Command(box.Binary(), append([]string{"--root", d.Path("exec/runtime-runc/moby")}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("runseal %q: %v, %s", args, err, out)
		}
		return string(out)
	}
	list := func() (text string) {
		t.Helper()
		var states []struct {
			ID, Status string
			Pid        int
		}
		if err := json.Unmarshal([]byte(runseal("list", "--format", "json")), &states); err != nil {
			t.Fatal(err)
		}
		for _, s := range states {
			text += fmt.Sprintln(s.ID == id, s.Status)
		}
		return text
	}
	if got := list(); strings.Count(got, " running\n") != 2 {
		t.Errorf("list: %q, expected two that run", got)
	}
	runseal("kill", id, "KILL")
	gone(t, pid)
	if !box.Eventually(func() bool { return strings.Contains(list(), "true stopped\n") }) {
		t.Errorf("after kill the list is %q", list())
	}
	runseal("delete", id)
	runseal("delete", "--force", second)
	if got := list(); got != "" {
		t.Errorf("after delete the list is %q", got)
	}
	d.process.Restart(unix.SIGKILL)
	for _, id := range []string{id, second} {
		r.becomes(id, "{{.State.Status}}", "exited")
		r.ok("start", id)
		if got := r.ok("exec", id, "echo", "hi"); got != "hi" {
			t.Errorf("exec after all that: %q", got)
		}
	}
}
