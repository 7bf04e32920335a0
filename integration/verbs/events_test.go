package verbs

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/cgroups"
	cgfs "github.com/opencontainers/cgroups/fs"
	"github.com/opencontainers/cgroups/fs2"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// An event as tools read it: the members' names are runc's.
type event struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Data *stats `json:"data"`
}

type stats struct {
	CPU struct {
		Usage struct {
			Total        uint64   `json:"total"`
			Percpu       []uint64 `json:"percpu"`
			PercpuKernel []uint64 `json:"percpu_kernel"`
			PercpuUser   []uint64 `json:"percpu_user"`
			Kernel       uint64   `json:"kernel"`
			User         uint64   `json:"user"`
		} `json:"usage"`
		Throttling struct {
			Periods          uint64 `json:"periods"`
			ThrottledPeriods uint64 `json:"throttledPeriods"`
			ThrottledTime    uint64 `json:"throttledTime"`
		} `json:"throttling"`
		PSI *cgroups.PSIStats `json:"psi"`
	} `json:"cpu"`
	CPUSet cgroups.CPUSetStats `json:"cpuset"`
	Memory struct {
		Cache     uint64            `json:"cache"`
		Usage     amount            `json:"usage"`
		Swap      amount            `json:"swap"`
		Kernel    amount            `json:"kernel"`
		KernelTCP amount            `json:"kernelTCP"`
		Raw       map[string]uint64 `json:"raw"`
		PSI       *cgroups.PSIStats `json:"psi"`
	} `json:"memory"`
	Pids  cgroups.PidsStats `json:"pids"`
	Blkio struct {
		ServiceBytes []cgroups.BlkioStatEntry `json:"ioServiceBytesRecursive"`
		Serviced     []cgroups.BlkioStatEntry `json:"ioServicedRecursive"`
		PSI          *cgroups.PSIStats        `json:"psi"`
	} `json:"blkio"`
	Hugetlb map[string]struct {
		Usage   uint64 `json:"usage"`
		Max     uint64 `json:"max"`
		Failcnt uint64 `json:"failcnt"`
	} `json:"hugetlb"`
	IntelRDT   map[string]any   `json:"intel_rdt"`
	Interfaces []map[string]any `json:"network_interfaces"`
}

type amount struct {
	Limit   uint64 `json:"limit"`
	Usage   uint64 `json:"usage"`
	Max     uint64 `json:"max"`
	Failcnt uint64 `json:"failcnt"`
}

// parseEvent reads one line, and refuses members that runc does not write.
func parseEvent(t *testing.T, b *box.Box, line string) event {
	t.Helper()
	var e event
	dec := json.NewDecoder(strings.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil || e.ID != b.ID {
		t.Fatalf("%v in %q", err, line)
	}
	return e
}

// reference is what the cgroups library reads for runc.
func reference(t *testing.T, b *box.Box) *stats {
	t.Helper()
	cfg := &cgroups.Cgroup{Resources: &cgroups.Resources{}}
	var m cgroups.Manager
	var err error
	if v2 {
		m, err = fs2.NewManager(cfg, dir(b, ""))
	} else {
		paths := make(map[string]string)
		for _, c := range []string{"cpu", "cpuacct", "cpuset", "memory", "pids", "blkio", "hugetlb"} {
			if _, err := os.Lstat(dir(b, c)); err == nil {
				paths[c] = dir(b, c)
			}
		}
		m, err = cgfs.NewManager(cfg, paths)
	}
	must(t, err)
	cg, err := m.GetStats()
	must(t, err)
	s := &stats{CPUSet: cg.CPUSetStats, Pids: cg.PidsStats, IntelRDT: map[string]any{}}
	u := cg.CpuStats.CpuUsage
	s.CPU.Usage.Total, s.CPU.Usage.Percpu, s.CPU.Usage.PercpuKernel, s.CPU.Usage.PercpuUser = u.TotalUsage, u.PercpuUsage, u.PercpuUsageInKernelmode, u.PercpuUsageInUsermode
	s.CPU.Usage.Kernel, s.CPU.Usage.User = u.UsageInKernelmode, u.UsageInUsermode
	th := cg.CpuStats.ThrottlingData
	s.CPU.Throttling.Periods, s.CPU.Throttling.ThrottledPeriods, s.CPU.Throttling.ThrottledTime = th.Periods, th.ThrottledPeriods, th.ThrottledTime
	mem := cg.MemoryStats
	s.Memory.Cache, s.Memory.Raw = mem.Cache, mem.Stats
	for to, from := range map[*amount]cgroups.MemoryData{&s.Memory.Usage: mem.Usage, &s.Memory.Swap: mem.SwapUsage, &s.Memory.Kernel: mem.KernelUsage, &s.Memory.KernelTCP: mem.KernelTCPUsage} {
		*to = amount{Limit: from.Limit, Usage: from.Usage, Max: from.MaxUsage, Failcnt: from.Failcnt}
	}
	s.Blkio.ServiceBytes, s.Blkio.Serviced = cg.BlkioStats.IoServiceBytesRecursive, cg.BlkioStats.IoServicedRecursive
	s.CPU.PSI, s.Memory.PSI, s.Blkio.PSI = cg.CpuStats.PSI, mem.PSI, cg.BlkioStats.PSI
	s.Hugetlb = map[string]struct {
		Usage   uint64 `json:"usage"`
		Max     uint64 `json:"max"`
		Failcnt uint64 `json:"failcnt"`
	}{}
	for size, h := range cg.HugetlbStats {
		s.Hugetlb[size] = struct {
			Usage   uint64 `json:"usage"`
			Max     uint64 `json:"max"`
			Failcnt uint64 `json:"failcnt"`
		}{h.Usage, h.MaxUsage, h.Failcnt}
	}
	return s
}

// TestStats: the numbers are those that runc's library reads, and those of the
// files. The container is paused, so that they stand still but for what the kernel
// sums up late: one of many tries agrees in everything.
func TestStats(t *testing.T) {
	b := counter(t)
	b.Up()
	b.Must("update", "--memory", "64M", "--memory-swap", "64M", "--cpu-quota", "20000", "--cpu-period", "50000", "--pids-limit", "33", b.ID)
	b.Must("exec", b.ID, "/bin/dd", "if=/dev/zero", "of=/file", "bs=65536", "count=32", "conv=fsync")
	time.Sleep(100 * time.Millisecond) // some periods
	b.Must("pause", b.ID)
	var got, want *stats
	same := box.Eventually(func() bool {
		r := b.Must("events", "--stats", b.ID)
		if r.Stderr != "" || strings.Count(r.Stdout, "\n") != 1 {
			t.Fatalf("%q, stderr %q", r.Stdout, r.Stderr)
		}
		e := parseEvent(t, b, r.Stdout)
		if e.Type != "stats" || e.Data == nil {
			t.Fatalf("%q", r.Stdout)
		}
		got, want = e.Data, reference(t, b)
		for _, s := range []*stats{got, want} {
			// The order of devices is that of a map in the library, and time
			// passes for those who wait.
			for _, l := range [][]cgroups.BlkioStatEntry{s.Blkio.ServiceBytes, s.Blkio.Serviced} {
				slices.SortFunc(l, func(a, b cgroups.BlkioStatEntry) int {
					return strings.Compare(itoa(int(a.Major))+":"+itoa(int(a.Minor))+a.Op, itoa(int(b.Major))+":"+itoa(int(b.Minor))+b.Op)
				})
			}
			for _, p := range []*cgroups.PSIStats{s.CPU.PSI, s.Memory.PSI, s.Blkio.PSI} {
				if p != nil {
					p.Some.Avg10, p.Some.Avg60, p.Some.Avg300, p.Full.Avg10, p.Full.Avg60, p.Full.Avg300 = 0, 0, 0, 0, 0, 0
				}
			}
		}
		return reflect.DeepEqual(got, want)
	})
	if !same {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if n := itoa(int(got.Pids.Current)); n != pidsNow.read(t, b) || got.Pids.Limit != 33 {
		t.Errorf("pids %+v, file %s", got.Pids, pidsNow.read(t, b))
	}
	if got.Memory.Usage.Limit != 64<<20 || got.Memory.Usage.Usage == 0 || got.Memory.Swap.Limit != 64<<20 || len(got.Memory.Raw) < 10 {
		t.Errorf("memory %+v", got.Memory)
	}
	if got.CPU.Usage.Total == 0 || got.CPU.Throttling.Periods == 0 {
		t.Errorf("cpu %+v", got.CPU)
	}
}

// lines are the events of a command so far.
func lines(t *testing.T, b *box.Box, p *box.Process, kind string) int {
	t.Helper()
	n := 0
	text := p.Output()
	for line := range strings.Lines(text) {
		if strings.HasSuffix(line, "\n") && parseEvent(t, b, line).Type == kind {
			n++
		}
	}
	return n
}

// TestEvents: stats at every interval, until the container ends.
func TestEvents(t *testing.T) {
	b := counter(t)
	refused(t, b, 1, "does not exist", "events", b.ID)
	b.Create()
	// A created container has not stopped.
	p := b.Start(nil, "events", "--interval", "50ms", b.ID)
	if !box.Eventually(func() bool { return lines(t, b, p, "stats") >= 2 }) {
		t.Errorf("%q", p.Output())
	}
	b.Must("start", b.ID)
	n := lines(t, b, p, "stats")
	if !box.Eventually(func() bool { return lines(t, b, p, "stats") >= n+3 }) {
		t.Errorf("%q", p.Output())
	}
	b.Must("kill", b.ID, "KILL")
	began := time.Now()
	if r := p.Wait(); r.Status != 0 || r.Stderr != "" || time.Since(began) > 10*time.Second {
		t.Errorf("exit status %d, stderr %q, %v after the container's end", r.Status, r.Stderr, time.Since(began))
	}
	if n := lines(t, b, p, "oom"); n != 0 {
		t.Errorf("%d events of memory", n)
	}
	refused(t, b, 1, "container with id "+b.ID+" is not running", "events", b.ID)
	refused(t, b, 1, "container with id "+b.ID+" is not running", "events", "--stats", b.ID)
}

// TestEventsDeleted: a container that is deleted under the eyes of events.
func TestEventsDeleted(t *testing.T) {
	b := counter(t)
	b.Up()
	b.ReapOrphans()
	p := b.Start(nil, "events", "--interval", "1ms", b.ID)
	if !box.Eventually(func() bool { return lines(t, b, p, "stats") >= 2 }) {
		t.Fatalf("%q", p.Output())
	}
	d := b.Start(nil, "delete", "--force", b.ID)
	r := p.Wait()
	if r.Status != 0 || r.Stderr != "" {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	if r := d.Wait(); r.Status != 0 {
		t.Errorf("delete: %+v", r)
	}
}

// hog takes 20 MB of memory at once.
var hog = []string{"/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=20M", "count=1"}

// watch starts events and waits until it watches: the first stats come after that.
func watch(t *testing.T, b *box.Box) *box.Process {
	t.Helper()
	p := b.Start(nil, "events", "--interval", "200ms", b.ID)
	t.Cleanup(func() { p.Process.Kill() }) // where the test has failed
	if !box.Eventually(func() bool { return lines(t, b, p, "stats") > 0 }) {
		t.Fatalf("events: %q", p.Output())
	}
	return p
}

// TestOOM: a limit that update has set kills, and events tells of it.
func TestOOM(t *testing.T) {
	b := sleeper(t)
	b.Up()
	b.Must("update", "--memory", "8M", "--memory-swap", "8M", b.ID)
	p := watch(t, b)
	for i := range 2 {
		if r := b.Do(append([]string{"exec", b.ID}, hog...)...); r.Status != 128+9 {
			t.Errorf("20 MB fit into 8: %+v", r)
		}
		if !box.Eventually(func() bool { return lines(t, b, p, "oom") >= i+1 }) {
			t.Fatalf("no event: %q", p.Output())
		}
	}
	// What was before does not count.
	again := watch(t, b)
	b.Must("update", "--memory", "9M", "--memory-swap", "9M", b.ID)
	b.Must("kill", b.ID, "KILL")
	for _, p := range []*box.Process{p, again} {
		if r := p.Wait(); r.Status != 0 || r.Stderr != "" {
			t.Errorf("%+v", r)
		}
	}
	if n := lines(t, b, again, "oom"); n != 0 {
		t.Errorf("%d events of what was before", n)
	}
}

// TestOOMFirst: the first process is the one that is killed.
func TestOOMFirst(t *testing.T) {
	b := box.New(t, "/bin/sh", "-c", "while [ ! -e /go ]; do sleep 0.01; done; exec "+strings.Join(hog, " "))
	b.Up()
	b.Must("update", "--memory", "8M", "--memory-swap", "8M", b.ID)
	p := watch(t, b)
	// It hears of both at once: the death of the process, and why.
	must(t, p.Process.Signal(unix.SIGSTOP))
	b.File("go", "", 0o644)
	b.WaitFor("stopped")
	must(t, p.Process.Signal(unix.SIGCONT))
	r := p.Wait()
	if r.Status != 0 || r.Stderr != "" || lines(t, b, p, "oom") == 0 {
		t.Errorf("%+v", r)
	}
}
