package runtime

import (
	"errors"
	"fmt"
	goruntime "runtime"
	"strconv"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/kernel"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/state"
)

// Hooks are programs of config.json that run at six points of a container's life
// (runtime-spec, config.md, "POSIX-platform Hooks"). What they are told on standard
// input is the state that the specification gives the container at that point.
//
//	hook             run by              where                  status    in case of failure
//	prestart         create, run         host                   creating  create is undone
//	createRuntime    create, run         host                   creating  create is undone
//	createContainer  create, run         container, host's root creating  create is undone
//	startContainer   start, run          container              created   container deleted
//	poststart        start, run          host                   running   container deleted
//	poststop         delete, run, undo   host                   stopped   a warning
//
// Those on the host are in the runtime's own cgroup, those in the container in the
// container's. The lock of the container is held while they run, but for poststart and
// poststop: the container can be used then, or is no more. What the first three have
// made poststop has to take away, so it follows on a create that is undone, whatever
// has failed once there was a process.
//
// Signals that the foreground forwards go to a hook while it runs. A runtime that is
// killed takes its hook along, and delete --force what is left in the container's cgroup;
// processes that a hook has started on the host are its own business, unless its timeout
// ends them.

// beforeStart are the kinds that run before the program does.
var beforeStart = []spec.HookKind{spec.Prestart, spec.CreateRuntime, spec.CreateContainer, spec.StartContainer}

// hooksOf makes the hooks of a kind, args[0] included.
func hooksOf(kind spec.HookKind, h *specs.Hooks, dir string) []hook {
	list := kind.Of(h)
	all := make([]hook, 0, len(list))
	for i := range list {
		args := list[i].Args
		if len(args) == 0 {
			args = []string{list[i].Path}
		}
		k := hook{Hook: plan.Hook{Field: kind.Field(i), Path: list[i].Path, Args: args, Env: list[i].Env, Dir: dir}}
		if t := list[i].Timeout; t != nil {
			k.timeout = time.Duration(*t) * time.Second
		}
		all = append(all, k)
	}
	return all
}

// runtimeHooks runs the hooks of a kind on the host, one after the other, up to the
// first that fails.
func runtimeHooks(kind spec.HookKind, h *specs.Hooks, c *Container) error {
	for _, k := range hooksOf(kind, h, c.Bundle) {
		if err := k.onHost(c); err != nil {
			return err
		}
	}
	return nil
}

// createHooks runs the hooks of create, while the container's process waits at
// MarkHooks.
func (c *created) createHooks() error {
	h := c.spec.Hooks
	now := c.describe()
	if err := runtimeHooks(spec.Prestart, h, now); err != nil {
		return err
	}
	if err := runtimeHooks(spec.CreateRuntime, h, now); err != nil {
		return err
	}
	for _, k := range hooksOf(spec.CreateContainer, h, c.rootfs) {
		if err := c.createContainerHook(&k, now); err != nil {
			return err
		}
	}
	return nil
}

// createContainerHook runs one in the namespaces of the container's process.
func (c *created) createContainerHook(k *hook, now *Container) error {
	in := &plan.Input{Spec: c.spec, Hook: &k.Hook}
	c.who.input(in)
	return k.inContainer(&entry{
		state: c.state, init: c.child.PidFD, container: now,
		plan: func(way *entrance) (*plan.Plan, error) {
			in.Cgroup = plan.Cgroup{TaskFiles: way.files}
			return plan.ContainerHook(in)
		},
	})
}

// startContainerHooks runs the hooks of start in the container whose process init is.
// Their programs are the container's, and who has made the container may have no part
// in them: each gets what a process of exec gets and no more, that is process.user,
// its capabilities, limits, labels, noNewPrivileges and the filter of the container.
func startContainerHooks(s *state.State, cfg *specs.Spec, f *filter, wait *patience, init int, c *Container) error {
	var nproc unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &nproc); err != nil {
		return fmt.Errorf("read RLIMIT_NPROC: %w", err)
	}
	who, err := whoCalls()
	if err != nil {
		return err
	}
	withheld, _ := lacking(cfg, cfg.Process) // of which create has warned
	for _, k := range hooksOf(spec.StartContainer, cfg.Hooks, "") {
		pr := *cfg.Process
		pr.Args, pr.Env, pr.Terminal, pr.ConsoleSize = k.Args, k.Env, false, nil
		pr.ExecCPUAffinity = nil // it is no exec
		in := &plan.Input{
			ID: s.ID, Spec: cfg, Bundle: s.Bundle, Rootfs: s.Rootfs, MaxProcs: nproc.Max,
			NoKeyring: s.NoNewKeyring, Lacks: kernel.Lacks(), Withheld: withheld, Hook: &k.Hook,
		}
		who.input(in)
		if f != nil {
			f.input(in)
		}
		if err := k.inContainer(&entry{
			state: s, init: init, container: c, process: &pr, filter: f, wait: wait,
			plan: func(way *entrance) (*plan.Plan, error) {
				in.Cgroup = plan.Cgroup{TaskFiles: way.files}
				return plan.Exec(in, &pr)
			},
		}); err != nil {
			return err
		}
	}
	return nil
}

// poststop runs the hooks of a container that is no more, all of them, and returns what
// has failed. It comes after the lock is given up: the id may be used again.
func poststop(s *state.State, h *specs.Hooks) (failed error) {
	if !spec.HasHooks(h, spec.Poststop) {
		return nil
	}
	c := &Container{ID: s.ID, Bundle: s.Bundle, Annotations: s.Annotations, Status: StatusStopped}
	for _, k := range hooksOf(spec.Poststop, h, s.Bundle) {
		if err := k.onHost(c); err != nil {
			if failed != nil {
				err = fmt.Errorf("%w; %w", failed, err)
			}
			failed = err
		}
	}
	return failed
}

// recordedPoststop is poststop for a container of which only the state is known.
func recordedPoststop(s *state.State) error {
	if !s.Hooks {
		return nil
	}
	cfg, err := spec.Parse(s.Config)
	if err != nil {
		return fmt.Errorf("hooks.poststop: the recorded configuration: %w", err)
	}
	return poststop(s, cfg.Hooks)
}

// removed makes a warning of what poststop has returned.
func (r *Runtime) removed(id string, err error) {
	if err != nil {
		r.warn("container %q was deleted, but: %v", id, err)
	}
}

// discard stops and deletes a container in which a hook has failed, as the
// specification demands it of startContainer and poststart; d may be locked or not.
func discard(d *state.Dir, s *state.State, cause error) error {
	err := d.Lock()
	if errors.Is(err, state.ErrNotExist) {
		return cause // somebody else was faster
	}
	if err == nil {
		err = destroy(d, s)
	}
	if err != nil {
		return fmt.Errorf("%w (and the container cannot be deleted: %w)", cause, err)
	}
	d.Unlock()
	return also(fmt.Errorf("%w (the container was stopped and deleted)", cause), recordedPoststop(s))
}

// lockThread makes a hook, which dies with the thread that has forked it, last until
// the function that is returned is called.
func lockThread() (unlock func()) {
	goruntime.LockOSThread()
	return goruntime.UnlockOSThread
}

// pidInside is a process's number in its own pid namespace, for hooks that are there:
// the last one of NSpid (Linux 4.1).
func pidInside(pid int) (int, error) {
	pids, err := statusField(pid, "NSpid")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(pids[len(pids)-1])
}
