package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// IOPriority gives process.ioPriority as ioprio_set(2) takes it: the class from bit 13
// on, the priority below (linux/ioprio.h).
func IOPriority(p *specs.LinuxIOPriority) (value int, ok bool) {
	class := 0
	switch p.Class {
	case specs.IOPRIO_CLASS_RT:
		class = 1
	case specs.IOPRIO_CLASS_BE:
		class = 2
	case specs.IOPRIO_CLASS_IDLE:
		class = 3
	default:
		return 0, false
	}
	return class<<13 | p.Priority, p.Priority >= 0 && p.Priority <= 7
}

// validateIOPriority checks process.ioPriority. Within IOPRIO_CLASS_IDLE all
// priorities are the same to the kernel, which keeps the number.
func validateIOPriority(p *specs.LinuxIOPriority) error {
	if p == nil {
		return nil
	}
	if p.Priority < 0 || p.Priority > 7 {
		return bad("ioPriority.priority", "%d: expected an integer from 0 (first) to 7", p.Priority)
	}
	if _, ok := IOPriority(p); !ok {
		return bad("ioPriority.class", "%s: expected one of IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE", quote(string(p.Class)))
	}
	return nil
}
