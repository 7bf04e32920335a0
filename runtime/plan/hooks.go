package plan

import (
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/spec"
)

// The programs of hooks. There are three, by where the hook runs:
//
//	RuntimeHook    prestart, createRuntime, poststart, poststop: on the host
//	ContainerHook  createContainer: in the container's namespaces, before the pivot
//	Exec           startContainer: a process of the container, with Input.Hook
//
// Each begins with three pipes of the parent's in place of the standard streams and
// ends with execve(2), over which no other descriptor is kept.

// Hook is one program of config.json's hooks.
type Hook struct {
	Field string // hooks.createRuntime[1]
	Path  string // absolute
	Args  []string
	Env   []string
	Dir   string // working directory; not for Exec
}

// Registers of a hook's program, which makes no root and so has no use for the names
// that these have elsewhere.
const (
	RegStdin  = regRoot
	RegStdout = regTarget
	RegStderr = regMask
	RegRoot   = regOld // root directory of the container's process
)

// RuntimeHook makes the program for a hook in the runtime's own namespaces. It has the
// rights, the cgroup and the umask of the runtime. It dies with the runtime's thread;
// processes that it makes do not. The session is its own, so that a timeout can
// end it with what it has started (kill(2), -pid), and a terminal's signals do not.
func RuntimeHook(h *Hook) (*nsenter.Program, error) {
	p := newPlanner(&Input{Hook: h, Spec: &specs.Spec{}})
	p.Step(h.Field, "prepare the hook's process")
	p.prctl(unix.PR_SET_PDEATHSIG, nsenter.Imm(int(unix.SIGKILL)))
	p.Sys(unix.SYS_SETSID)
	p.hookStreams()
	// The bundle of a container that has ended may be gone.
	gone := p.NewLabel()
	there := p.NewLabel()
	p.Sys(unix.SYS_CHDIR, p.String(h.Dir)).On(uint16(unix.ENOENT), gone)
	p.Jump(there)
	p.Place(gone)
	p.Sys(unix.SYS_CHDIR, p.String("/"))
	p.Place(there)
	p.execHook()
	return p.Program()
}

// ContainerHook makes the program for a hook in the namespaces of the container, whose
// process waits at MarkHooks: its mount namespace has the host's root still, from which
// the hook's path is resolved, and the container's root, complete, at h.Dir.
//
// The process joins as in Exec, in.Cgroup included. It is root of the container's
// user namespace, or of the host's if it has none, with all capabilities, since it
// is a program of the host's; no label, filter or limit of config.json's process
// counts for it. This is what runc does. In a pid namespace given by path it is in
// sight of those who are there, and CAP_SYS_PTRACE without a user namespace is power
// over it.
func ContainerHook(in *Input) (*Plan, error) {
	p := newPlanner(in)
	if err := p.ns.parse(in.Spec.Linux); err != nil {
		return nil, err
	}
	h := in.Hook
	p.Step("", "die with the parent")
	p.prctl(unix.PR_SET_PDEATHSIG, nsenter.Imm(int(unix.SIGKILL)))
	p.hookStreams()
	forks := p.enterContainer(nil)
	p.takeRoot()
	p.Sys(unix.SYS_CHDIR, p.String(h.Dir))
	if forks {
		p.goInside()
	}
	p.session()
	p.Step("", "wait until the parent has recorded the process")
	p.Report(MarkSetUp)
	p.Hold()
	p.execHook()
	return p.plan(0)
}

// hookStreams puts the parent's pipes in place. Those that it was given are
// close-on-exec.
func (p *planner) hookStreams() {
	if p.in.Hook == nil {
		return
	}
	for r, name := range map[nsenter.Reg]string{RegStdin: "stdin", RegStdout: "stdout", RegStderr: "stderr"} {
		p.Name(r, name)
	}
	p.Step(p.in.Hook.Field, "connect the standard streams")
	for fd, r := range [...]nsenter.Reg{RegStdin, RegStdout, RegStderr} {
		p.Sys(unix.SYS_DUP3, nsenter.Val(r), nsenter.Imm(fd), nsenter.Imm(0))
	}
}

// takeRoot takes the root of the container's process. After setns(2) it is that of the
// mount namespace: the host's, if the container was made in a chroot, where the root
// cannot be pivoted.
func (p *planner) takeRoot() {
	p.Name(RegRoot, "root")
	p.Step("root.path", "take the root of the container's process")
	p.Sys(unix.SYS_FCHDIR, nsenter.Val(RegRoot))
	p.Sys(unix.SYS_CHROOT, p.String("."))
	p.closeReg(RegRoot)
}

// execHook is the end of a hook's program.
func (p *planner) execHook() {
	h := p.in.Hook
	args, env := p.vectors(h.Args, h.Env)
	p.Step(h.Field+".path", "execute %q", h.Path)
	p.Sys(unix.SYS_EXECVE, p.String(h.Path), args, env)
}

// hooks makes the program wait until the parent has run those of create: the
// namespaces, the cgroup and all mounts are there, and nothing in the root is masked or
// read-only yet, so that a hook can add to it.
func (p *planner) hooks() {
	p.Step("hooks", "wait until the hooks of create have been run")
	p.Report(MarkHooks)
	p.Hold()
}

// hooked says whether there are hooks to wait for.
func (p *planner) hooked() bool {
	return spec.HasHooks(p.spec.Hooks, spec.Prestart, spec.CreateRuntime, spec.CreateContainer)
}
