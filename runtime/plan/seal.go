package plan

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/spec"
)

// seal is the end of every program: meet the parent a last time, wait to be
// started, and then two system calls, seccomp(2) and execve(2), with nothing
// between or after them. The filter therefore only has to allow execve and
// what the container's own program calls.
//
// With SCMP_ACT_NOTIFY seccomp(2) returns a listener, which an agent must have
// before the first call that waits for it, and that may be the execve. No call is
// possible here any more, so the parent takes the descriptor (pidfd_getfd(2)) and
// hands it over while the child spins. Its own copy goes at execve: the kernel has
// made it close-on-exec.
func (p *planner) seal(pr *specs.Process) {
	args, env := p.vectors(pr.Args, pr.Env)

	p.Step("", "wait until the parent has recorded the container")
	p.Report(MarkSetUp)
	p.Hold()
	if p.in.Hook == nil { // or else it is still to die with the parent
		p.prctl(unix.PR_SET_PDEATHSIG, nsenter.Imm(0))
	}
	if p.in.Fifo {
		p.Step("", "wait for start")
		p.Report(MarkReady)
		p.Sys(unix.SYS_READ, nsenter.Val(RegFifo), p.Zeros(8), nsenter.Imm(1))
	}
	if f := p.in.Filter; f != nil {
		// struct sock_fprog: a 16-bit length, padding, a pointer. Both
		// architectures are little-endian, so one word holds the first two.
		fprog := p.Words(nsenter.Imm(len(f)/8), p.Bytes(f))
		step := InstallStep()
		p.Step(step.Field, step.What)
		seccomp := p.Sys(unix.SYS_SECCOMP, nsenter.Imm(unix.SECCOMP_SET_MODE_FILTER), nsenter.Imm(p.in.FilterFlags), fprog)
		if p.in.FilterPrctl {
			missing, done := p.NewLabel(), p.NewLabel()
			seccomp.On(uint16(unix.ENOSYS), missing)
			p.Jump(done)
			p.Place(missing)
			p.prctl(unix.PR_SET_SECCOMP, nsenter.Imm(unix.SECCOMP_MODE_FILTER), fprog)
			p.Place(done)
		}
		if p.in.listener() {
			seccomp.Into(RegListener)
			p.Step("linux.seccomp.listenerPath", "wait until the agent has the listener")
			p.Spin()
		}
	}
	name, field := p.program(pr)
	p.Step(field, "exec: %q", name)
	exec := p.Sys(unix.SYS_EXECVE, nsenter.Val(regExe), args, env)
	if p.in.Fifo {
		p.tellFailure(exec, name)
	}
}

// vectors puts the arguments and the environment of execve(2) into the arena, with the
// HOME of the container's process.
func (p *planner) vectors(args, env []string) (argv, envp nsenter.Arg) {
	texts := func(list []string) []nsenter.Arg {
		words := make([]nsenter.Arg, 0, len(list)+2)
		for _, s := range list {
			words = append(words, p.String(s))
		}
		return words
	}
	null := nsenter.Imm(0)
	return p.Words(append(texts(args), null)...), p.Words(append(texts(environment(env, p.in.Home)), null)...)
}

// InstallStep is what an error about the installation of the filter is about, for
// a process that has the child but not its program.
func InstallStep() nsenter.Step {
	return nsenter.Step{Field: "linux.seccomp", What: "install the filter"}
}

// listener says whether the filter comes with a listener.
func (in *Input) listener() bool {
	return in.Filter != nil && in.FilterFlags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER != 0
}

// tellFailure is for a container that was created and started by two
// different runs of runseal: nobody waits for its execve, so its own standard
// error is the only place left to say why it failed (if the filter lets it).
func (p *planner) tellFailure(exec nsenter.Call, name string) {
	for _, c := range []struct {
		errno  uint16
		text   string
		status int
	}{
		{uint16(unix.ENOENT), "no such file or directory", 127},
		{uint16(unix.EACCES), "permission denied", 126},
		{uint16(unix.ENOEXEC), "exec format error", 126},
		{nsenter.AnyErrno, "execve failed", 126},
	} {
		l := p.NewLabel()
		exec.On(c.errno, l)
		p.Place(l)
		if spec.HasHooks(p.spec.Hooks, spec.Poststart) {
			// For start, which waits until the FIFO has no writer any more.
			p.Sys(unix.SYS_WRITE, nsenter.Val(RegFifo), p.String("x"), nsenter.Imm(1)).Ignore(nsenter.AnyErrno)
		}
		msg := []byte(fmt.Sprintf("runseal: exec: %q: %s\n", name, c.text))
		p.Sys(unix.SYS_WRITE, nsenter.Imm(2), p.Bytes(msg), nsenter.Imm(len(msg))).Ignore(nsenter.AnyErrno)
		p.Sys(unix.SYS_EXIT_GROUP, nsenter.Imm(c.status))
	}
}
