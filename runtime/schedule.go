package runtime

import (
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/spec"
)

// setSchedule sets process.scheduler and process.ioPriority of a child that waits for
// that, or that of them which is there; both are inherited by what the process forks.
func setSchedule(pid int, pr *specs.Process) error {
	if pr.Scheduler != nil {
		if err := setScheduler(pid, pr.Scheduler); err != nil {
			return err
		}
	}
	if pr.IOPriority != nil {
		return setIOPriority(pid, pr.IOPriority)
	}
	return nil
}

// setScheduler is sched_setattr(2). The specification has no field for the values of
// SCHED_FLAG_UTIL_CLAMP_MIN and _MAX, which are 0.
func setScheduler(pid int, s *specs.Scheduler) error {
	policy, _ := spec.SchedulerPolicy(s.Policy) // validated, and the flags
	attr := &unix.SchedAttr{
		Policy: policy, Nice: s.Nice, Priority: uint32(s.Priority),
		Runtime: s.Runtime, Deadline: s.Deadline, Period: s.Period,
	}
	for _, f := range s.Flags {
		bit, _ := spec.SchedulerFlag(f)
		attr.Flags |= bit
	}
	if err := unix.SchedSetAttr(pid, attr, 0); err != nil {
		return fmt.Errorf("process.scheduler: %s: sched_setattr: %w%s", s.Policy, err, whyNotScheduled(s.Policy, err))
	}
	return nil
}

// whyNotScheduled says, as an appendix to an error, what the kernel may have meant
// (sched_setattr(2), sched-rt-group.rst, sched-deadline.rst).
func whyNotScheduled(policy specs.LinuxSchedulerPolicy, err error) string {
	deadline := policy == specs.SchedDeadline
	switch {
	case errors.Is(err, unix.EPERM) && deadline:
		return " (needs CAP_SYS_NICE, and a process that may run on all processors: expected linux.resources.cpu.cpus to be absent)"
	case errors.Is(err, unix.EPERM) && (policy == specs.SchedFIFO || policy == specs.SchedRR):
		return " (needs CAP_SYS_NICE, and in a cgroup with cpu.rt_runtime_us some time there: linux.resources.cpu.realtimeRuntime)"
	case errors.Is(err, unix.EPERM):
		return " (needs CAP_SYS_NICE)"
	case errors.Is(err, unix.EBUSY) && deadline:
		return " (the processors have less time left than runtime in each period)"
	case errors.Is(err, unix.EINVAL) && deadline:
		return " (expected a period within the sysctls kernel.sched_deadline_period_min_us and _max_us)"
	case errors.Is(err, unix.EINVAL) && policy == specs.SchedISO:
		return " (Linux has reserved this policy and not implemented it)"
	case errors.Is(err, unix.EOPNOTSUPP):
		return " (SCHED_FLAG_UTIL_CLAMP_MIN and _MAX need a kernel with CONFIG_UCLAMP_TASK)"
	}
	return ""
}

// setIOPriority is ioprio_set(2).
func setIOPriority(pid int, p *specs.LinuxIOPriority) error {
	const whoProcess = 1           // IOPRIO_WHO_PROCESS, linux/ioprio.h
	value, _ := spec.IOPriority(p) // validated
	if _, _, errno := unix.RawSyscall(unix.SYS_IOPRIO_SET, whoProcess, uintptr(pid), uintptr(value)); errno != 0 {
		why := ""
		switch errno {
		case unix.EPERM:
			why = " (needs CAP_SYS_NICE, before Linux 5.14 CAP_SYS_ADMIN)"
		case unix.ENOSYS:
			why = " (the kernel is built without block devices, CONFIG_BLOCK)"
		}
		return fmt.Errorf("process.ioPriority: %s, priority %d: ioprio_set: %w%s", p.Class, p.Priority, errno, why)
	}
	return nil
}
