package verbs

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestUpdateRefused: what is wrong leaves everything as it was: what the text shows,
// and what only the kernel knows when other limits have been written.
func TestUpdateRefused(t *testing.T) {
	b := sleeper(t)
	b.Up()
	b.Must("update", "--memory", "64M", "--memory-swap", "128M", "--pids-limit", "50", "--cpu-quota", "50000", "--cpu-share", "512", b.ID)
	if !burst.missing(b) { // Linux 5.14
		b.Must("update", "--cpu-burst", "20000", b.ID)
	}
	before := settings(t, b)
	for _, tc := range []struct{ stdin, want string }{
		{`{"memory":{"limit":-7}}`, "resources: memory.limit: -7: expected a number of bytes, or -1 for no limit"},
		{`{"memory":{"limit":"7"}}`, `resources: memory.limit: "7": expected an integer`},
		{`{"pids":{"limit":7},"cpu":{"shares":1}}`, "resources: cpu.shares: 1: expected 2 to 262144"},
		{`{"pids":{"limit":7},"cpu":{"quota":10000}}`, "resources: cpu.burst: 20000: expected at most cpu.quota (10000)"},
		{`{"pids":{"limit":7},"memory":{"limit":300000000}}`, "resources: memory.swap: 134217728: expected at least memory.limit"},
		{`{"pids":{"limit":7},"cpu":{"shares":100,"quota":200000,"period":60000,"burst":150000,"cpus":"4095"},"memory":{"limit":90000000,"swap":100000000}}`, `resources: cpu.cpus: "4095": cpuset.cpus: `},
		{`{"pids":{"limit":7},"cpu":{"shares":100,"quota":200000,"period":60000,"burst":150000},"memory":{"limit":90000000},"blockIO":{"throttleReadBpsDevice":[{"major":4000,"minor":7,"rate":5}]}}`,
			"resources: blockIO.throttleReadBpsDevice[0]: 4000:7 at 5: "},
		{`{"pids":{"limit":7},"cpu":{"mems":"900"}}`, `resources: cpu.mems: "900": cpuset.mems: `},
	} {
		if burst.missing(b) {
			if strings.Contains(tc.want, "burst") {
				continue
			}
			tc.stdin = strings.Replace(tc.stdin, `,"burst":150000`, "", 1)
		}
		r := update(b, tc.stdin, "--resources", "-", b.ID)
		if r.Status != 1 || !strings.Contains(r.Stderr, tc.want) || strings.Count(r.Stderr, "\n") != 1 || strings.Contains(r.Stderr, "undone") {
			t.Errorf("%s: exit status %d, stderr %q, expected %s", tc.stdin, r.Status, r.Stderr, tc.want)
		}
		if now := settings(t, b); !reflect.DeepEqual(now, before) {
			t.Errorf("%s: got %v\nwas %v", tc.stdin, now, before)
		}
	}
	// Nor was anything recorded: the sum of 128 MB still counts.
	refused(t, b, 1, "resources: memory.swap: 134217728: expected at least memory.limit", "update", "--memory", "200M", b.ID)

	// A state that cannot be saved: the limits go back too.
	if err := unix.Mkdir(filepath.Join(b.Root, b.ID, "state.json.new"), 0o700); err != nil {
		t.Fatal(err)
	}
	must(t, os.WriteFile(filepath.Join(b.Root, b.ID, "state.json.new", "x"), nil, 0o600))
	refused(t, b, 1, "saving the state of container", "update", "--pids-limit", "8", "--memory", "70M", b.ID)
	must(t, os.RemoveAll(filepath.Join(b.Root, b.ID, "state.json.new")))
	if now := settings(t, b); !reflect.DeepEqual(now, before) {
		t.Errorf("got %v\nwas %v", now, before)
	}
}

// TestUpdateBelowUsage: memory that is in use is not taken away where the kernel,
// or memory.checkBeforeUpdate, refuses; the other limits go back then.
func TestUpdateBelowUsage(t *testing.T) {
	b := box.New(t, "/bin/sh", "-c", "dd if=/dev/zero of=/dev/shm/x bs=1M count=5 && echo ready; sleep 1000")
	p := b.Create()
	b.Must("start", b.ID)
	p.WaitOutput("ready")
	b.Must("update", "--memory", "256M", "--memory-swap", "256M", "--pids-limit", "50", b.ID)
	before := settings(t, b)
	r := update(b, `{"memory":{"limit":2000000,"swap":2000000,"checkBeforeUpdate":true},"pids":{"limit":40}}`, "--resources", "-", b.ID)
	if r.Status != 1 || !strings.Contains(r.Stderr, "resources: memory.") || !strings.Contains(r.Stderr, "2000000: ") || strings.Contains(r.Stderr, "undone") {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	check := func() {
		t.Helper()
		if now := settings(t, b); !reflect.DeepEqual(now, before) {
			t.Errorf("got %v\nwas %v", now, before)
		}
		if st := b.State(); st.Status != "running" {
			t.Errorf("%+v", st)
		}
	}
	check()
	// Without it version 2 would kill: memory comes after what can fail.
	r = update(b, `{"memory":{"limit":2000000,"swap":2000000},"cpu":{"cpus":"4095"}}`, "--resources", "-", b.ID)
	if r.Status != 1 || !strings.Contains(r.Stderr, `resources: cpu.cpus: "4095"`) {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	check()
}

// TestUpdateStatus: any container that has not stopped.
func TestUpdateStatus(t *testing.T) {
	b := sleeper(t)
	refused(t, b, 1, "does not exist", "update", "--pids-limit", "5", b.ID)
	b.Create()
	b.Must("update", "--pids-limit", "41", b.ID)
	b.Must("pause", b.ID)
	b.Must("update", "--pids-limit", "42", b.ID)
	b.Must("resume", b.ID)
	b.Must("start", b.ID)
	pid := b.State().Pid
	if got := pidsMax.read(t, b); got != "42" {
		t.Errorf("pids.max: %s", got)
	}
	b.Must("kill", b.ID, "KILL")
	b.WaitPid(pid)
	refused(t, b, 1, "container not running", "update", "--pids-limit", "5", b.ID)
}
