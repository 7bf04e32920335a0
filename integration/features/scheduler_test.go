package features

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestSchedulers: each policy that needs no more than a privilege. A nice value is no harm
// to one that has none.
func TestSchedulers(t *testing.T) {
	for _, tc := range []struct {
		s    specs.Scheduler
		want string
	}{
		{specs.Scheduler{Policy: specs.SchedOther, Nice: -20}, "0 0 -20 0 0 0 0"},
		{specs.Scheduler{Policy: specs.SchedOther, Nice: 19}, "0 0 19 0 0 0 0"},
		{specs.Scheduler{Policy: specs.SchedIdle}, "5 0 0 0 0 0 0"},
		{specs.Scheduler{Policy: specs.SchedBatch, Flags: []specs.LinuxSchedulerFlag{specs.SchedFlagKeepPolicy}, Nice: 3}, "0 0 3 0 0 0 0"},
		{specs.Scheduler{Policy: specs.SchedFIFO, Priority: 1}, "1 0 0 1 0 0 0"},
		{specs.Scheduler{Policy: specs.SchedRR, Priority: 99, Nice: -5, Flags: []specs.LinuxSchedulerFlag{specs.SchedFlagResetOnFork}}, "2 1 0 99 0 0 0"},
		// A process of this policy can make no threads without the flag.
		{specs.Scheduler{Policy: specs.SchedDeadline, Nice: 19, Runtime: 1e6, Deadline: 50e6, Period: 100e6,
			Flags: []specs.LinuxSchedulerFlag{specs.SchedFlagResetOnFork, specs.SchedFlagReclaim}}, "6 3 0 0 1000000 50000000 100000000"},
	} {
		t.Run(tc.want, func(t *testing.T) {
			b := attributed(t)
			realtime(t, b, true)
			b.Spec.Process.Scheduler = &tc.s
			pid := b.Up()
			if got := normal(seen(t, pid))["scheduler"]; got != tc.want {
				t.Errorf("the container has %q, want %q", got, tc.want)
			}
			// The main thread of exec has it; where a process cannot fork, so can exec's.
			wants(t, "exec", normal(attributes(t, in(t, b, nil, "/inside", "attributes"))), map[string]string{"scheduler": tc.want})
		})
	}
}

// realtime gives the box's cgroup time for realtime processes, or takes it, where cgroups
// have an account of that (version 1, CONFIG_RT_GROUP_SCHED), and tells whether they do.
func realtime(t *testing.T, b *box.Box, allow bool) bool {
	t.Helper()
	const top = "/sys/fs/cgroup/cpu"
	if _, err := os.Stat(top + "/cpu.rt_runtime_us"); err != nil || !allow {
		return err == nil
	}
	parent := top + filepath.Dir(b.Cgroup)
	must(t, os.MkdirAll(parent, 0o755))
	must(t, os.WriteFile(parent+"/cpu.rt_runtime_us", []byte("20000"), 0o644))
	runtime, period := int64(10000), uint64(1000000)
	b.Spec.Linux.Resources.CPU = &specs.LinuxCPU{RealtimeRuntime: &runtime, RealtimePeriod: &period}
	return true
}

// TestRealtimeWithoutTime: a cgroup with an account of realtime begins with nothing.
func TestRealtimeWithoutTime(t *testing.T) {
	b := attributed(t)
	b.Spec.Process.Scheduler = &specs.Scheduler{Policy: specs.SchedFIFO, Priority: 1}
	if !realtime(t, b, false) {
		b.Create() // there is no such account
		return
	}
	refused(t, b, "process.scheduler: SCHED_FIFO: sched_setattr: operation not permitted (needs CAP_SYS_NICE, and in a cgroup with cpu.rt_runtime_us some time there: linux.resources.cpu.realtimeRuntime)")
}

// TestDeadlineInCpuset: SCHED_DEADLINE is about all processors.
func TestDeadlineInCpuset(t *testing.T) {
	b := attributed(t)
	b.Spec.Linux.Resources.CPU = &specs.LinuxCPU{Cpus: "0"}
	b.Spec.Process.Scheduler = &specs.Scheduler{Policy: specs.SchedDeadline, Runtime: 1e6, Deadline: 1e8}
	if runtime.NumCPU() == 1 {
		b.Create() // that is all
		return
	}
	refused(t, b, "process.scheduler: SCHED_DEADLINE: sched_setattr: operation not permitted (needs CAP_SYS_NICE, and a process that may run on all processors: expected linux.resources.cpu.cpus to be absent)")
}

// TestDeadlinesTogether: the kernel admits processes of SCHED_DEADLINE as long as it can
// keep its word to all (95 % of each processor, sysctl kernel.sched_rt_runtime_us).
func TestDeadlinesTogether(t *testing.T) {
	n := runtime.NumCPU()
	if n > 8 {
		t.Skipf("%d processors: as many containers are needed, 8 are enough", n)
	}
	always := &specs.Scheduler{Policy: specs.SchedDeadline, Runtime: 1e8, Deadline: 1e8, Flags: []specs.LinuxSchedulerFlag{specs.SchedFlagResetOnFork}}
	for range n - 1 {
		b := attributed(t)
		b.Spec.Process.Scheduler = always
		b.Create()
	}
	b := attributed(t)
	b.Spec.Process.Scheduler = always
	refused(t, b, "process.scheduler: SCHED_DEADLINE: sched_setattr: device or resource busy (the processors have less time left than runtime in each period)")
}
