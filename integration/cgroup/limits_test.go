package cgroup_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestLimitsAreWritten(t *testing.T) {
	v1(t, "memory", "cpu", "cpuset", "pids")
	c := container(t, newPath(), &specs.LinuxResources{
		Memory: &specs.LinuxMemory{Limit: ptr(int64(64 << 20)), Reservation: ptr(int64(32 << 20))},
		CPU: &specs.LinuxCPU{Shares: ptr(uint64(512)), Quota: ptr(int64(20000)), Period: ptr(uint64(50000)),
			Burst: ptr(uint64(5000)), Cpus: "0", Mems: "0"},
		Pids: &specs.LinuxPids{Limit: ptr(int64(17))},
	})
	for _, f := range [][3]string{
		{"memory", "memory.limit_in_bytes", "67108864"}, {"memory", "memory.soft_limit_in_bytes", "33554432"},
		{"cpu", "cpu.shares", "512"}, {"cpu", "cpu.cfs_quota_us", "20000"}, {"cpu", "cpu.cfs_period_us", "50000"},
		{"cpu", "cpu.cfs_burst_us", "5000"}, {"cpuset", "cpuset.cpus", "0"}, {"cpuset", "cpuset.mems", "0"},
		{"pids", "pids.max", "17"},
	} {
		if got := read(t, c, f[0], f[1]); got != f[2] {
			t.Errorf("%s: %s, want %s", f[1], got, f[2])
		}
	}
	out, err := output(t, c, "cat /proc/self/status")
	if err != nil || !strings.Contains(out, "Cpus_allowed_list:\t0\n") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestForkIsRefused(t *testing.T) {
	v1(t, "pids")
	c := container(t, newPath(), &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(3))}})
	out, err := output(t, c, "for i in 1 2 3 4 5 6; do sleep 60 > /dev/null 2>&1 & done; echo all")
	if err == nil || strings.Contains(out, "all") || !strings.Contains(strings.ToLower(out), "fork") {
		t.Errorf("six processes in a cgroup for three: %v: %s", err, out)
	}
	if max := read(t, c, "pids", "pids.events"); max == "max 0" {
		t.Errorf("pids.events: %s", max)
	}
}

func TestMemoryIsLimited(t *testing.T) {
	v1(t, "memory")
	c := container(t, newPath(), &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(8 << 20))}})
	// A shell variable of 64 MB.
	out, err := output(t, c, "x=$(head -c 67108864 /dev/zero | tr '\\0' x); echo ${#x}")
	if err == nil && strings.TrimSpace(out) == "67108864" {
		t.Errorf("64 MB fit into a limit of 8 MB: %s", out)
	}
	if n := read(t, c, "memory", "memory.failcnt"); n == "0" {
		t.Error("the limit was never hit")
	}
}

// nodes makes device nodes: null (1:3), kmsg (1:11) and a block device (7:7).
func nodes(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, dev := range map[string]int{"null": int(unix.Mkdev(1, 3)), "kmsg": int(unix.Mkdev(1, 11))} {
		if err := unix.Mknod(filepath.Join(dir, name), unix.S_IFCHR|0o600, dev); err != nil {
			t.Skipf("device nodes cannot be made here: %v", err)
		}
	}
	// Without the cgroup both can be opened; else the test would prove nothing.
	for _, name := range []string{"null", "kmsg"} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Skipf("device nodes cannot be opened in %s: %v", dir, err)
		}
		f.Close()
	}
	return dir
}

func TestDevices(t *testing.T) {
	dir := nodes(t)
	try := `cd ` + dir + `; (: < null) && echo null; (: < kmsg) && echo kmsg; (: > kmsg) && echo write; mknod new c 1 11 && echo mknod; rm -f new; true`
	deny := specs.LinuxDeviceCgroup{Access: "rwm"}
	kmsg := specs.LinuxDeviceCgroup{Allow: true, Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(11)), Access: "r"}
	nonull := specs.LinuxDeviceCgroup{Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(3)), Access: "rwm"}
	all := specs.LinuxDeviceCgroup{Allow: true, Access: "rwm"}
	nokmsg := specs.LinuxDeviceCgroup{Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(11)), Access: "wm"}
	for _, c := range []struct {
		name  string
		rules []specs.LinuxDeviceCgroup
		want  string
	}{
		{"none given", nil, "null mknod"},
		{"deny", []specs.LinuxDeviceCgroup{deny}, "null mknod"},
		{"one more", []specs.LinuxDeviceCgroup{deny, kmsg}, "null kmsg mknod"},
		{"default device denied", []specs.LinuxDeviceCgroup{deny, nonull}, "mknod"},
		{"all", []specs.LinuxDeviceCgroup{all}, "null kmsg write mknod"},
		{"all but writing one", []specs.LinuxDeviceCgroup{all, nokmsg}, "null kmsg"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cg := container(t, newPath(), &specs.LinuxResources{Devices: c.rules})
			out, err := output(t, cg, try)
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			var got []string
			for _, line := range strings.Split(out, "\n") {
				if line != "" && !strings.Contains(line, " ") {
					got = append(got, line)
				}
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %q, want %q\n%s", s, c.want, out)
			}
		})
	}
}

// TestBadValues: what only the kernel can refuse is an error that names the
// field, and nothing is left.
func TestBadValues(t *testing.T) {
	v1(t, "memory", "cpu", "cpuset", "blkio")
	for _, c := range []struct {
		want string
		r    specs.LinuxResources
	}{
		{`linux.resources.cpu.cpus: "4095": `, specs.LinuxResources{CPU: &specs.LinuxCPU{Cpus: "4095"}}},
		{`linux.resources.cpu.mems: "900": `, specs.LinuxResources{CPU: &specs.LinuxCPU{Mems: "900"}}},
		{"linux.resources.blockIO.throttleReadBpsDevice[0]: 4000:7 at 5: ", specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{
			ThrottleReadBpsDevice: []specs.LinuxThrottleDevice{{LinuxBlockIODevice: specs.LinuxBlockIODevice{Major: 4000, Minor: 7}, Rate: 5}}}}},
	} {
		cg := build(t, newPath(), &c.r)
		err := cg.Create()
		if err != nil {
			gone(t, cg) // Create cleans up after itself
		} else {
			err = cg.Set()
		}
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got  %v\nwant %s...", err, c.want)
		}
		if err := cg.Destroy(); err != nil {
			t.Error(err)
		}
		gone(t, cg)
	}
}
