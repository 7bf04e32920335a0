package cri

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/room"
)

// TestCrash kills what is above the runtime: the daemon, a shim, and both.
func TestCrash(t *testing.T) {
	n := start(t, both, nil)
	for _, part := range []struct {
		name string
		test func(*testing.T, *node)
	}{
		{"the daemon", daemonDies},
		{"a shim", shimDies},
		{"the daemon and a shim", bothDie},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, n) })
	}
}

const waits = "until [ -e /tmp/go ]; do sleep 0.05; done; exit 5"

// daemonDies is kill -9 of containerd above pods that go on.
func daemonDies(t *testing.T, n *node) {
	type life struct {
		pod                   *sandbox
		before, during, after string // containers, by when they end
		pid                   int
	}
	var lives []life
	for _, runtime := range []string{scenario.Runc, scenario.Runseal} {
		pod := n.pod(t, runtime, networked)
		l := life{pod: pod, before: pod.up(t, []string{"/bin/sh", "-c", "exit 3"}), during: pod.up(t, []string{"/bin/sh", "-c", waits})}
		l.after = pod.up(t, []string{"/bin/sh", "-c", "trap 'exit 6' TERM; echo up; while :; do sleep 0.05; done"})
		n.ended(t, l.before)
		l.pid = n.pid(t, l.after)
		lives = append(lives, l)
	}
	var ends []int
	for _, l := range lives {
		ends = append(ends, n.pid(t, l.during))
	}
	n.Process().Stop(unix.SIGKILL)
	for _, pid := range ends {
		if err := os.WriteFile(fmt.Sprintf("/proc/%d/root/tmp/go", pid), nil, 0o644); err != nil {
			t.Error(err)
		}
		if !box.Eventually(func() bool { st := procState(pid); return st == "" || st == "Z" }) {
			t.Errorf("process %d has not ended", pid)
		}
	}
	n.Process().Start()
	n.recovered(t)
	for _, l := range lives {
		for _, c := range []struct {
			id     string
			status int32
		}{{l.before, 3}, {l.during, 5}} {
			if got := n.ended(t, c.id).ExitCode; got != c.status {
				t.Errorf("exit status %d, expected %d", got, c.status)
			}
		}
		if got := n.pid(t, l.after); got != l.pid {
			t.Errorf("process %d, expected %d", got, l.pid)
		}
		if r := n.execSync(l.after, 20, "/bin/echo", "hi"); r.Stdout != "hi\n" || r.Status != 0 {
			t.Errorf("exec: %+v", r)
		}
		if x := n.exec(t, l.after, []string{"/bin/sh", "-c", "exit 12"}, false, false).Wait(); x.Status != 12 {
			t.Errorf("exec: %+v", x)
		}
		if _, err := call(n.StopContainer, &cri.StopContainerRequest{ContainerId: l.after, Timeout: 20}); err != nil {
			t.Error(err)
		}
		if got := n.ended(t, l.after).ExitCode; got != 6 {
			t.Errorf("exit status %d, expected 6", got)
		}
		// A new container in the old pod.
		if r := n.execSync(l.pod.up(t, []string{"/bin/sleep", "600"}), 20, "/bin/hostname"); r.Stdout != "networked\n" {
			t.Errorf("exec in a new container: %+v", r)
		}
	}
}

// shim is the process above a pod's containers.
func (s *sandbox) shim(t *testing.T) int {
	t.Helper()
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		data, _ := os.ReadFile(f)
		args := strings.Split(string(data), "\x00")
		if filepath.Base(args[0]) == "containerd-shim-runc-v2" && strings.Contains(string(data), "\x00-id\x00"+s.id+"\x00") && bytes.Contains(data, []byte(s.Path(""))) {
			var pid int
			fmt.Sscanf(f, "/proc/%d/", &pid)
			return pid
		}
	}
	t.Fatalf("pod %s has no shim", s.id)
	return 0
}

// shimDies is kill -9 of a shim: containerd removes what was below it by the runtime's
// delete --force, and the kubelet sees containers that have ended.
func shimDies(t *testing.T, n *node) {
	seen := map[string]string{}
	for _, runtime := range []string{scenario.Runc, scenario.Runseal} {
		pod := n.pod(t, runtime)
		id := pod.up(t, []string{"/bin/sh", "-c", "sleep 600 & exec sleep 600"})
		pids := append(n.processes(t, id), pod.pid(t))
		if err := unix.Kill(pod.shim(t), unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		st := n.ended(t, id)
		seen[runtime] = fmt.Sprintln(st.ExitCode, st.Reason, st.Message)
		for _, pid := range pids {
			if !box.Eventually(func() bool { s := procState(pid); return s == "" || s == "Z" }) {
				t.Errorf("%s: process %d is left", runtime, pid)
			}
		}
		var left []string
		box.Eventually(func() bool {
			left, _ = filepath.Glob(n.Path(map[string]string{scenario.Runc: "runc", scenario.Runseal: "runtime"}[runtime] + "/k8s.io/*"))
			return len(left) == 0
		})
		if len(left) > 0 {
			t.Errorf("%s: left %q", runtime, left)
		}
	}
	t.Logf("after a shim's death: %q", seen)
	if seen[scenario.Runc] != seen[scenario.Runseal] {
		t.Errorf("the containers' statuses differ: %q", seen)
	}
}

// bothDie leaves containers to people, who have the runtime's own commands.
func bothDie(t *testing.T, n *node) {
	pod := n.pod(t, scenario.Runseal)
	id := pod.up(t, []string{"/bin/sh", "-c", "trap 'exit 0' TERM; echo > /tmp/ready; while :; do sleep 0.05; done"})
	other := pod.up(t, []string{"/bin/sleep", "600"})
	pid := n.pid(t, id)
	if !box.Eventually(func() bool { _, err := os.Stat(fmt.Sprintf("/proc/%d/root/tmp/ready", pid)); return err == nil }) {
		t.Fatal("the container does nothing")
	}
	shim := pod.shim(t)
	n.Process().Stop(unix.SIGKILL)
	if err := unix.Kill(shim, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	ours := func(args ...string) room.Result {
		t.Helper()
		cmd := exec.Command(box.Binary(), append([]string{"--root", n.Path("runtime/k8s.io")}, args...)...)
		var out, errOut strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &errOut
		cmd.Run()
		return room.Result{Status: cmd.ProcessState.ExitCode(), Stdout: out.String(), Stderr: errOut.String()}
	}
	lists := func(id, status string) bool {
		for line := range strings.Lines(ours("list").Stdout) {
			if f := strings.Fields(line); f[0] == id && f[2] == status {
				return true
			}
		}
		return false
	}
	for _, id := range []string{pod.id, id, other} {
		if !lists(id, "running") {
			t.Errorf("list: %q, expected %s to run", ours("list").Stdout, id)
		}
	}
	if r := ours("exec", id, "/bin/echo", "hi"); r.Stdout != "hi\n" {
		t.Errorf("exec: %+v", r)
	}
	if r := ours("kill", id, "TERM"); r.Status != 0 {
		t.Errorf("kill: %+v", r)
	}
	if !box.Eventually(func() bool { return lists(id, "stopped") }) {
		t.Errorf("list: %q, expected %s to have ended", ours("list").Stdout, id)
	}
	for _, id := range []string{id, other} {
		if r := ours("delete", "--force", id); r.Status != 0 {
			t.Errorf("delete: %+v", r)
		}
	}
	if r := ours("list", "--quiet"); strings.TrimSpace(r.Stdout) != pod.id {
		t.Errorf("list: %+v, expected %s", r, pod.id)
	}
	// The daemon finds that out when it comes again.
	n.Process().Start()
	n.recovered(t)
	for _, id := range []string{id, other} {
		if st := n.ended(t, id); st.ExitCode == 0 {
			t.Errorf("exit status %d of a container that nobody has waited for", st.ExitCode)
		}
	}
}
