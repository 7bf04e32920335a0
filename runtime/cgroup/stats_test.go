package cgroup

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// dirOf makes a directory with these files. It is no cgroup, which the readers do
// not ask for.
func dirOf(t *testing.T, content map[string]string) *files {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return &files{dir: fd}
}

func TestStatsV1(t *testing.T) {
	f := dirOf(t, map[string]string{
		"cpu.stat":                        "nr_periods 1\nnr_throttled 2\nthrottled_time 3\nnr_bursts 9\n",
		"cpuacct.usage":                   "100\n",
		"cpuacct.usage_percpu":            "60 40 \n",
		"cpuacct.stat":                    "user 7\nsystem 8\n",
		"cpuacct.usage_all":               "cpu user system\n0 11 12\n1 13 14\n",
		"cpuset.cpus":                     "0-2,5\n",
		"cpuset.mems":                     "\n",
		"cpuset.memory_pressure":          "4\n",
		"cpuset.sched_relax_domain_level": "-1\n",
		"memory.stat":                     "cache 21\nrss -5\n",
		"memory.limit_in_bytes":           "22\n", "memory.usage_in_bytes": "23\n", "memory.max_usage_in_bytes": "24\n", "memory.failcnt": "25\n",
		"memory.memsw.limit_in_bytes": "26\n", "memory.memsw.usage_in_bytes": "27\n",
		"memory.kmem.usage_in_bytes":            "28\n", // the limit is gone from Linux 5.16
		"memory.kmem.tcp.limit_in_bytes":        "29\n",
		"pids.current":                          "3\n",
		"pids.max":                              "max\n",
		"blkio.bfq.io_serviced_recursive":       "Total 0\n",
		"blkio.throttle.io_serviced":            "8:0 Read 1\n8:0 Write 2\n8:0 Total 3\nTotal 3\n",
		"blkio.throttle.io_service_bytes":       "8:0 Read 100\nTotal 100\n",
		"hugetlb.2MB.usage_in_bytes":            "51\n",
		"hugetlb.2MB.rsvd.usage_in_bytes":       "52\n",
		"hugetlb.2MB.rsvd.max_usage_in_bytes":   "53\n",
		"hugetlb.2MB.rsvd.failcnt":              "54\n",
		"hugetlb.1GB.usage_in_bytes":            "55\n",
		"hugetlb.1GB.max_usage_in_bytes":        "56\n",
		"hugetlb.1GB.failcnt":                   "57\n",
		"blkio.throttle.io_serviced_recursivex": "nonsense",
	})
	var s Stats
	for _, read := range []func(*files){s.readCPU, s.readCPUAcct, s.readCPUSet, s.readMemory, s.readPids, s.readBlkIO, s.readHugetlb} {
		read(f)
	}
	want := Stats{
		CPU: CPUStats{Total: 100, User: 70_000_000, Kernel: 80_000_000, PerCPU: []uint64{60, 40}, PerCPUUser: []uint64{11, 13}, PerCPUKernel: []uint64{12, 14},
			Periods: 1, ThrottledPeriods: 2, ThrottledTime: 3},
		CPUSet: CPUSetStats{CPUs: []uint16{0, 1, 2, 5}, MemoryPressure: 4, SchedRelaxDomainLevel: -1},
		Memory: MemoryStats{Cache: 21, Raw: map[string]uint64{"cache": 21, "rss": 0},
			Usage: MemoryUsage{22, 23, 24, 25}, Swap: MemoryUsage{Limit: 26, Usage: 27}, Kernel: MemoryUsage{Usage: 28}, KernelTCP: MemoryUsage{Limit: 29}},
		BlkIO:   BlkIOStats{Serviced: []BlkIOEntry{{8, 0, "Read", 1}, {8, 0, "Write", 2}, {8, 0, "Total", 3}}, ServiceBytes: []BlkIOEntry{{8, 0, "Read", 100}}},
		Hugetlb: map[string]HugetlbStats{"2MB": {52, 53, 54}, "1GB": {55, 56, 57}},
	}
	want.Pids.Current = 3
	if f.err != nil || !reflect.DeepEqual(s, want) {
		t.Errorf("%v\ngot  %+v\nwant %+v", f.err, s, want)
	}
}

func TestStatsV2(t *testing.T) {
	f := dirOf(t, map[string]string{
		"cpu.stat":                 "usage_usec 1\nuser_usec 2\nsystem_usec 3\nnr_periods 4\nnr_throttled 5\nthrottled_usec 6\nnr_bursts 0\n",
		"cpu.pressure":             "some avg10=1.50 avg60=0.07 avg300=0.00 total=99\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n",
		"memory.pressure":          "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
		"memory.stat":              "anon 10\nfile 20\n",
		"memory.current":           "30\n",
		"memory.max":               "100\n",
		"memory.peak":              "40\n",
		"memory.swap.current":      "5\n",
		"memory.swap.max":          "max\n",
		"pids.current":             "3\n",
		"pids.max":                 "7\n",
		"io.stat":                  "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n8:16 \n",
		"hugetlb.2MB.current":      "1\n",
		"hugetlb.2MB.rsvd.current": "2\n",
		"hugetlb.2MB.events":       "max 3\n",
		"hugetlb.1GB.current":      "4\n",
	})
	var s Stats
	s.readV2(f)
	want := Stats{
		CPU: CPUStats{Total: 1000, User: 2000, Kernel: 3000, Periods: 4, ThrottledPeriods: 5, ThrottledTime: 6000,
			Pressure: &Pressure{Stall{"1.50", "0.07", "0.00", 99}, Stall{"0.00", "0.00", "0.00", 5}}},
		Memory: MemoryStats{Cache: 20, Raw: map[string]uint64{"anon": 10, "file": 20}, Usage: MemoryUsage{Limit: 100, Usage: 30, Max: 40},
			Swap: MemoryUsage{Limit: math.MaxUint64, Usage: 35}, Pressure: &Pressure{Some: Stall{"0.00", "0.00", "0.00", 0}}},
		BlkIO:   BlkIOStats{ServiceBytes: []BlkIOEntry{{8, 0, "Read", 1}, {8, 0, "Write", 2}}, Serviced: []BlkIOEntry{{8, 0, "Read", 3}, {8, 0, "Write", 4}}},
		Hugetlb: map[string]HugetlbStats{"2MB": {Usage: 2, Failures: 3}, "1GB": {Usage: 4}},
	}
	want.Pids.Current, want.Pids.Limit = 3, 7
	if f.err != nil || !reflect.DeepEqual(s, want) {
		t.Errorf("%v\ngot  %+v\nwant %+v", f.err, s, want)
	}

	// Without the controllers of memory, pids and io.
	f = dirOf(t, map[string]string{"cpu.stat": "usage_usec 1\nuser_usec 0\nsystem_usec 0\n", "cgroup.procs": "10\n11\n"})
	s = Stats{}
	s.readV2(f)
	if f.err != nil || s.Pids.Current != 2 || s.CPU.Total != 1000 || s.Memory.Swap.Limit != 0 || s.CPU.Pressure != nil {
		t.Errorf("%v, got %+v", f.err, s)
	}
}

// TestStatsNonsense: what is not understood is an error that names the file.
func TestStatsNonsense(t *testing.T) {
	for name, text := range map[string]string{
		"cpu.stat": "nr_periods\n", "cpuacct.usage": "x\n", "cpuacct.usage_percpu": "1 x\n", "cpuacct.usage_all": "cpu user system\n0 1\n",
		"cpuset.cpus": "3-1\n", "cpuset.sched_relax_domain_level": "x\n", "memory.stat": "a 18446744073709551616\n", "memory.failcnt": "\n",
		"pids.max": "-\n", "blkio.throttle.io_serviced": "8 Read 1\n", "blkio.throttle.io_service_bytes": "8:0 Read x\n", "hugetlb.2MB.usage_in_bytes": "a\n",
	} {
		content := map[string]string{name: text}
		if name == "blkio.throttle.io_service_bytes" {
			content["blkio.throttle.io_serviced"] = "8:0 Read 1\n"
		}
		f := dirOf(t, content)
		var s Stats
		for _, read := range []func(*files){s.readCPU, s.readCPUAcct, s.readCPUSet, s.readMemory, s.readPids, s.readBlkIO, s.readHugetlb} {
			read(f)
		}
		if f.err == nil || !strings.HasPrefix(f.err.Error(), name+": ") || strings.Contains(f.err.Error(), "\n") {
			t.Errorf("%s: %q: error %v", name, text, f.err)
		}
	}
	for name, text := range map[string]string{
		"io.stat": "8:0 rbytes=x\n", "cpu.pressure": "some avg10=a\n", "memory.pressure": "some avg10=\n", "io.pressure": "some total=1.5\n",
	} {
		f := dirOf(t, map[string]string{name: text})
		var s Stats
		if s.readV2(f); f.err == nil || !strings.HasPrefix(f.err.Error(), name+": ") {
			t.Errorf("%s: %q: error %v", name, text, f.err)
		}
	}
	if _, err := Open(map[string]string{"": "/sys/fs/cgroup/runseal-no-such-cgroup"}).Stats(); err == nil || errors.Is(err, unix.ENODEV) {
		t.Errorf("a cgroup that does not exist: %v", err)
	}
}
