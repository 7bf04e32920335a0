package ctr

import (
	"os"
	"strings"
	"testing"
)

// A second container that joins the first one's namespaces, as a pod's do.
func TestNamespacesByPath(t *testing.T) {
	d := start(t)
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
	if r := d.Do("tasks", "exec", "--exec-id", "net", "joined", "/bin/sh", "-c", "readlink /proc/self/ns/net; sleep 0.1"); strings.TrimSpace(r.Stdout) != lines[0] {
		t.Errorf("exec is in %q, expected %s; exit status %d, stderr %q", r.Stdout, lines[0], r.Status, r.Stderr)
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
}
