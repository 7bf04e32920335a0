package verbs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/cgroups"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// update runs update with standard input.
func update(b *box.Box, stdin string, args ...string) box.Result {
	p := b.Start(func(c *exec.Cmd) { c.Stdin = strings.NewReader(stdin) }, append([]string{"update"}, args...)...)
	return p.Wait()
}

// weight is cpu.weight for shares; the formula is the library's, which has changed.
func weight(shares uint64) string {
	return strconv.FormatUint(cgroups.ConvertCPUSharesToCgroupV2Value(shares), 10)
}

// TestUpdateFlags: each flag changes its files, and no others.
func TestUpdateFlags(t *testing.T) {
	b := sleeper(t)
	b.Up()
	for _, tc := range []struct {
		flags  []string
		k      knob
		v1, v2 string // "" where it is refused
	}{
		{[]string{"--memory", "64M"}, memory, "67108864", "67108864"},
		{[]string{"--memory-reservation", "32M"}, reservation, "33554432", "33554432"},
		{[]string{"--memory-swap", "96M"}, memorySwap, "100663296", "33554432"},
		{[]string{"--memory-swap=-1"}, memorySwap, "9223372036854771712", "max"},
		{[]string{"--pids-limit", "44"}, pidsMax, "44", "44"},
		{[]string{"--pids-limit", "-1"}, pidsMax, "max", "max"},
		{[]string{"--cpu-share", "512"}, shares, "512", weight(512)},
		{[]string{"--cpu-quota", "40000"}, quota, "40000", "40000 100000"},
		{[]string{"--cpu-period", "50000"}, period, "50000", "40000 50000"},
		{[]string{"--cpu-quota", "30000"}, quota, "30000", "30000 50000"},
		{[]string{"--cpu-burst", "10000"}, burst, "10000", "10000"},
		{[]string{"--cpu-burst", "0"}, burst, "0", "0"},
		{[]string{"--cpu-quota", "-1"}, quota, "-1", "max 50000"},
		{[]string{"--cpu-period", "20000"}, period, "20000", "max 20000"},
		{[]string{"--cpuset-cpus", "0"}, cpus, "0", "0"},
		{[]string{"--cpuset-mems", "0"}, mems, "0", "0"},
		{[]string{"--cpu-rt-period", "500000"}, rtPeriod, "500000", ""},
		{[]string{"--kernel-memory", "5M"}, knob{}, "", ""},
		{[]string{"--cpu-period", "0", "--memory", "0", "--pids-limit", "0"}, knob{}, "", ""},
		{nil, knob{}, "", ""},
	} {
		before := settings(t, b)
		want := tc.v1
		if v2 {
			want = tc.v2
		}
		args := append(append([]string{"update"}, tc.flags...), b.ID)
		if tc.k != (knob{}) && want == "" {
			refused(t, b, 1, "cgroup v2 has no such limit", args...)
		} else if tc.k != (knob{}) && tc.k.missing(b) {
			if r := b.Do(args...); r.Status == 0 && tc.k.controller != "memory" {
				t.Errorf("%q: no error, though this kernel has no %s", tc.flags, tc.k.name())
			} else {
				t.Logf("%q: this kernel has no %s: %s", tc.flags, tc.k.name(), r.Stderr)
			}
		} else {
			if r := b.Must(args...); r.Stdout+r.Stderr != "" {
				t.Errorf("%q: %q %q", tc.flags, r.Stdout, r.Stderr)
			}
			if want != "" {
				before[tc.k.name()] = want
			}
		}
		if now := settings(t, b); !reflect.DeepEqual(now, before) {
			t.Errorf("%q: got %v\nwant %v", tc.flags, now, before)
		}
	}
	if !v2 {
		return
	}
	b.Must("update", "--blkio-weight", "100", b.ID)
	if text := (knob{"io", "", "io.weight"}).read(t, b); !strings.HasPrefix(text, "default 910") {
		t.Errorf("io.weight: %q", text)
	}
}

// TestUpdateIdle: an idle cgroup has no shares of its own; they come back with its
// end.
func TestUpdateIdle(t *testing.T) {
	b := sleeper(t)
	b.Up()
	if idle.missing(b) {
		refused(t, b, 1, "resources: cpu.idle: 1: cpu.idle: ", "update", "--cpu-idle", "1", b.ID) // before Linux 5.15
		return
	}
	want := "512"
	if v2 {
		want = weight(512)
	}
	b.Must("update", "--cpu-share", "512", "--cpu-idle", "1", b.ID)
	if text := idle.read(t, b); text != "1" {
		t.Errorf("cpu.idle: %s", text)
	}
	b.Must("update", "--cpu-idle", "0", b.ID)
	if text := idle.read(t, b); text != "0" || shares.read(t, b) != want {
		t.Errorf("cpu.idle %s, shares %s, expected 0 and %s", text, shares.read(t, b), want)
	}
}

// TestUpdateOrder: memory and its sum with swap, up and down, in one command each.
func TestUpdateOrder(t *testing.T) {
	b := sleeper(t)
	b.Up()
	for _, tc := range []struct{ memory, swap, v1, v2 string }{
		{"64M", "128M", "134217728", "67108864"},
		{"256M", "256M", "268435456", "0"},
		{"32M", "48M", "50331648", "16777216"},
		{"48M", "48M", "50331648", "0"},
		{"100M", "-1", "9223372036854771712", "max"},
		{"-1", "-1", "9223372036854771712", "max"},
		{"64M", "64M", "67108864", "0"},
		{"-1", "", "9223372036854771712", "max"},
	} {
		args := []string{"update", "--memory", tc.memory}
		if tc.swap != "" {
			args = append(args, "--memory-swap", tc.swap)
		}
		b.Must(append(args, b.ID)...)
		want := tc.v1
		if v2 {
			want = tc.v2
		}
		if memorySwap.missing(b) {
			t.Logf("this kernel has no %s", memorySwap.name())
		} else if got := memorySwap.read(t, b); got != want {
			t.Errorf("%q: swap %s, want %s", args, got, want)
		}
		if got, want := memory.read(t, b), tc.memory; want == "-1" && got != unlimited() || want == "64M" && got != "67108864" || want == "32M" && got != "33554432" {
			t.Errorf("%q: memory %s", args, got)
		}
	}
}

// TestUpdateMerges: an update knows what those before it have set, and what
// config.json has.
func TestUpdateMerges(t *testing.T) {
	b := sleeper(t)
	limit, sum, q := int64(64<<20), int64(128<<20), int64(50000)
	b.Spec.Linux.Resources.Memory = &specs.LinuxMemory{Limit: &limit, Swap: &sum}
	b.Spec.Linux.Resources.CPU = &specs.LinuxCPU{Quota: &q}
	b.Up()
	b.Must("update", "--memory", "96M", b.ID)
	check := func(mem, swap1, swap2 string) {
		t.Helper()
		want := swap1
		if v2 {
			want = swap2
		}
		if got := memory.read(t, b); got != mem {
			t.Errorf("memory %s, want %s", got, mem)
		}
		if !memorySwap.missing(b) && memorySwap.read(t, b) != want {
			t.Errorf("swap %s, want %s", memorySwap.read(t, b), want)
		}
	}
	check("100663296", "134217728", "33554432")
	// 200 MB do not fit into a sum of 128.
	refused(t, b, 1, "resources: memory.swap: 134217728: expected at least memory.limit (209715200)", "update", "--memory", "200M", b.ID)
	check("100663296", "134217728", "33554432")
	b.Must("update", "--memory-swap", "300M", b.ID)
	check("100663296", "314572800", "213909504")
	b.Must("update", "--memory", "200M", b.ID)
	check("209715200", "314572800", "104857600")
	if !burst.missing(b) {
		b.Must("update", "--cpu-burst", "40000", b.ID)
		refused(t, b, 1, "resources: cpu.burst: 40000: expected at most cpu.quota (30000)", "update", "--cpu-quota", "30000", b.ID)
		b.Must("update", "--cpu-quota", "30000", "--cpu-burst", "0", b.ID)
	}

	// The state that keeps them serves all other commands.
	if r := b.Must("exec", b.ID, "/bin/echo", "hi"); r.Stdout != "hi\n" {
		t.Errorf("exec: %+v", r)
	}
	if st := b.State(); st.Status != "running" {
		t.Errorf("%+v", st)
	}
}

// TestUpdateResources: the forms in which engines give the file.
func TestUpdateResources(t *testing.T) {
	b := sleeper(t)
	b.Up()
	file := filepath.Join(b.Dir, "r.json")
	// What containerd's CRI plugin sends: all of config.json's resources.
	const all = `{"devices":[{"allow":true,"access":"rwm"}],"memory":{"limit":%d,"reservation":0},"cpu":{"shares":204,"quota":20000,"period":100000,"cpus":"","mems":""},` +
		`"pids":{"limit":%d},"blockIO":{"weight":0},"unified":{},"somethingNew":{}}`
	before := settings(t, b)
	for i, args := range [][]string{{"--resources", "-"}, {"--resources=-"}, {"-r", "-"}, {"--resources=" + file}, {"--resources", file}, {"--resources", "/dev/stdin"}} {
		text := fmt.Sprintf(all, (i+50)<<20, i+30)
		must(t, os.WriteFile(file, []byte(text), 0o600))
		if r := update(b, text, append(args, b.ID)...); r.Status != 0 || r.Stdout+r.Stderr != "" {
			t.Fatalf("%q: %+v", args, r)
		}
		if memory.read(t, b) != itoa((i+50)<<20) || pidsMax.read(t, b) != itoa(i+30) {
			t.Errorf("%q: memory %s, pids %s", args, memory.read(t, b), pidsMax.read(t, b))
		}
	}
	after := settings(t, b)
	for name, text := range before {
		switch name {
		case memory.name(), pidsMax.name(), quota.name(), period.name(), shares.name():
		default:
			if after[name] != text {
				t.Errorf("%s was %q, is %q", name, text, after[name])
			}
		}
	}
	if !v2 {
		return
	}
	if r := update(b, `{"unified":{"memory.high":"50000000","pids.max":"9"}}`, "--resources", "-", b.ID); r.Status != 0 {
		t.Errorf("%+v", r)
	}
	if high := (knob{"", "", "memory.high"}).read(t, b); high != "49999872" || pidsMax.read(t, b) != "9" {
		t.Errorf("memory.high %s, pids.max %s", high, pidsMax.read(t, b))
	}
}

// TestUpdateDevices: device rules stay, whatever is said about them.
func TestUpdateDevices(t *testing.T) {
	b := sleeper(t)
	must(t, unix.Mknod(b.Path("kmsg"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 11))))
	must(t, unix.Mknod(b.Path("zero"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5))))
	for _, name := range []string{"kmsg", "zero"} {
		f, err := os.Open(b.Path(name))
		if err != nil {
			t.Skipf("device nodes cannot be opened here: %v", err)
		}
		f.Close()
	}
	b.Up()
	for _, stdin := range []string{`{"pids":{"limit":50}}`, `{"pids":{"limit":60},"devices":[{"allow":true,"access":"rwm"}]}`, `{"devices":[{"allow":false,"access":"rwm"}]}`} {
		if r := update(b, stdin, "--resources", "-", b.ID); r.Status != 0 {
			t.Fatalf("%s: %+v", stdin, r)
		}
		if r := b.Do("exec", b.ID, "/bin/sh", "-c", ": < /kmsg"); r.Status == 0 || !strings.Contains(r.Stderr, "not permitted") {
			t.Errorf("%s: a device that was denied: %+v", stdin, r)
		}
		if r := b.Do("exec", b.ID, "/bin/sh", "-c", ": < /zero"); r.Status != 0 {
			t.Errorf("%s: a device that was allowed: %+v", stdin, r)
		}
	}
}

// TestUpdatePids: a limit that was set while the container runs refuses fork(2).
func TestUpdatePids(t *testing.T) {
	b := sleeper(t)
	b.Up()
	const forks = "for i in 1 2 3 4 5 6; do sleep 5 & done; echo all; kill $(jobs -p)"
	if r := b.Do("exec", b.ID, "/bin/sh", "-c", forks); !strings.Contains(r.Stdout, "all") {
		t.Fatalf("without a limit: %+v", r)
	}
	// Those that have ended count until somebody collects them, and exec itself is
	// two processes on version 2.
	now, err := strconv.Atoi(pidsNow.read(t, b))
	must(t, err)
	b.Must("update", "--pids-limit", itoa(now+4), b.ID)
	if r := b.Do("exec", b.ID, "/bin/sh", "-c", forks); strings.Contains(r.Stdout, "all") || !strings.Contains(strings.ToLower(r.Stderr), "fork") {
		t.Errorf("six processes where there is room for four: %+v", r)
	}
}

// pids.limit of 0 was no limit before version 1.3 of the specification, and some engines
// still write it for none.
func TestNoProcessesMore(t *testing.T) {
	for version, want := range map[string]string{"1.0.2-dev": "max", "1.2.0": "max", "1.3.0": "1"} {
		t.Run(version, func(t *testing.T) {
			b := box.New(t, "/bin/sleep", "600")
			b.Spec.Version = version
			b.Spec.Linux.Resources.Pids = &specs.LinuxPids{Limit: new(int64)}
			b.Up()
			if got := pidsMax.read(t, b); got != want {
				t.Errorf("created with %s, expected %s", got, want)
			}
			b.Must("update", "--pids-limit", "77", b.ID)
			if want == "max" {
				want = "77"
			}
			if r := update(b, `{"pids":{"limit":0}}`, "--resources", "-", b.ID); r.Status != 0 {
				t.Errorf("update: exit status %d, stderr %q", r.Status, r.Stderr)
			}
			if got := pidsMax.read(t, b); got != want {
				t.Errorf("updated to %s, expected %s", got, want)
			}
		})
	}
}
