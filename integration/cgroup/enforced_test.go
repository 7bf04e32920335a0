package cgroup_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime/cgroup"
)

// The tests of this file see the kernel enforce a limit, not only keep it.

func TestCpusetIsEnforced(t *testing.T) {
	c := container(t, newPath(), &specs.LinuxResources{CPU: &specs.LinuxCPU{Cpus: "0", Mems: "0"}})
	out, err := output(t, c, "cat /proc/self/status")
	if err != nil || !strings.Contains(out, "Cpus_allowed_list:\t0\n") || !strings.Contains(out, "Mems_allowed_list:\t0\n") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestForkIsRefused(t *testing.T) {
	c := container(t, newPath(), &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(3))}})
	out, err := output(t, c, "for i in 1 2 3 4 5 6; do sleep 60 > /dev/null 2>&1 & done; echo all")
	if err == nil || strings.Contains(out, "all") || !strings.Contains(strings.ToLower(out), "fork") {
		t.Errorf("six processes in a cgroup for three: %v: %s", err, out)
	}
	if n := counter(t, c, "pids", "pids.events", "max"); n == 0 {
		t.Error("pids.events counts none")
	}
}

// TestMemoryIsLimited: 64 MB do not fit into 32 MB.
func TestMemoryIsLimited(t *testing.T) {
	c := container(t, newPath(), &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(32 << 20)), Swap: ptr(int64(32 << 20))}})
	for size, fits := range map[int]bool{1: true, 64: false} {
		out, err := output(t, c, fmt.Sprintf("%s=%d exec %s", fillEnv, size, os.Args[0]))
		if (err == nil) != fits || fits != (out == "filled\n") {
			t.Errorf("%d MB: %v, %q; expected that it fits: %v", size, err, out, fits)
		}
	}
	file := "memory.events"
	if layout(t).Mode != cgroup.V2 {
		file = "memory.oom_control"
	}
	if n := counter(t, c, "memory", file, "oom_kill"); n == 0 {
		t.Errorf("%s: nothing was killed", file)
	}
}

// TestProcessorTimeIsLimited: a loop gets a tenth of a processor.
func TestProcessorTimeIsLimited(t *testing.T) {
	c := container(t, newPath(), &specs.LinuxResources{CPU: &specs.LinuxCPU{Quota: ptr(int64(5000)), Period: ptr(uint64(50000))}})
	cmd := shell(t, c, "while :; do :; done")
	began, n := time.Now(), 0
	for n < 3 && time.Since(began) < 10*time.Second {
		time.Sleep(20 * time.Millisecond)
		n = counter(t, c, "cpu", "cpu.stat", "nr_throttled")
	}
	if err := c.Kill(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	cmd.Wait()
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	// A clock tick may come before the end of the quota is seen, and the time that
	// joining took is not in it.
	if n < 3 || used > took/5+100*time.Millisecond {
		t.Errorf("throttled %d times, %v of processor time in %v", n, used, took)
	}
}

// TestDiskIsLimited: half a megabyte at a quarter of one per second.
func TestDiskIsLimited(t *testing.T) {
	d := newDisk(t)
	read := func(r *specs.LinuxResources) time.Duration {
		c := container(t, newPath(), r)
		began := time.Now()
		if out, err := output(t, c, fmt.Sprintf("%s=%s exec %s", readEnv, d.node, os.Args[0])); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return time.Since(began)
	}
	rate := []specs.LinuxThrottleDevice{{LinuxBlockIODevice: specs.LinuxBlockIODevice{Major: d.major, Minor: d.minor}, Rate: readSize / 2}}
	all := []specs.LinuxDeviceCgroup{{Allow: true, Access: "rwm"}}
	free := read(&specs.LinuxResources{Devices: all})
	slow := read(&specs.LinuxResources{Devices: all, BlockIO: &specs.LinuxBlockIO{ThrottleReadBpsDevice: rate}})
	if slow < free+time.Second || slow < 1500*time.Millisecond {
		t.Errorf("%d bytes at %d a second took %v, without limit %v", readSize, readSize/2, slow, free)
	}
}

// TestHugePagesAreLimited: a limit of one page of 2 MB, of which two are there.
func TestHugePagesAreLimited(t *testing.T) {
	if layout(t).Mode != cgroup.V2 {
		if _, here := pathsOf(t, layout(t))["hugetlb"]; !here {
			return // that New refuses it is in TestLimitsAreWritten
		}
	}
	const have = "/proc/sys/vm/nr_hugepages"
	before, err := os.ReadFile(have)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.WriteFile(have, before, 0) })
	n, _ := strconv.Atoi(strings.TrimSpace(string(before)))
	if err := os.WriteFile(have, []byte(strconv.Itoa(n+2)), 0); err != nil {
		t.Fatal(err)
	}
	c := container(t, newPath(), &specs.LinuxResources{HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 2 << 20}}})
	for pages, want := range map[int]string{1: "mapped\n", 2: "cannot allocate memory\n"} {
		if out, err := output(t, c, fmt.Sprintf("%s=%d exec %s", hugeEnv, pages, os.Args[0])); err != nil || out != want {
			t.Errorf("%d pages: %q, %v, want %q", pages, out, err, want)
		}
	}
}

// TestCgroupsAreLimited: a file that no field of linux.resources stands for.
func TestCgroupsAreLimited(t *testing.T) {
	if layout(t).Mode != cgroup.V2 {
		return // New refuses it there, see TestLimitsAreWritten
	}
	c := container(t, newPath(), &specs.LinuxResources{Unified: map[string]string{"cgroup.max.descendants": "1"}})
	if err := os.Mkdir(c.UnifiedDir()+"/one", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(c.UnifiedDir()+"/two", 0o755); err == nil || !strings.Contains(err.Error(), "resource temporarily unavailable") {
		t.Errorf("the second: %v", err)
	}
}
