package runtime

import (
	"fmt"
	"os"
	goruntime "runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/netdev"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/resctrl"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/state"
)

// Create sets a container up to the point where its process waits for start.
// It leaves nothing behind when it fails.
func (r *Runtime) Create(id string, o CreateOptions) error {
	if err := checkSocket(consoleSocket, o.ConsoleSocket); err != nil {
		return err
	}
	c, err := r.create(id, o, true, true)
	if err != nil {
		return err
	}
	if err := writePidFile(o.PidFile, c.child.Pid); err != nil {
		return c.undo(err)
	}
	c.close()
	return nil
}

// created is a container under construction.
type created struct {
	*bundle
	id       string
	dir      *state.Dir
	state    *state.State
	child    *nsenter.Child
	fifo     int            // the exec FIFO, or -1
	preserve int            // descriptors from 3 on that the process inherits
	owned    bool           // the cgroups are made
	cache    *resctrl.Group // of linux.intelRdt, or nil
	grouped  bool           // cache is made
	agent    *agent         // takes the listener of SCMP_ACT_NOTIFY; nil: none, or start hands it over
	wait     *patience      // for agents
	idmaps   idmapper       // while the child is being set up
	devices  *netdev.Mover  // nil: no linux.netDevices were moved
	tty      *os.File       // master side of the terminal when no console socket took it
	reserve  reserve
	// foreground: signals are caught for the program.
	foreground bool
	// announced: run without a FIFO has said in the state directory that the program
	// does not run yet.
	announced bool
}

// create does the work of Create and Run. With fifo the child waits for start;
// without, it is executing the container's program when create returns. A
// detached container has nobody to serve its terminal here.
func (r *Runtime) create(id string, o CreateOptions, fifo, detached bool) (_ *created, err error) {
	if err := state.ValidID(id); err != nil {
		return nil, err
	}
	if err := o.Listen.check(); err != nil {
		return nil, err
	}
	if err := checkPreserved("--preserve-fds", o.Listen.FDs, o.PreserveFds); err != nil {
		return nil, err
	}
	if err := checkSocket(pidfdSocket, o.PidFDSocket); err != nil {
		return nil, err
	}
	b, err := r.load(id, o, fifo)
	if err != nil {
		return nil, err
	}
	if err := checkTerminal(b.spec.Process.Terminal, o.ConsoleSocket, detached); err != nil {
		return nil, err
	}
	if err := checkLabels(b.spec.Process, b.spec.Linux); err != nil {
		return nil, err
	}
	var cache *resctrl.Group
	if b.spec.Linux != nil {
		cache = resctrl.New(b.spec.Linux.IntelRdt, id)
	}
	if err := cache.Check(); err != nil {
		return nil, err
	}
	// Before anything is made: an agent may be slow.
	wait := newPatience()
	a, err := b.filter.agent(fifo || spec.HasHooks(b.spec.Hooks, spec.StartContainer), wait)
	if err != nil {
		return nil, err
	}
	// The child dies with the thread that forks it (PR_SET_PDEATHSIG): until
	// it has let go of that, this goroutine stays on its thread, and so no
	// other goroutine can end it.
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()
	c := &created{bundle: b, id: id, fifo: -1, foreground: !detached, preserve: o.Listen.FDs + o.PreserveFds, agent: a, wait: wait, cache: cache}
	if c.reserve, err = newReserve(); err != nil {
		a.close()
		return nil, err
	}
	if c.dir, err = state.Create(r.Root, id); err != nil {
		c.reserve.release()
		a.close()
		return nil, err
	}
	defer func() {
		if err != nil {
			err = c.undo(err)
		}
	}()
	if pids, err := b.cgroup.Pids(); err != nil {
		return nil, fmt.Errorf("linux.cgroupsPath: %w", err)
	} else if len(pids) > 0 {
		// Before the state records this cgroup as ours to empty.
		if unit := b.cgroup.Unit(); unit != "" {
			return nil, fmt.Errorf("linux.cgroupsPath: systemd has a unit %s already, with %d processes; expected a name that is free", unit, len(pids))
		}
		return nil, fmt.Errorf("linux.cgroupsPath: the cgroup has %d processes already, expected one without processes", len(pids))
	}
	c.state = &state.State{
		ID: id, Bundle: b.dir, Rootfs: b.rootfs, OCIVersion: b.spec.Version, Created: time.Now().UTC(),
		CgroupPaths: b.cgroup.Paths(), SystemdUnit: b.cgroup.Unit(), Resctrl: cache.Owned(), Annotations: b.spec.Annotations, Config: b.raw, Policy: b.seal.Record(), NoNewKeyring: o.NoNewKeyring,
		Hooks: spec.HasHooks(b.spec.Hooks, spec.StartContainer, spec.Poststart, spec.Poststop),
	}
	if err := c.dir.SavePlace(state.Place{CgroupPaths: c.state.CgroupPaths, SystemdUnit: c.state.SystemdUnit, Resctrl: c.state.Resctrl}); err != nil {
		return nil, err
	}
	if err := c.dir.Save(c.state); err != nil {
		return nil, err
	}
	if b.cgroup.Unit() == "" { // else systemd makes it, for the child: joinUnit
		if err := b.cgroup.Create(); err != nil {
			return nil, err
		}
		c.owned = true
		if err := b.cgroup.Set(); err != nil {
			return nil, err
		}
	}
	if err := cache.Make(); err != nil {
		return nil, err
	}
	c.grouped = true
	if fifo {
		if err := c.makeFifo(); err != nil {
			return nil, err
		}
	} else if spec.HasHooks(b.spec.Hooks, beforeStart...) {
		if err := c.announce(); err != nil {
			return nil, err
		}
	}
	if err := c.start(); err != nil {
		return nil, err
	}
	return c, c.converse(o)
}

// start forks the child and records it.
func (c *created) start() error {
	how := nsenter.Clone{Flags: c.plan.Flags, Cgroup: -1, FDs: map[nsenter.Reg]int{plan.RegFifo: c.fifo}, Keep: 3 + c.preserve}
	if c.fifo >= 0 && c.plan.Listener {
		page, err := makeSealPage(c.dir)
		if err != nil {
			return err
		}
		defer page.Close()
		how.Page = page
	}
	into := c.cgroup.UnifiedDir()
	if c.cgroup.Unit() != "" {
		into = "" // it is not there yet
	}
	child, err := fork(c.plan, how, into)
	if err != nil {
		return notBorn(err, c.cgroup)
	}
	c.child = child
	return c.record()
}

// joinUnit has systemd make the container's cgroup, and the child its first
// process. The state names the unit and the child already.
func (c *created) joinUnit() (err error) {
	if c.owned, err = c.cgroup.StartUnit(c.child.Pid); err != nil {
		return err
	}
	return c.cgroup.Set()
}

// fork starts a program, on version 2 in the cgroup dir, if it is not empty. The
// caller has locked its goroutine to the thread, see create.
func fork(p *plan.Plan, how nsenter.Clone, dir string) (*nsenter.Child, error) {
	if dir != "" {
		fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return nil, fmt.Errorf("linux.cgroupsPath: open %s: %w", dir, err)
		}
		defer unix.Close(fd)
		how.Cgroup = fd
	}
	// This process, and so the child until its execve, is not to be inspected
	// through /proc by whoever it shares a pid namespace with.
	//
	// Without privileges it must be able to write its child's files of /proc and its own,
	// which belong to root as soon as they are protected. The plan then does it later
	// (plan.Input.Unprivileged); until then nobody but this very user could look.
	if !p.Unprivileged {
		if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
			return nil, fmt.Errorf("protect the process from ptrace: %w", err)
		}
	}
	return nsenter.Start(p.Program, how)
}

// record writes the child's identity to the state.
func (c *created) record() (err error) {
	c.state.Pid, c.state.PidInode = c.child.Pid, state.PidInode(c.child.PidFD)
	if c.state.StartTime, _, err = state.ProcessStart(c.child.Pid); err != nil {
		// The child may have failed and be gone already.
		if f := c.child.Failure(); f != nil {
			return f
		}
		return fmt.Errorf("read the start time of process %d: %w", c.child.Pid, err)
	}
	return c.dir.Save(c.state)
}

func (c *created) follow() error {
	if err := c.child.Follow(); err != nil {
		return err
	}
	return c.record()
}

// checkPreserved makes sure that the n descriptors to be preserved behind the first ones
// are there, so that none of ours takes one of their numbers. what has asked for them.
func checkPreserved(what string, first, n int) error {
	if n < 0 {
		return fmt.Errorf("%s: %d: expected a number of descriptors, 0 or more", what, n)
	}
	for fd := 3 + first; fd < 3+first+n; fd++ {
		// What was inherited never has the flag; what we opened always does.
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC != 0 {
			return fmt.Errorf("%s: %d: descriptor %d is not open", what, n, fd)
		}
	}
	return nil
}

// cgroupOf returns the container's cgroup as recorded in its state.
func cgroupOf(s *state.State) *cgroup.Cgroup { return cgroup.OpenScope(s.CgroupPaths, s.SystemdUnit) }
