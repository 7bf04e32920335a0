package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// SchedulerPolicy gives a policy's number in sched_setattr(2) (linux/sched.h).
// SCHED_ISO, 4, is reserved there, and not in any kernel of kernel.org.
func SchedulerPolicy(p specs.LinuxSchedulerPolicy) (number uint32, ok bool) {
	switch p {
	case specs.SchedOther:
		return 0, true
	case specs.SchedFIFO:
		return 1, true
	case specs.SchedRR:
		return 2, true
	case specs.SchedBatch:
		return 3, true
	case specs.SchedISO:
		return 4, true
	case specs.SchedIdle:
		return 5, true
	case specs.SchedDeadline:
		return 6, true
	}
	return 0, false
}

// SchedulerFlag gives a flag's bit in sched_setattr(2) (linux/sched.h).
func SchedulerFlag(f specs.LinuxSchedulerFlag) (bit uint64, ok bool) {
	switch f {
	case specs.SchedFlagResetOnFork:
		return 0x01, true
	case specs.SchedFlagReclaim:
		return 0x02, true
	case specs.SchedFlagDLOverrun:
		return 0x04, true
	case specs.SchedFlagKeepPolicy:
		return 0x08, true
	case specs.SchedFlagKeepParams:
		return 0x10, true
	case specs.SchedFlagUtilClampMin:
		return 0x20, true
	case specs.SchedFlagUtilClampMax:
		return 0x40, true
	}
	return 0, false
}

// minRuntime is the shortest runtime of SCHED_DEADLINE in nanoseconds: what the kernel
// calculates with has its lowest 10 bits cut off (DL_SCALE of kernel/sched/sched.h).
const minRuntime = 1 << 10

// validateScheduler checks process.scheduler by the rules of sched_setattr(2), which the
// kernel would answer with a bare EINVAL. It refuses also what the kernel would not look
// at: a priority or times of a policy that has none. A nice value may be there whatever the
// policy is, as the specification and other runtimes have it; where it means nothing the
// kernel does not look at it.
func validateScheduler(s *specs.Scheduler) error {
	if s == nil {
		return nil
	}
	if _, ok := SchedulerPolicy(s.Policy); !ok {
		return bad("policy", "%s: expected one of SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_ISO, SCHED_IDLE, SCHED_DEADLINE", quote(string(s.Policy)))
	}
	for i, f := range s.Flags {
		if _, ok := SchedulerFlag(f); !ok {
			return bad(index("flags", i), "%s: expected one of SCHED_FLAG_RESET_ON_FORK, SCHED_FLAG_RECLAIM, SCHED_FLAG_DL_OVERRUN, "+
				"SCHED_FLAG_KEEP_POLICY, SCHED_FLAG_KEEP_PARAMS, SCHED_FLAG_UTIL_CLAMP_MIN, SCHED_FLAG_UTIL_CLAMP_MAX", quote(string(f)))
		}
	}
	realtime := s.Policy == specs.SchedFIFO || s.Policy == specs.SchedRR
	switch {
	case realtime && (s.Priority < 1 || s.Priority > 99):
		return bad("priority", "%d: expected 1 to 99 with %s", s.Priority, s.Policy)
	case !realtime && s.Priority != 0:
		return bad("priority", "%d: expected 0 with %s, only SCHED_FIFO and SCHED_RR have one", s.Priority, s.Policy)
	case s.Nice < -20 || s.Nice > 19:
		return bad("nice", "%d: expected an integer from -20 to 19", s.Nice)
	}
	return validateTimes(s)
}

// validateTimes checks the times of SCHED_DEADLINE, in nanoseconds. A period of 0 stands
// for the deadline (sched(7)).
func validateTimes(s *specs.Scheduler) error {
	if s.Policy != specs.SchedDeadline {
		for _, t := range [...]struct {
			name string
			ns   uint64
		}{{"runtime", s.Runtime}, {"deadline", s.Deadline}, {"period", s.Period}} {
			if t.ns != 0 {
				return bad(t.name, "%d: expected 0 with %s, only SCHED_DEADLINE has one", t.ns, s.Policy)
			}
		}
		return nil
	}
	period := s.Period
	if period == 0 {
		period = s.Deadline
	}
	switch {
	case s.Runtime < minRuntime:
		return bad("runtime", "%d: expected %d nanoseconds or more with SCHED_DEADLINE", s.Runtime, minRuntime)
	case s.Deadline < s.Runtime:
		return bad("deadline", "%d: expected at least the runtime, %d", s.Deadline, s.Runtime)
	case period < s.Deadline:
		return bad("period", "%d: expected 0, or at least the deadline, %d", s.Period, s.Deadline)
	case period >= 1<<63:
		return bad("period", "%d: expected less than 2^63 nanoseconds", period)
	}
	return nil
}
