package runtime

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/cgroup"
)

// notBorn adds to the error of a child that could not be made what the cgroup has
// to do with it: with CLONE_INTO_CGROUP the kernel refuses a process that would be
// too many for pids.max, or one in a cgroup that takes none. Other errors stay as
// they are.
func notBorn(err error, cg *cgroup.Cgroup) error {
	var op *nsenter.OpError
	if !errors.As(err, &op) {
		return err
	}
	n := 1
	switch {
	case op.Index < 0: // the first one
	case op.Call == "clone" && op.Errno == unix.EAGAIN: // a further one (nsenter.OpFork), beside it
		n = 2
	default:
		return err
	}
	field, why := cg.WhyNot(op.Errno, n)
	if why == "" {
		return err
	}
	return fmt.Errorf("%s: %w: %s (config.json: %s)", op.Step, op.Errno, why, field)
}
