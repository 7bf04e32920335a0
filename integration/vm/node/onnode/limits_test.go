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

	"github.com/runseal/runseal/integration/bundle"
	"github.com/runseal/runseal/integration/internal/box"
)

const mib = 1 << 20

// limited are the resources of the scenario limits.
func limited() *specs.LinuxResources {
	return &specs.LinuxResources{
		Memory:         &specs.LinuxMemory{Limit: ptr(int64(32 * mib)), Reservation: ptr(int64(16 * mib)), Swap: ptr(int64(48 * mib))},
		CPU:            &specs.LinuxCPU{Shares: ptr(uint64(512)), Quota: ptr(int64(50000)), Period: ptr(uint64(100000)), Cpus: "0", Mems: "0"},
		Pids:           &specs.LinuxPids{Limit: ptr(int64(16))},
		HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 4 * mib}},
		// Above memory.max, or the kernel would make a program wait long before it ends it.
		Unified: map[string]string{"memory.high": "134217728"},
		Devices: []specs.LinuxDeviceCgroup{
			{Allow: false, Access: "rwm"},
			{Allow: true, Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(3)), Access: "rwm"},
		},
	}
}

func ptr[T any](v T) *T { return &v }

// A knob is a file of the cgroup, with its value before and after an update.
type knob struct{ file, value, updated string }

var knobs = []knob{
	{"memory.max", "33554432", "50331648"},
	{"memory.low", "16777216", "16777216"},
	{"memory.high", "134217728", "134217728"},
	{"memory.swap.max", "16777216", "25165824"},
	{"pids.max", "16", "24"},
	{"cpu.max", "50000 100000", "90000 100000"},
	{"cpuset.cpus", "0", "0"},
	{"cpuset.mems", "0", "0"},
	{"hugetlb.2MB.max", "4194304", "4194304"},
}

const update = `{"memory": {"limit": 50331648, "swap": 75497472}, "pids": {"limit": 24},
	"cpu": {"quota": 90000, "period": 100000, "cpus": "0"}}`

// limits are seen in the cgroup's files, those of the table with the value that it has.
func (c *container) limits(key string, value func(knob) string) {
	c.t.Helper()
	for _, k := range knobs {
		if got := c.knob(k.file); got != value(k) {
			c.t.Errorf("%s: %s is %q, expected %q", key, k.file, got, value(k))
		}
	}
	c.keep(key, c.settings())
	if c.driver == systemd {
		c.keep(key+" of the unit", c.unit())
	}
}

// reload makes systemd write again what it knows of each unit: what it does not know
// would be lost.
func (c *container) reload() {
	c.t.Helper()
	command(c.t, nil, "systemctl", "daemon-reload")
	c.limits("resources after daemon-reload", func(k knob) string { return k.value })
	c.expect("the disk after daemon-reload", c.Do("tasks", "exec", "--exec-id", "reloaded", c.id, "/bin/sh", "-c",
		"mknod /tmp/disk b $0 $1 && head -c 1 /tmp/disk 2>&1", c.disk()[0], c.disk()[1]), 1, "head: /tmp/disk: Operation not permitted\n")
}

// update changes limits by the runtime itself; ctr has no command for that.
func (c *container) update() {
	c.t.Helper()
	command(c.t, strings.NewReader(update), c.binary(), "--root", "/run/containerd/runc/"+namespace, "update", "--resources", "-", c.id)
	c.limits("resources after update", func(k knob) string { return k.updated })
}

// upWith starts a container of a config.json with resources.
func (c *container) upWith(r *specs.LinuxResources, argv ...string) int {
	c.t.Helper()
	b, err := bundle.Empty()
	if err == nil {
		err = b.AddProgram(viewPath, viewPackage)
	}
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
	s.Hostname = c.id
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

// counters are files of a cgroup that say what is, not what may be.
var counters = regexp.MustCompile(`\.(current|peak|stat|numa_stat|events|events\.local|stat\.local|pressure|procs|threads|kill|reclaim|effective|isolated|failcnt)$`)

// knob reads a file of the container's cgroup.
func (c *container) knob(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, name))
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// settings are all files of the cgroup that say what may be, one a line.
func (c *container) settings() string {
	c.t.Helper()
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		c.t.Fatal(err)
	}
	var text strings.Builder
	for _, e := range entries {
		if e.IsDir() || counters.MatchString(e.Name()) {
			continue
		}
		if value, err := os.ReadFile(filepath.Join(c.dir, e.Name())); err == nil {
			fmt.Fprintf(&text, "%s: %s\n", e.Name(), strings.ReplaceAll(strings.TrimSpace(string(value)), "\n", "; "))
		}
	}
	return text.String()
}

// unit is what systemd says of the container's scope.
func (c *container) unit() string {
	c.t.Helper()
	return command(c.t, nil, "systemctl", "show", "node-"+c.id+".scope", "--property", strings.Join([]string{
		"Slice", "ActiveState", "Delegate", "DelegateControllers", "CollectMode", "DefaultDependencies", "KillMode",
		"CPUWeight", "CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec", "AllowedCPUs", "AllowedMemoryNodes",
		"MemoryMax", "MemoryHigh", "MemoryLow", "MemoryMin", "MemorySwapMax", "TasksMax",
		"CPUAccounting", "MemoryAccounting", "TasksAccounting", "IOAccounting",
		"DevicePolicy", "DeviceAllow", "ManagedOOMMemoryPressure", "OOMPolicy", "TimeoutStopUSec",
	}, ","))
}

// metrics asks containerd, whose shim reads the cgroup by itself.
func (c *container) metrics() {
	c.t.Helper()
	// Its quota is half a processor.
	c.Ctr("tasks", "exec", "--exec-id", "busy", c.id, "/bin/sh", "-c", "while :; do :; done & sleep 1; kill $!")
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
	if m.Pids.Limit != 16 || m.Pids.Current < 1 || m.Memory.Limit != 32*mib || m.Memory.Usage < 4096 || m.CPU.Throttled < 1 {
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
