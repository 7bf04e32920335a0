package runtime

import (
	"fmt"
	"time"
)

// agentLimit is for all that one command waits for agents (linux.seccomp.listenerPath): for
// connections, for the listeners to be read, and for the decision on an execve, of however
// many programs, hooks startContainer included. An agent is another program, and what it
// does not do must not hang an engine that waits for this one.
//
// It is below the time that another command waits for the lock of the container, which
// start and run hold: so delete --force gets it, whatever agents do.
const agentLimit = 8 * time.Second

// patience is what is left of agentLimit. What programs do meanwhile, a hook for one,
// does not count.
type patience struct{ left time.Duration }

func newPatience() *patience { return &patience{agentLimit} }

// begin starts a wait, which may last until end. done ends it.
func (p *patience) begin() (end time.Time, done func()) {
	began := time.Now()
	return began.Add(p.left), func() { p.left -= time.Since(began) }
}

// impatient is the error of a wait that has lasted too long: the agent has not done what is
// said.
func impatient(format string, args ...any) error {
	return fmt.Errorf("linux.seccomp.listenerPath: the agent has not %s within %v, which is for all that a command waits for agents", fmt.Sprintf(format, args...), agentLimit)
}
