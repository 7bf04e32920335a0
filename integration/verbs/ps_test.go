package verbs

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// jsonPids is `ps --format json`, whose two streams engines read as one.
func jsonPids(t *testing.T, b *box.Box) []int {
	t.Helper()
	r := b.Must("ps", "--format", "json", b.ID)
	var pids []int
	if err := json.Unmarshal([]byte(r.Stdout+r.Stderr), &pids); err != nil {
		t.Fatalf("ps: %v in %q, stderr %q", err, r.Stdout, r.Stderr)
	}
	if strings.Count(r.Stdout, "\n") != 1 {
		t.Errorf("ps: %q, expected one line", r.Stdout)
	}
	return pids
}

// procs reads the processes of cgroups.
func procs(t *testing.T, dirs ...string) []int {
	t.Helper()
	var pids []int
	for _, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		must(t, err)
		for _, f := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(f)
			must(t, err)
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// TestPS: the processes of the container and of cgroups at any depth below it.
func TestPS(t *testing.T) {
	b := sleeper(t)
	b.Create()
	if pids := jsonPids(t, b); len(pids) != 1 || pids[0] != b.State().Pid {
		t.Errorf("created: %v", pids)
	}
	b.Must("start", b.ID)
	pid := b.State().Pid
	deep := filepath.Join(dir(b, "devices"), "a", "b", "c")
	must(t, os.MkdirAll(deep, 0o755))
	for range 3 {
		b.Must("exec", "--detach", b.ID, "/bin/sleep", "1000")
	}
	pids := jsonPids(t, b)
	if len(pids) != 4 || !slices.Contains(pids, pid) {
		t.Fatalf("four processes, of them %d: %v", pid, pids)
	}
	must(t, os.WriteFile(filepath.Join(deep, "cgroup.procs"), []byte(itoa(pids[3])), 0))
	if got, want := jsonPids(t, b), procs(t, dir(b, "devices"), deep); !reflect.DeepEqual(got, want) || len(want) != 4 {
		t.Errorf("got %v, want %v", got, want)
	}
	table(t, b, pids)

	b.ReapOrphans()
	b.Must("kill", "--all", b.ID, "KILL")
	b.WaitFor("stopped")
	if pids := jsonPids(t, b); len(pids) != 0 {
		t.Errorf("stopped: %v", pids)
	}
	if r := b.Must("ps", "--format=json", b.ID); r.Stdout != "[]\n" || r.Stderr != "" {
		t.Errorf("stopped: %q %q", r.Stdout, r.Stderr)
	}
	b.Must("delete", b.ID)
	refused(t, b, 1, "does not exist", "ps", "--format", "json", b.ID)
}

// table checks the form for people against ps(1), where the host has one that can
// be asked for columns.
func table(t *testing.T, b *box.Box, pids []int) {
	t.Helper()
	if err := exec.Command("ps", "-o", "pid,comm", "-p", "1").Run(); err != nil {
		t.Logf("the table is not tested: this host's ps: %v", err)
		return
	}
	for _, args := range [][]string{nil, {"aux"}, {"-eo", "comm,pid,ppid"}} {
		r := b.Must(append([]string{"ps", b.ID}, args...)...)
		lines := strings.Split(strings.TrimSuffix(r.Stdout, "\n"), "\n")
		if r.Stderr != "" || len(lines) != 1+len(pids) || !slices.Contains(strings.Fields(lines[0]), "PID") {
			t.Errorf("ps %q: %q, stderr %q, expected a header and %v", args, r.Stdout, r.Stderr, pids)
			continue
		}
		for i, pid := range pids {
			if !slices.Contains(strings.Fields(lines[1+i]), itoa(pid)) || !strings.Contains(lines[1+i], "sleep") {
				t.Errorf("ps %q: %q, expected process %d", args, lines[1+i], pid)
			}
		}
	}
	refused(t, b, 1, "no column PID", "ps", b.ID, "-o", "comm")
	refused(t, b, 1, "ps: exit status 1: ", "ps", b.ID, "--no-such-option")
	// Were they given to a shell, it would make the file.
	refused(t, b, 1, "ps: exit status 1: ", "ps", b.ID, "; touch "+b.Dir+"/made", "$(touch "+b.Dir+"/made)")
	if _, err := os.Lstat(b.Dir + "/made"); err == nil {
		t.Error("a shell has read the arguments of ps")
	}
}
