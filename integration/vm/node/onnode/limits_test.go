package onnode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/bundle"
	"github.com/runseal/runseal/integration/internal/box"
)

const mib = 1 << 20

// limited are the resources of the scenario limits.
func limited() *specs.LinuxResources {
	return &specs.LinuxResources{
		Memory:         &specs.LinuxMemory{Limit: ptr(int64(64 * mib)), Reservation: ptr(int64(32 * mib)), Swap: ptr(int64(96 * mib))},
		CPU:            &specs.LinuxCPU{Shares: ptr(uint64(512)), Quota: ptr(int64(50000)), Period: ptr(uint64(100000)), Cpus: "0-1", Mems: "0"},
		Pids:           &specs.LinuxPids{Limit: ptr(int64(16))},
		HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 4 * mib}},
		Unified:        map[string]string{"memory.high": "50331648"},
		Devices: []specs.LinuxDeviceCgroup{
			{Allow: false, Access: "rwm"},
			{Allow: true, Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(3)), Access: "rwm"},
		},
	}
}

func ptr[T any](v T) *T { return &v }

// want are files of the cgroup that must have these values, before and after an update.
var want = []struct{ file, value, updated string }{
	{"memory.max", "67108864", "100663296"},
	{"memory.low", "33554432", "33554432"},
	{"memory.high", "50331648", "50331648"},
	{"memory.swap.max", "33554432", "50331648"},
	{"pids.max", "16", "24"},
	{"cpu.max", "50000 100000", "20000 100000"},
	{"cpuset.cpus", "0-1", "0"},
	{"cpuset.mems", "0", "0"},
	{"hugetlb.2MB.max", "4194304", "4194304"},
}

const update = `{"memory": {"limit": 100663296, "swap": 150994944}, "pids": {"limit": 24},
	"cpu": {"quota": 20000, "period": 100000, "cpus": "0"}}`

// limits are seen in the cgroup's files, enforced, measured, and changed.
func limits(t *testing.T, c *container) {
	pid := c.upWith(limited(), "/bin/sleep", "600")
	dir := filepath.Join("/sys/fs/cgroup", cgroupOf(t, pid))
	for _, w := range want {
		if got := knob(t, dir, w.file); got != w.value {
			t.Errorf("%s is %q, expected %q", w.file, got, w.value)
		}
	}
	c.saw["files"] = knobs(t, dir)
	c.unit("unit")

	c.exec("busy", "timeout 1 sh -c 'while :; do :; done'")
	if s := knob(t, dir, "cpu.stat"); strings.Contains(s, "nr_throttled 0\n") || !strings.Contains(s, "nr_throttled ") {
		t.Errorf("a busy loop under cpu.max 50000 100000 was not throttled:\n%s", s)
	}
	c.devices("device")
	c.metrics()

	if c.systemd() {
		// systemd writes again what it knows of each unit; what it does not know is lost.
		command(t, nil, "systemctl", "daemon-reload")
		for _, w := range want {
			if got := knob(t, dir, w.file); got != w.value {
				t.Errorf("after systemctl daemon-reload %s is %q, expected %q", w.file, got, w.value)
			}
		}
		c.devices("device after daemon-reload")
	}
	if c.has("update") {
		command(t, strings.NewReader(update), c.binary(), "--root", "/run/containerd/runc/"+namespace, "update", "--resources", "-", c.id)
		for _, w := range want {
			if got := knob(t, dir, w.file); got != w.updated {
				t.Errorf("after update %s is %q, expected %q", w.file, got, w.updated)
			}
		}
		c.saw["files after update"] = knobs(t, dir)
		c.unit("unit after update")
	}
	out := c.exec("fork", "i=0; while [ $i -lt 30 ]; do sleep 600 & i=$((i+1)); done")
	if out.Status == 0 || !strings.Contains(out.Stderr, "can't fork: Resource temporarily unavailable") {
		t.Errorf("30 processes under pids.max %s: exit status %d, stderr %q", knob(t, dir, "pids.max"), out.Status, out.Stderr)
	}
	c.down()
}

// devices opens one that the container may have, and the machine's disk.
func (c *container) devices(id string) {
	c.t.Helper()
	var disk unix.Stat_t
	if err := unix.Stat("/dev/nvme0n1", &disk); err != nil {
		c.t.Fatal(err)
	}
	script := fmt.Sprintf("rm -f /tmp/*; mknod /tmp/null c 1 3 && echo >/tmp/null && echo null; mknod /tmp/disk b %d %d && head -c 1 /tmp/disk 2>&1",
		unix.Major(disk.Rdev), unix.Minor(disk.Rdev))
	c.expect(id, c.exec(strings.ReplaceAll(id, " ", "-"), script), 1, "null\nhead: /tmp/disk: Operation not permitted\n")
}

// upWith starts a container of a config.json with resources.
func (c *container) upWith(r *specs.LinuxResources, argv ...string) int {
	c.t.Helper()
	b, err := bundle.Empty()
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if err := b.Remove(); err != nil {
			c.t.Error(err)
		}
	})
	s := box.BaseSpec(argv...)
	s.Process.Env = append(s.Process.Env, c.mark())
	s.Root.Path = b.Rootfs()
	s.Linux.CgroupsPath = c.cgroupsPath(c.id)
	s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.CgroupNamespace})
	s.Linux.Resources = r
	b.Spec = s
	if err := b.Write(); err != nil {
		c.t.Fatal(err)
	}
	args := append(append([]string{"run", "--detach", "--config", b.Config()}, c.flags(c.id)...), c.id)
	if r := c.Do(args...); r.Status != 0 {
		c.t.Fatalf("ctr run: exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
	return node.events.wait(c.t, c.id, "start", "").body.Pid
}

// down ends the container in the short way.
func (c *container) down() {
	c.t.Helper()
	if r := c.Do("tasks", "rm", "--force", c.id); r.Status != 0 && r.Status != 137 {
		c.t.Errorf("tasks rm --force: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	c.Ctr("containers", "rm", c.id)
}

// counters are files of a cgroup that say what is, not what may be.
var counters = regexp.MustCompile(`\.(current|peak|stat|numa_stat|events|events\.local|pressure|procs|threads|kill|reclaim|effective|isolated|failcnt)$`)

// knobs are the cgroup's settings, one file a line.
func knobs(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, e := range entries {
		if e.IsDir() || counters.MatchString(e.Name()) {
			continue
		}
		if value, err := os.ReadFile(filepath.Join(dir, e.Name())); err == nil {
			fmt.Fprintf(&text, "%s: %s\n", e.Name(), strings.ReplaceAll(strings.TrimSpace(string(value)), "\n", "; "))
		}
	}
	return text.String()
}

func (c *container) systemd() bool { return c.driver == systemd }

// unit remembers what systemd says of the container's scope.
func (c *container) unit(key string) {
	c.t.Helper()
	if !c.systemd() {
		return
	}
	out := command(c.t, nil, "systemctl", "show", "node-"+c.id+".scope", "--property", strings.Join([]string{
		"Slice", "ActiveState", "Delegate", "DelegateControllers", "CollectMode", "DefaultDependencies", "KillMode",
		"CPUWeight", "CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec", "AllowedCPUs", "AllowedMemoryNodes",
		"MemoryMax", "MemoryHigh", "MemoryLow", "MemoryMin", "MemorySwapMax", "TasksMax",
		"CPUAccounting", "MemoryAccounting", "TasksAccounting", "IOAccounting",
		"DevicePolicy", "DeviceAllow", "ManagedOOMMemoryPressure", "OOMPolicy", "TimeoutStopUSec",
	}, ","))
	c.saw[key] = out
}

// metrics asks containerd, whose shim reads the cgroup by itself.
func (c *container) metrics() {
	c.t.Helper()
	var m struct {
		Pids   struct{ Current, Limit uint64 }
		Memory struct {
			Usage uint64
			Limit uint64 `json:"usage_limit"`
		}
		CPU struct {
			Throttled uint64 `json:"nr_throttled"`
		}
	}
	out := c.Ctr("tasks", "metrics", "--format", "json", c.id)
	if err := json.Unmarshal([]byte(out), &m); err != nil {
		c.t.Errorf("ctr tasks metrics: %v in %q", err, out)
		return
	}
	if m.Pids.Limit != 16 || m.Pids.Current < 1 || m.Memory.Limit != 64*mib || m.Memory.Usage < 4096 || m.CPU.Throttled < 1 {
		c.t.Errorf("ctr tasks metrics: %s", out)
	}
}

// command runs a program that has to succeed and returns its output.
func command(t *testing.T, stdin *strings.Reader, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %q: %v, stdout %q, stderr %q", name, args, err, stdout.String(), stderr.String())
	}
	return stdout.String()
}
