package runtime

import (
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/spec"
)

// initially puts the calling thread, to which the caller has locked its goroutine, on the
// processors of process.execCPUAffinity.initial. The child that it forks next begins
// there: its way into the container's cgroup is not to disturb the container's own
// processors. The function that comes back puts the thread where it was.
//
// The kernel takes those of the processors that are there and that the runtime's own
// cpuset allows. What the process runs on behind the move is for package plan (affinity.go),
// or as cpuset(7) has it; since Linux 6.2 that is still what is asked for here, as far as
// the container's cpuset has any of it.
func initially(a *specs.CPUAffinity) (back func(), err error) {
	const field = "process.execCPUAffinity.initial"
	list, err := spec.ParseList(a.Initial, spec.MaxCPU)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", field, err)
	}
	before := unix.NewCPUSet(spec.MaxCPU + 1)
	if err := unix.SchedGetaffinityDynamic(0, before); err != nil {
		return nil, fmt.Errorf("%s: sched_getaffinity: %w", field, err)
	}
	set := unix.NewCPUSet(spec.MaxCPU + 1)
	for n := range 64 * len(list) {
		if list[n/64]>>(n%64)&1 != 0 {
			set.Set(n)
		}
	}
	if err := unix.SchedSetaffinityDynamic(0, set); err != nil {
		why := ""
		if errors.Is(err, unix.EINVAL) {
			why = ", expected at least one processor that is there and in the cpuset of runseal itself"
		}
		return nil, fmt.Errorf("%s: %q: sched_setaffinity: %w%s", field, a.Initial, err, why)
	}
	return func() { _ = unix.SchedSetaffinityDynamic(0, before) }, nil
}
