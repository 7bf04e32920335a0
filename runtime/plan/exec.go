package plan

import (
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// Exec makes the program for a further process, pr, in a running container.
// in.Spec is the container's own configuration; its process is not used.
//
// All namespaces are joined by one setns(2) with the pidfd of the container's
// first process (Linux 5.8), which its start time has identified. For the pid
// namespace that means the next child: it is made last, when there is nothing
// left in the process that the container's own processes could make use of.
// They see it only then, with the container's root, its own credentials, and no
// descriptors of the host.
func Exec(in *Input, pr *specs.Process) (*Plan, error) {
	p := newPlanner(in)
	if err := p.ns.parse(in.Spec.Linux); err != nil {
		return nil, err
	}
	p.byParent = p.ns.has(unix.CLONE_NEWUSER)
	p.guard()
	p.labels(pr)
	p.hookStreams()
	forks := p.enterContainer(pr)
	p.takeRoot()
	p.keyring()
	p.openTerminal(pr, atCwd, false)
	p.lateProcs = forks
	if err := p.process(pr); err != nil {
		return nil, err
	}
	if forks {
		p.goInside()
		if !p.byParent {
			p.rlimits(pr, true)
		}
	}
	p.session()
	p.takeTerminal(pr)
	p.personality()
	p.memoryPolicy()
	p.affinity(pr.ExecCPUAffinity)
	p.schedule(pr)
	p.seal(pr)
	return p.plan(0)
}

// enterContainer joins the container's namespaces and, if that needs no fork, its
// cgroup. With forks it becomes a process of its pid namespace by goInside.
func (p *planner) enterContainer(pr *specs.Process) (forks bool) {
	if forks = p.ns.has(unix.CLONE_NEWPID); forks {
		p.openCgroup()
	} else {
		p.joinCgroup()
	}
	if pr != nil {
		p.oomScoreAdj(pr)
	}
	p.hide()
	if flags := Flags(p.spec.Linux); flags != 0 {
		p.Step("linux.namespaces", "join the container's namespaces")
		p.Sys(unix.SYS_SETNS, nsenter.Val(RegPidFD), nsenter.Imm(flags))
	}
	p.closeReg(RegPidFD)
	if p.ns.has(unix.CLONE_NEWUSER) {
		p.becomeRoot("linux.uidMappings")
	}
	return forks
}

// goInside makes the process that is in the container's pid namespace and cgroup.
func (p *planner) goInside() {
	p.Step("linux.namespaces", "go on inside the pid namespace")
	p.Fork(MarkForked)
	p.guardAgain()
	p.joinOpened()
}
