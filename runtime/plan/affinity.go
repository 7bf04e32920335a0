package plan

import (
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/spec"
)

// finalAffinity sets process.execCPUAffinity.final, when the process is in the
// container's cgroup: moving there has set its processors anew (cpuset(7)). The kernel
// takes those of the list that are there and that the cpuset allows, and refuses the list
// (EINVAL) if none is left. (The parent is on execCPUAffinity.initial when it forks.)
func (p *planner) finalAffinity(pr *specs.Process) {
	if pr.ExecCPUAffinity == nil || pr.ExecCPUAffinity.Final == "" {
		return
	}
	list := pr.ExecCPUAffinity.Final
	cpus, _ := spec.ParseList(list, spec.MaxCPU) // validated
	p.Step("process.execCPUAffinity.final", "run on the processors %q, of which one at least has to be there and in the container's cpuset", list)
	p.Sys(unix.SYS_SCHED_SETAFFINITY, nsenter.Imm(0), nsenter.Imm(8*len(cpus)), p.mask(cpus))
}
