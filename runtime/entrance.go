package runtime

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/state"
)

// entrance is the way of a further process into the cgroup of a container.
type entrance struct {
	cgroup *cgroup.Cgroup
	files  []string // to write "0" to, as late as can be
	born   string   // version 2: the cgroup to be born in; "": by files
	pid    int      // of the container's first process, 0: the cgroup is given
	paused bool     // the process may stand still before it is set up
}

// enter decides how exec gets into a container's cgroup, or with --cgroup (sub)
// into one below it.
//
// On version 2 that is CLONE_INTO_CGROUP, but for a container that has as many
// processes as pids.max allows, or all but one, where the two that exec is for a
// moment do not fit in. Nobody is kept from moving into a full cgroup
// (cgroup-v2.rst, "PID Interface Files"), so the process is moved there, as on
// version 1, after its last fork. That takes 10 ms longer.
//
// A cgroup in which the process would be frozen is refused unless paused, for then it
// is waited for without a limit. The container is not the one that was paused then: it
// is below a cgroup that is frozen, or has frozen a part of itself.
func enter(s *state.State, sub string, paused bool) (*entrance, error) {
	cg, err := subCgroup(s, sub)
	if err != nil {
		return nil, err
	}
	e := &entrance{cgroup: cg, files: cg.TaskFiles(), born: cg.UnifiedDir(), paused: paused}
	if len(e.files) > 0 || e.born == "" {
		return e, e.check(cg)
	}
	if sub == "" {
		e.pid = s.Pid
	}
	if !cg.HasRoom(2) {
		if e.pid > 0 && cg.Distributes() {
			if e.cgroup, err = cg.Of(e.pid); err != nil {
				return nil, fmt.Errorf("linux.cgroupsPath: %w", err)
			}
		}
		e.files, e.born = []string{e.cgroup.UnifiedDir() + "/cgroup.procs"}, ""
	}
	return e, e.check(e.cgroup)
}

// check makes sure that a process runs in the cgroup.
func (e *entrance) check(cg *cgroup.Cgroup) error {
	if e.paused {
		return nil
	}
	if err := cg.CheckThawed(); err != nil {
		return fmt.Errorf("%w (or use --ignore-paused)", err)
	}
	return nil
}

// fork is the function of this name. A container that manages cgroups itself has
// moved its processes into some below its own, which takes none any more (EBUSY;
// cgroups(7), "no internal processes" rule); then the process is born where the
// container's first one is.
func (e *entrance) fork(p *plan.Plan, how nsenter.Clone) (*nsenter.Child, error) {
	child, err := fork(p, how, e.born)
	for try := 0; try < 5 && e.born != "" && e.pid > 0 && errors.Is(err, unix.EBUSY); try++ {
		below, e2 := e.cgroup.Of(e.pid)
		if e2 != nil {
			return nil, fmt.Errorf("%w (%w)", notBorn(err, e.cgroup), e2)
		}
		if err := e.check(below); err != nil {
			return nil, err
		}
		if child, err = fork(p, how, below.UnifiedDir()); err != nil {
			err = notBorn(err, below)
		}
	}
	if err != nil {
		return nil, notBorn(err, e.cgroup)
	}
	return child, nil
}
