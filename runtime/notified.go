package runtime

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/policy"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/state"
)

// notified is what start has to do, after it has let the child go on, for a
// filter with a listener.
type notified struct {
	agent *agent
	wait  *patience
	pidfd int
	spin  *nsenter.Spin
}

// prepareNotified does all that can fail while the container is only created. It
// returns nil for a container without a listener.
func prepareNotified(d *state.Dir, s *state.State, wait *patience) (_ *notified, err error) {
	page, err := openSealPage(d)
	if page == nil {
		return nil, err
	}
	defer page.Close()
	cfg, err := spec.Parse(s.Config)
	if err != nil {
		return nil, fmt.Errorf("the recorded configuration: %w", err)
	}
	seal, err := policy.Restore(s.Policy, cfg, false)
	if err != nil {
		return nil, err
	}
	if seal.Agent() == nil {
		return nil, errors.New("the recorded configuration: linux.seccomp: no rule with SCMP_ACT_NOTIFY, but create has made a listener")
	}
	h := &notified{wait: wait, pidfd: -1}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	// Without the lock: the agent may be slow, and somebody may want to delete the
	// container meanwhile.
	d.Unlock()
	if h.agent, err = dialAgent(seal.Agent(), wait); err != nil {
		return nil, err
	}
	if err := d.Lock(); err != nil {
		return nil, err
	}
	if st, err := status(d, s); err != nil {
		return nil, err
	} else if st != StatusCreated {
		return nil, fmt.Errorf("it is %s, expected created", st)
	}
	if h.pidfd, err = openInit(s); err != nil {
		return nil, err
	}
	h.spin, err = nsenter.OpenSpin(page, h.pidfd, plan.InstallStep())
	return h, err
}

// do hands over. If that fails the process, which could do no more than wait, is
// killed, and the container stopped.
func (h *notified) do(d *state.Dir, s *state.State) error {
	if h == nil {
		return nil
	}
	defer removeSealPage(d)
	c := describe(d, s, StatusCreated) // its program has not been executed
	err := h.agent.handOver(h.spin, s.Pid, h.pidfd, c, h.wait)
	if err != nil {
		return errors.Join(err, killAndWait(h.pidfd, cgroupOf(s)))
	}
	return nil
}

func (h *notified) close() {
	if h == nil {
		return
	}
	h.agent.close()
	if h.pidfd >= 0 {
		unix.Close(h.pidfd)
	}
	if h.spin != nil {
		h.spin.Close()
	}
}
