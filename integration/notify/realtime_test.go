//go:build linux && amd64

package notify

import (
	"os"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/tinyelf"
	"github.com/runseal/runseal/seccomp/notify"
)

// TestSpinOfARealtimeProcess: a process that has its realtime policy already, and spins for
// its agent, leaves enough of the only processor to those for whom it spins (the kernel
// keeps 5 % of each second for others, sched(7)).
func TestSpinOfARealtimeProcess(t *testing.T) {
	s := &specs.Scheduler{Policy: specs.SchedFIFO, Priority: 50}
	if _, err := os.Stat("/sys/fs/cgroup/cpu/cpu.rt_runtime_us"); err == nil {
		// Cgroups have an account of realtime, but not of this policy.
		s = &specs.Scheduler{Policy: specs.SchedDeadline, Runtime: 90e6, Deadline: 100e6}
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			a := listen(t)
			b := container(t, a.path, func(p *tinyelf.Prog) {
				p.Syscall(unix.SYS_RMDIR, p.String("/value"))
				p.Save()
				p.WriteResults()
				p.Exit(0)
			}, "rmdir")
			b.Spec.Process.Scheduler = s
			done := a.serve(way.processes, func(p *process, n *notify.Notification) error { return p.Respond(n.ID, 7) })
			r := way.run(t, b)
			done()
			if got := tinyelf.Results(r.Stdout); r.Status != 0 || len(got) != 1 || got[0] != 7 {
				t.Errorf("exit status %d, the container saw %v, stderr %q", r.Status, got, r.Stderr)
			}
		})
	}
}
