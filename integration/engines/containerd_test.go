package engines

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

var seccomp = []string{"--rm", "--seccomp"}

func TestContainerd(t *testing.T) {
	d := start(t)

	t.Run("exit status and output", func(t *testing.T) {
		for _, code := range []int{0, 1, 42, 255} {
			id := fmt.Sprintf("exit-%d", code)
			r := d.run(seccomp, id, "/bin/sh", "-c", fmt.Sprintf("echo out; echo err >&2; exit %d", code))
			if r.Status != code || r.Stdout != "out\n" || !strings.Contains(r.Stderr, "err\n") {
				t.Errorf("exit status %d, stdout %q, stderr %q; expected %d", r.Status, r.Stdout, r.Stderr, code)
			}
		}
	})

	t.Run("filter", func(t *testing.T) {
		r := d.run(seccomp, "filtered", "/bin/sh", "-c", "grep ^Seccomp: /proc/self/status; unshare true; true")
		if r.Status != 0 || r.Stdout != "Seccomp:\t2\n" || !strings.Contains(r.Stderr, "Operation not permitted") {
			t.Errorf("with --seccomp: exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
		}
		r = d.run([]string{"--rm"}, "unfiltered", "/bin/grep", "^Seccomp:", "/proc/self/status")
		if r.Status != 0 || r.Stdout != "Seccomp:\t0\n" {
			t.Errorf("without: exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
		}
	})

	t.Run("killed by the filter", func(t *testing.T) {
		profile := d.Path("profile.json")
		text := `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_KILL_PROCESS"}]}`
		if err := os.WriteFile(profile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		r := d.run([]string{"--rm", "--seccomp", "--seccomp-profile", profile}, "killed", "/bin/mkdir", "/tmp/x")
		if r.Status != 159 {
			t.Errorf("exit status %d, stderr %q; expected 159", r.Status, r.Stderr)
		}
	})

	t.Run("a program that is missing", func(t *testing.T) {
		r := d.run(seccomp, "missing", "no-such-program")
		if r.Status == 0 || !strings.Contains(r.Stderr, "executable file not found") || !strings.Contains(r.Stderr, "no-such-program") {
			t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
		}
		d.Try("containers", "rm", "missing") // ctr keeps the container when its task has failed
	})

	t.Run("detached, exec, kill, rm", func(t *testing.T) {
		r := d.run([]string{"--detach", "--seccomp"}, "detached", "/bin/sleep", "600")
		if r.Status != 0 {
			t.Fatalf("exit status %d, stderr %q", r.Status, r.Stderr)
		}
		pid, state := d.status("detached")
		if state != "RUNNING" {
			t.Errorf("the task is %q", state)
		}
		for i, code := range []int{0, 7} {
			r := d.Do("tasks", "exec", "--exec-id", fmt.Sprintf("e%d", i), "detached", "/bin/sh", "-c", fmt.Sprintf("cat /proc/1/comm; grep ^Seccomp: /proc/self/status; exit %d", code))
			if r.Status != code || r.Stdout != "sleep\nSeccomp:\t2\n" {
				t.Errorf("exec: exit status %d, stdout %q, stderr %q; expected %d", r.Status, r.Stdout, r.Stderr, code)
			}
		}
		r = d.Do("tasks", "exec", "--exec-id", "missing", "detached", "no-such-program")
		if r.Status == 0 || !strings.Contains(r.Stderr, "executable file not found") {
			t.Errorf("exec of a missing program: exit status %d, stderr %q", r.Status, r.Stderr)
		}
		r = d.Do("tasks", "exec", "--exec-id", "user", "--user", "1000:1000", "--cwd", "/tmp", "detached", "/bin/sh", "-c", "id -u; pwd")
		if r.Status != 0 || r.Stdout != "1000\n/tmp\n" {
			t.Errorf("exec --user --cwd: exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
		}
		if _, err := os.Stat("/proc/" + pid); err != nil {
			t.Error(err)
		}
		d.Ctr("tasks", "kill", "--signal", "SIGKILL", "detached")
		d.waitFor("detached", "STOPPED")
		if r := d.Do("tasks", "rm", "detached"); r.Status != 0 && r.Status != 137 {
			t.Errorf("tasks rm: exit status %d, stderr %q", r.Status, r.Stderr)
		}
		d.Ctr("containers", "rm", "detached")
		if out := d.Ctr("containers", "ls", "-q"); strings.Contains(out, "detached") {
			t.Errorf("containers after rm: %q", out)
		}
	})

	t.Run("pause, ps, resume", func(t *testing.T) {
		r := d.run([]string{"--detach", "--seccomp"}, "paused", "/bin/sh", "-c", "sleep 600 & sleep 600 & wait")
		if r.Status != 0 {
			t.Fatalf("exit status %d, stderr %q", r.Status, r.Stderr)
		}
		// A header and three processes.
		if !box.Eventually(func() bool { return strings.Count(d.Ctr("tasks", "ps", "paused"), "\n") == 4 }) {
			t.Errorf("processes: %q", d.Ctr("tasks", "ps", "paused"))
		}
		d.Ctr("tasks", "pause", "paused")
		d.waitFor("paused", "PAUSED")
		if r := d.Do("tasks", "exec", "--exec-id", "refused", "paused", "/bin/true"); r.Status == 0 || !strings.Contains(r.Stderr, "paused") {
			t.Errorf("exec in a paused task: exit status %d, stderr %q", r.Status, r.Stderr)
		}
		if out := d.Ctr("tasks", "ps", "paused"); strings.Count(out, "\n") != 4 {
			t.Errorf("processes of a paused task: %q", out)
		}
		d.Ctr("tasks", "resume", "paused")
		d.waitFor("paused", "RUNNING")
		// A paused one dies too.
		d.Ctr("tasks", "pause", "paused")
		d.Ctr("tasks", "kill", "--signal", "SIGKILL", "paused")
		d.waitFor("paused", "STOPPED")
		d.Do("tasks", "rm", "paused")
		d.Ctr("containers", "rm", "paused")
	})

	t.Run("kill --all and a trapped signal", func(t *testing.T) {
		r := d.run([]string{"--detach", "--seccomp"}, "trapping", "/bin/sh", "-c", "trap 'exit 5' TERM; sleep 600 & while :; do sleep 0.1; done")
		if r.Status != 0 {
			t.Fatalf("exit status %d, stderr %q", r.Status, r.Stderr)
		}
		d.Ctr("tasks", "kill", "--signal", "SIGTERM", "trapping")
		d.waitFor("trapping", "STOPPED")
		d.Do("tasks", "kill", "--all", "--signal", "SIGKILL", "trapping")
		if r := d.Do("tasks", "rm", "trapping"); r.Status != 0 && r.Status != 5 {
			t.Errorf("tasks rm: exit status %d, stderr %q; expected 0 or the task's 5", r.Status, r.Stderr)
		}
		d.Ctr("containers", "rm", "trapping")
	})

	t.Run("namespaces by path", func(t *testing.T) {
		if r := d.run([]string{"--detach", "--seccomp"}, "pause", "/bin/sleep", "600"); r.Status != 0 {
			t.Fatalf("exit status %d, stderr %q", r.Status, r.Stderr)
		}
		pid, _ := d.status("pause")
		flags := []string{"--seccomp", "--with-ns", "network:/proc/" + pid + "/ns/net", "--with-ns", "ipc:/proc/" + pid + "/ns/ipc"}
		r := d.run(append([]string{"--rm"}, flags...), "joined-once", "/bin/sh", "-c", "for n in net ipc pid uts; do readlink /proc/self/ns/$n; done")
		lines := strings.Fields(r.Stdout)
		if r.Status != 0 || len(lines) != 4 {
			t.Fatalf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
		}
		for i, ns := range []string{"net", "ipc", "pid", "uts"} {
			of, err := os.Readlink("/proc/" + pid + "/ns/" + ns)
			if err != nil {
				t.Fatal(err)
			}
			if shared := of == lines[i]; shared != (i < 2) {
				t.Errorf("namespace %s: %s and %s", ns, lines[i], of)
			}
		}
		// Two long-lived containers in one pod, and the second one's end
		// leaves the first one alone.
		if r := d.run(append([]string{"--detach"}, flags...), "joined", "/bin/sleep", "600"); r.Status != 0 {
			t.Fatalf("exit status %d, stderr %q", r.Status, r.Stderr)
		}
		if r := d.Do("tasks", "exec", "--exec-id", "net", "joined", "/bin/readlink", "/proc/self/ns/net"); strings.TrimSpace(r.Stdout) != lines[0] {
			t.Errorf("exec is in %q, expected %s; stderr %q", r.Stdout, lines[0], r.Stderr)
		}
		for _, id := range []string{"joined", "pause"} {
			if _, state := d.status("pause"); state != "RUNNING" {
				t.Errorf("pause is %q", state)
			}
			d.Ctr("tasks", "kill", "--signal", "SIGKILL", id)
			d.waitFor(id, "STOPPED")
			d.Do("tasks", "rm", id)
			d.Ctr("containers", "rm", id)
		}
	})
}
