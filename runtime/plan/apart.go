package plan

import (
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// guard makes the kernel kill the child when the parent dies. A change of
// credentials takes that away (guardAgain); a parent that dies in between is
// seen by the next hold.
func (p *planner) guard() {
	p.Step("", "die with the parent")
	p.prctl(unix.PR_SET_PDEATHSIG, nsenter.Imm(int(unix.SIGKILL)))
	p.Step("", "create with exactly the modes asked for")
	p.Sys(unix.SYS_UMASK, nsenter.Imm(0))
}

// hide takes a process whose parent could not do it (Plan.Unprivileged) out of reach of
// ptrace, which /proc shows by giving its files to root.
func (p *planner) hide() {
	if p.in.Unprivileged {
		p.outOfReach()
	}
}

// outOfReach lasts until a change of ids, or execve.
func (p *planner) outOfReach() {
	p.Step("", "stay out of reach of ptrace until execve")
	p.prctl(unix.PR_SET_DUMPABLE, nsenter.Imm(0))
}

// session makes the process a session leader.
func (p *planner) session() {
	p.Step("", "start a session")
	p.Sys(unix.SYS_SETSID)
}

// keyring gives the process a session keyring of its own: keys of the caller
// must not leak into the container.
func (p *planner) keyring() {
	if !p.in.NoKeyring {
		p.Step("", "join a session keyring of the container's own")
		p.Sys(unix.SYS_KEYCTL, nsenter.Imm(unix.KEYCTL_JOIN_SESSION_KEYRING), p.String("_ses."+p.in.ID)).
			Ignore(uint16(unix.ENOSYS))
	}
}
