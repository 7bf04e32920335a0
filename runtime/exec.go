package runtime

import (
	"errors"
	"fmt"
	"os"
	"path"
	goruntime "runtime"
	"strings"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/kernel"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/policy"
	"github.com/runseal/runseal/runtime/resctrl"
	"github.com/runseal/runseal/runtime/signals"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/state"
)

// ExecOptions are the options of exec.
type ExecOptions struct {
	Process        *specs.Process // from --process; nil: the container's own process, changed by the fields below
	Args           []string
	Detach, Tty    bool
	PidFile        string
	ConsoleSocket  string
	PidFDSocket    string // AF_UNIX socket that takes a pidfd of the process
	Cwd            string
	User           string // "uid[:gid]"
	Cgroup         string // --cgroup: below the container's cgroup
	Env            []string
	AdditionalGids []uint32
	Caps           []string
	NoNewPrivs     bool
	ProcessLabel   string // process.selinuxLabel; empty: the container's
	AppArmor       string // process.apparmorProfile; empty: the container's
	PreserveFds    int
	IgnorePaused   bool // of a paused container too: the process begins when it is resumed
}

// Exec executes a further process in a running container. In the foreground it
// returns the exit status as Run does.
func (r *Runtime) Exec(id string, o ExecOptions) (int, error) {
	if err := checkPreserved("--preserve-fds", 0, o.PreserveFds); err != nil {
		return 0, err
	}
	if err := checkSocket(consoleSocket, o.ConsoleSocket); err != nil {
		return 0, err
	}
	if err := checkSocket(pidfdSocket, o.PidFDSocket); err != nil {
		return 0, err
	}
	d, s, err := r.open(id, false)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	st, err := status(d, s)
	if err != nil {
		return 0, fmt.Errorf("cannot exec in %w", err)
	}
	if st != StatusRunning && st != StatusCreated && !(st == StatusPaused && o.IgnorePaused) {
		hint := ""
		if st == StatusPaused {
			hint = " (or use --ignore-paused)"
		}
		return 0, fmt.Errorf("cannot exec in container %q: it is %s, expected running%s", id, st, hint)
	}
	cfg, err := spec.Parse(s.Config)
	if err != nil {
		return 0, fmt.Errorf("the recorded configuration of container %q: %w", id, err)
	}
	pr, err := execProcess(cfg, o)
	if err != nil {
		return 0, err
	}
	if err := checkTerminal(pr.Terminal, o.ConsoleSocket, o.Detach); err != nil {
		return 0, err
	}
	if err := checkLabels(pr, nil); err != nil {
		return 0, err
	}
	way, err := enter(s, o.Cgroup, o.IgnorePaused)
	if err != nil {
		return 0, err
	}
	var nproc unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &nproc); err != nil {
		return 0, fmt.Errorf("read RLIMIT_NPROC: %w", err)
	}
	who, err := r.caller()
	if err != nil {
		return 0, err
	}
	in := &plan.Input{
		ID: id, Spec: cfg, Bundle: s.Bundle, Rootfs: s.Rootfs, Cgroup: plan.Cgroup{TaskFiles: way.files},
		MaxProcs: nproc.Max, PreserveFDs: o.PreserveFds, NoKeyring: s.NoNewKeyring, Lacks: kernel.Lacks(),
		Withheld: r.withheld(cfg, pr),
	}
	who.input(in)
	root, err := awaitRoot(d, s)
	if err != nil {
		return 0, fmt.Errorf("cannot exec in container %q: %w", id, err)
	}
	defer unix.Close(root)
	in.Home = home(root, pr, nil)
	seal, err := policy.Restore(s.Policy, cfg, r.StrictSeccomp)
	if err != nil {
		return 0, fmt.Errorf("container %q: %w", id, err)
	}
	f, err := r.compile(seal)
	if err != nil {
		return 0, err
	}
	if f != nil {
		f.input(in)
	}
	p, err := plan.Exec(in, pr)
	if err != nil {
		return 0, err
	}
	wait := newPatience()
	a, err := f.agent(false, wait)
	if err != nil {
		return 0, err
	}
	defer a.close()
	init, err := openInit(s)
	if errors.Is(err, os.ErrProcessDone) {
		return 0, fmt.Errorf("cannot exec in container %q: container not running", id)
	}
	if err != nil {
		return 0, fmt.Errorf("cannot exec in container %q: %w", id, err)
	}
	defer unix.Close(init)
	if !o.Detach {
		signals.Catch()
		defer signals.Restore()
	}
	e := &execution{foreground: !o.Detach, plan: p, process: pr, filter: f, agent: a, wait: wait, container: describe(d, s, st), consoleSocket: o.ConsoleSocket, pidfdSocket: o.PidFDSocket}
	if cfg.Linux != nil {
		e.cache = resctrl.New(cfg.Linux.IntelRdt, id)
	}
	how := nsenter.Clone{Cgroup: -1, FDs: map[nsenter.Reg]int{plan.RegPidFD: init, plan.RegRoot: root}, Keep: 3 + o.PreserveFds}
	child, tty, err := e.start(way, how)
	if err != nil {
		return 0, err
	}
	defer child.Close()
	if err := writePidFile(o.PidFile, child.Pid); err != nil {
		child.Kill()
		return 0, err
	}
	if o.Detach {
		return 0, nil
	}
	return attend(child, tty)
}

// execution is a process on its way into a container.
type execution struct {
	plan      *plan.Plan
	process   *specs.Process // nil: nothing of config.json's, but its namespaces
	filter    *filter
	agent     *agent
	wait      *patience // for the agent
	container *Container
	cache     *resctrl.Group // of linux.intelRdt, or nil
	end       time.Time      // it must be executing by then; zero: whenever it does

	foreground bool // signals are caught for it

	consoleSocket, pidfdSocket string // "": none
}

// start forks the child and accompanies it to its execve.
func (e *execution) start(way *entrance, how nsenter.Clone) (_ *nsenter.Child, tty *os.File, err error) {
	goruntime.LockOSThread() // see create
	defer goruntime.UnlockOSThread()
	back := func() {}
	if e.process != nil && e.process.ExecCPUAffinity != nil && e.process.ExecCPUAffinity.Initial != "" {
		if back, err = initially(e.process.ExecCPUAffinity); err != nil {
			return nil, nil, err
		}
		how.Placed = true
	}
	child, err := way.fork(e.plan, how)
	back()
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			child.Kill()
			child.Close()
		}
	}()
	ready := false
	await := func() (byte, []int, error) { return awaitUntil(child, e.end) }
	if e.foreground {
		await = func() (byte, []int, error) { return awaitForeground(child, e.end) }
	}
	for {
		mark, fds, err := await()
		if err != nil {
			return nil, nil, notBorn(err, way.cgroup)
		}
		switch mark {
		case 0:
			if !ready {
				return nil, nil, endedEarly(child)
			}
			return child, tty, nil
		case plan.MarkForked:
			err = child.Follow()
		case plan.MarkSchedule:
			err = setSchedule(child.Pid, e.process)
		case plan.MarkSetUp:
			ready = true
			if err = e.cache.Join(child.Pid); err == nil && e.plan.RlimitsByParent {
				err = setRlimits(child.Pid, e.process)
			}
			if err == nil {
				err = sendPidFD(e.pidfdSocket, messageExec, child)
			}
		case plan.MarkTerminal:
			tty, err = takeMaster(fds, e.consoleSocket)
		}
		if err != nil {
			return nil, nil, err
		}
		if err := letGo(child); err != nil {
			return nil, nil, err
		}
		if mark == plan.MarkSetUp && e.agent != nil {
			if err := e.agent.handOver(child.Spin(), child.Pid, child.PidFD, e.container, e.wait); err != nil {
				return nil, nil, err
			}
			await = func() (byte, []int, error) { return e.filter.awaitExecve(child, e.wait, e.end) }
		}
	}
}

// subCgroup is the container's cgroup, or an existing one below it: "PATH", or
// on cgroup v1 "CONTROLLER[,CONTROLLER]:PATH" for these hierarchies alone.
func subCgroup(s *state.State, sub string) (*cgroup.Cgroup, error) {
	if sub == "" {
		return cgroupOf(s), nil
	}
	controllers, below, some := strings.Cut(sub, ":")
	if !some {
		controllers, below = "", sub
	}
	if clean := path.Clean("/" + below); clean != "/"+strings.TrimPrefix(below, "/") {
		return nil, fmt.Errorf("--cgroup: %q: expected [CONTROLLER,...:]PATH, a path below the container's cgroup with neither . nor .. in it", sub)
	} else if below = clean; below == "/" {
		below = "" // the container's own
	}
	paths := make(map[string]string, len(s.CgroupPaths))
	for k, dir := range s.CgroupPaths {
		paths[k] = dir
		if !some {
			paths[k] = dir + below
		}
	}
	if some {
		for _, k := range strings.Split(controllers, ",") {
			dir, ok := s.CgroupPaths[k]
			if !ok || k == "" {
				return nil, fmt.Errorf("--cgroup: %q: the container has no cgroup of controller %q", sub, k)
			}
			paths[k] = dir + below
		}
	}
	for _, dir := range paths {
		var st unix.Stat_t
		if err := unix.Lstat(dir, &st); errors.Is(err, unix.ENOENT) {
			return nil, fmt.Errorf("--cgroup: %q: there is no cgroup %s", sub, dir)
		}
	}
	return cgroup.Open(paths), nil
}
