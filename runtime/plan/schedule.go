package plan

import "github.com/opencontainers/runtime-spec/specs-go"

// schedule lets the parent set process.scheduler and process.ioPriority. It has
// privileges that the child may lack: they are asked for outside of any user namespace
// (CAP_SYS_NICE). It is the last thing before the process waits, so that set-up does not
// run by the container's policy, and because a process of SCHED_DEADLINE cannot fork and
// the child of one with SCHED_FLAG_RESET_ON_FORK has the policy no more. And the process
// is in its cgroup, which may refuse to take in what has a realtime policy already.
// (Under a realtime policy it may spin for the agent of its filter, see seal; the kernel
// keeps 5 % of each processor for others, kernel.sched_rt_runtime_us of sched(7).)
func (p *planner) schedule(pr *specs.Process) {
	field := "process.scheduler"
	switch {
	case pr.Scheduler == nil && pr.IOPriority == nil:
		return
	case pr.Scheduler == nil:
		field = "process.ioPriority"
	}
	p.Step(field, "wait until the parent has set it")
	p.Report(MarkSchedule)
	p.Hold()
}
