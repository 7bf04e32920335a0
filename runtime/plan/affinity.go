package plan

import (
	"bytes"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/spec"
)

// affinity sets the processors that the process may run on, when it is in the container's
// cgroup. a is process.execCPUAffinity for exec, and nil for the container's own process,
// which it is not about.
//
// With final it is those. The kernel takes what is there of them and what the cpuset
// allows, and refuses the list (EINVAL) if none is left. (The parent is on initial when it
// forks.) With initial alone it is for the kernel to say, as the specification has it.
//
// Without either the process may use all that the cpuset allows. Up to Linux 6.1 the move
// into the cgroup saw to that (cpuset(7)); since then what the caller was told to run on
// stays with its children, such as CPUAffinity= of an engine's systemd unit. A process may
// always widen its own set; if something is in the way nevertheless, a security module for
// one, it is no reason not to run.
func (p *planner) affinity(a *specs.CPUAffinity) {
	switch {
	case a != nil && a.Final != "":
		cpus, _ := spec.ParseList(a.Final, spec.MaxCPU) // validated
		p.Step("process.execCPUAffinity.final", "run on the processors %q, of which one at least has to be there and in the container's cpuset", a.Final)
		p.Sys(unix.SYS_SCHED_SETAFFINITY, nsenter.Imm(0), nsenter.Imm(8*len(cpus)), p.mask(cpus))
	case a == nil || a.Initial == "":
		const size = (spec.MaxCPU + 1) / 8
		all := p.Bytes(bytes.Repeat([]byte{0xff}, size))
		p.Step("", "run on every processor of the container's cpuset")
		p.Sys(unix.SYS_SCHED_SETAFFINITY, nsenter.Imm(0), nsenter.Imm(size), all).Ignore(nsenter.AnyErrno)
	}
}
