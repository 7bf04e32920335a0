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
// first process (Linux 5.8), which its start time has identified; the pid
// namespace is the exception, the child is born in it.
func Exec(in *Input, pr *specs.Process) (*Plan, error) {
	p := newPlanner(in)
	if err := p.ns.parse(in.Spec.Linux); err != nil {
		return nil, err
	}
	p.guard()
	p.joinCgroup()
	p.oomScoreAdj(pr)
	if flags := Flags(in.Spec.Linux) &^ unix.CLONE_NEWPID; flags != 0 {
		p.Step("linux.namespaces", "join the container's namespaces")
		p.Sys(unix.SYS_SETNS, nsenter.Val(RegPidFD), nsenter.Imm(flags))
	}
	if p.ns.has(unix.CLONE_NEWUSER) {
		p.becomeRoot("linux.uidMappings")
	}
	p.session()
	p.terminal(pr, atCwd, false)
	if err := p.process(pr); err != nil {
		return nil, err
	}
	p.seal(pr)
	return &Plan{Program: p.Program()}, nil
}
