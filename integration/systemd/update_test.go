package systemd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// update changes limits by a JSON document, as engines do.
func (u *unitBox) update(resources string) box.Result {
	return u.Start(func(c *exec.Cmd) { c.Stdin = strings.NewReader(resources) }, "update", "--resources", "-", u.ID).Wait()
}

// TestUpdate: limits that are changed later are systemd's too, so they stay when it
// writes what it knows.
func TestUpdate(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	limits(u)
	u.Up()
	t.Cleanup(func() { systemctl(t, "revert", "system.slice") })
	// What makes systemd write the limits that it knows: of this unit, of those in its
	// slice, of all.
	rewrites := [][]string{
		{"set-property", "--runtime", u.Unit, "IOWeight=50", "MemoryMin=4096", "CPUQuotaPeriodSec=100ms"},
		{"set-property", "--runtime", "system.slice", "MemoryLow=4096"},
		{"daemon-reload"},
	}
	for _, step := range []struct {
		change string
		files  []string
		props  []string
	}{
		{`{"memory": {"limit": 83886080, "swap": 104857600, "reservation": 16777216}, "pids": {"limit": 44},
			"cpu": {"quota": 20000, "shares": 512, "cpus": "0"}, "unified": {"memory.high": "67108864"}}`,
			[]string{"memory.max=83886080", "memory.swap.max=20971520", "memory.low=16777216", "memory.high=67108864",
				"pids.max=44", "cpu.max=20000 100000", "cpuset.cpus=0", "cpuset.mems=0", "memory.oom.group=1"},
			[]string{"MemoryMax=83886080", "MemorySwapMax=20971520", "MemoryLow=16777216", "MemoryHigh=67108864",
				"TasksMax=44", "CPUQuotaPerSecUSec=200ms", "AllowedCPUs=0", "AllowedMemoryNodes=0"}},
		// As few as can be, and none: the rest is as it was.
		{`{"pids": {"limit": 45}}`,
			[]string{"pids.max=45", "memory.max=83886080", "cpu.max=20000 100000"}, []string{"TasksMax=45", "MemoryMax=83886080"}},
		{`{"memory": {"limit": -1}, "pids": {"limit": -1}, "cpu": {"quota": -1}, "unified": {"memory.high": "max"}}`,
			[]string{"memory.max=max", "memory.swap.max=max", "memory.high=max", "pids.max=max", "cpu.max=max 100000", "memory.low=16777216"},
			[]string{"MemoryMax=infinity", "MemorySwapMax=infinity", "MemoryHigh=infinity", "TasksMax=infinity", "CPUQuotaPerSecUSec=infinity", "MemoryLow=16777216"}},
		{`{"cpu": {"idle": 1}}`, []string{"cpu.idle=1"}, []string{"CPUWeight=idle"}},
		{`{"cpu": {"idle": 0}}`, []string{"cpu.idle=0"}, []string{"CPUWeight=59"}},
	} {
		if r := u.update(step.change); r.Status != 0 {
			t.Fatalf("%s: exit status %d, stderr %q", step.change, r.Status, r.Stderr)
		}
		u.files(t, step.files...)
		for _, args := range rewrites {
			systemctl(t, args...)
			u.files(t, step.files...)
			if t.Failed() {
				t.Fatalf("after update %s and systemctl %v", step.change, args)
			}
		}
		u.want(t, append(step.props, "ActiveState=active")...)
		rewrites = rewrites[len(rewrites)-1:]
	}
}

// TestUpdateNoWeight: of a container that never had a weight, systemd does not keep
// that it is idle.
func TestUpdateNoWeight(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	u.Up()
	for _, change := range []string{"1", "0"} {
		u.Must("update", "--cpu-idle", change, u.ID)
		systemctl(t, "daemon-reload")
		u.files(t, "cpu.idle="+change)
	}
	u.files(t, "cpu.weight=100")
}

// TestUpdateExact: what systemd cannot express is exact in the files when update has
// ended, also what earlier updates have written there.
func TestUpdateExact(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	u.Up()
	for _, step := range []struct{ change, file string }{
		{`{"cpu": {"quota": 12345, "period": 1000000}}`, "cpu.max"},
		{`{"unified": {"memory.oom.group": "1"}}`, "memory.oom.group"},
	} {
		if r := u.update(step.change); r.Status != 0 {
			t.Fatalf("%s: exit status %d, stderr %q", step.change, r.Status, r.Stderr)
		}
	}
	u.Must("update", "--memory", "64M", "--cpu-share", "512", "--pids-limit", "9", u.ID)
	u.files(t, "cpu.max=12345 1000000", "memory.oom.group=1", "memory.max=67108864", "pids.max=9")
}

// TestUpdateUnreachable: without systemd limits would last until it writes them
// again, so there is an error, and all is as before. The next update works.
func TestUpdateUnreachable(t *testing.T) {
	u := scope(t, "sleep 600")
	files := limits(u)
	u.Up()
	restore := hide(t)
	if err := os.Rename(systemBus, systemBus+".hidden"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Rename(systemBus+".hidden", systemBus) })
	before, err := os.ReadFile(filepath.Join(u.Root, u.ID, "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	r := u.Do("update", "--memory", "60M", "--pids-limit", "44", u.ID)
	if want := "linux.resources: systemd cannot be reached"; r.Status != 1 || !strings.Contains(r.Stderr, want) {
		t.Errorf("exit status %d, stderr %q, want %q", r.Status, r.Stderr, want)
	}
	u.files(t, files...)
	if after, err := os.ReadFile(filepath.Join(u.Root, u.ID, "state.json")); string(after) != string(before) {
		t.Errorf("the state has changed (%v):\n%s\n%s", err, before, after)
	}
	restore()
	u.Must("update", "--pids-limit", "44", u.ID)
	u.want(t, "TasksMax=44", "MemoryMax=67108864")
}
