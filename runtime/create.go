package runtime

import (
	"errors"
	"fmt"
	"os"
	goruntime "runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/state"
)

// Create sets a container up to the point where its process waits for start.
// It leaves nothing behind when it fails.
func (r *Runtime) Create(id string, o CreateOptions) error {
	if err := checkConsole(o.ConsoleSocket); err != nil {
		return err
	}
	c, err := r.create(id, o, true, true)
	if err != nil {
		return err
	}
	if err := writePidFile(o.PidFile, c.child.Pid); err != nil {
		c.undo()
		return err
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
	fifo     int       // the exec FIFO, or -1
	preserve int       // --preserve-fds
	owned    bool      // the cgroups are made
	agent    *agent    // takes the listener of SCMP_ACT_NOTIFY; nil: none, or start hands it over
	agentEnd time.Time // what waits for the agent fails then
	tty      *os.File  // master side of the terminal when no console socket took it
	reserve  reserve
}

// create does the work of Create and Run. With fifo the child waits for start;
// without, it is executing the container's program when create returns. A
// detached container has nobody to serve its terminal here.
func (r *Runtime) create(id string, o CreateOptions, fifo, detached bool) (_ *created, err error) {
	if err := state.ValidID(id); err != nil {
		return nil, err
	}
	if err := checkPreserved(o.PreserveFds); err != nil {
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
	// Before anything is made: an agent may be slow.
	a, err := b.filter.agent(fifo)
	if err != nil {
		return nil, err
	}
	// The child dies with the thread that forks it (PR_SET_PDEATHSIG): until
	// it has let go of that, this goroutine stays on its thread, and so no
	// other goroutine can end it.
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()
	c := &created{bundle: b, id: id, fifo: -1, preserve: o.PreserveFds, agent: a}
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
			c.undo()
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
		CgroupPaths: b.cgroup.Paths(), SystemdUnit: b.cgroup.Unit(), Annotations: b.spec.Annotations, Config: b.raw, Policy: b.seal.Record(), NoNewKeyring: o.NoNewKeyring,
	}
	if err := c.dir.SavePlace(state.Place{CgroupPaths: c.state.CgroupPaths, SystemdUnit: c.state.SystemdUnit}); err != nil {
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
	if fifo {
		if err := c.makeFifo(); err != nil {
			return nil, err
		}
	}
	if err := c.start(); err != nil {
		return nil, err
	}
	return c, c.converse(o.ConsoleSocket)
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
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("protect the process from ptrace: %w", err)
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

// converse answers the child's reports until it waits for start, or, without
// a FIFO, until it has become the container's program.
func (c *created) converse(consoleSocket string) error {
	ready := false
	for {
		mark, fds, err := c.await(ready)
		if err != nil {
			return notBorn(err, c.cgroup)
		}
		switch mark {
		case 0: // execve closed the socket, or the child's end did
			if !ready || c.fifo >= 0 {
				return endedEarly(c.child)
			}
			return nil
		case plan.MarkCgroup:
			err = c.joinUnit()
		case plan.MarkMappings:
			err = c.mapUsers()
		case plan.MarkForked:
			err = c.follow()
		case plan.MarkMakePath:
			err = makePath(fds, c.plan.Paths[c.child.Reg(plan.RegPath)])
		case plan.MarkCopyUp:
			err = copyUp(fds, c.plan.Paths[c.child.Reg(plan.RegPath)])
		case plan.MarkAlone:
			err = checkAlone(fds, c.child.Pid, c.plan.Paths[c.child.Reg(plan.RegPath)])
		case plan.MarkTerminal:
			err = c.takeTerminal(fds, consoleSocket)
		case plan.MarkSetUp: // the state was saved before
			ready = true
			if c.plan.RlimitsByParent {
				err = setRlimits(c.child.Pid, c.spec.Process)
			}
			if err == nil && delegates(c.spec) {
				err = c.delegate()
			}
		case plan.MarkReady:
			return c.publishFifo()
		default:
			err = fmt.Errorf("the container's process reported %q, which means nothing", mark)
		}
		if err != nil {
			return err
		}
		if err := c.child.Release(); err != nil {
			return err
		}
		if mark == plan.MarkSetUp && c.agent != nil {
			c.agentEnd = time.Now().Add(handOverLimit)
			if err := c.agent.handOver(c.child.Spin(), c.child.Pid, c.child.PidFD, c.describe(), c.agentEnd); err != nil {
				return err
			}
		}
	}
}

// await waits for the next report. The last thing is the execve, and where that
// is the agent's to decide it has a limit.
func (c *created) await(ready bool) (mark byte, fds []int, err error) {
	if ready && c.fifo < 0 && c.agent != nil {
		return c.filter.awaitExecve(c.child, c.agentEnd)
	}
	return c.child.Await()
}

// describe is the container as an agent is shown it.
func (c *created) describe() *Container {
	return &Container{ID: c.id, Bundle: c.state.Bundle, Annotations: c.state.Annotations, Status: StatusCreating, Pid: c.child.Pid}
}

// endedEarly says how a child ended that had not failed by itself.
func endedEarly(child *nsenter.Child) error {
	ws := child.Reap()
	if ws.Signaled() && ws.Signal() == unix.SIGKILL {
		return errors.New("the container's process was killed while it was being set up (out of memory? see linux.resources.memory.limit)")
	}
	return fmt.Errorf("the container's process ended while it was being set up (wait status %#x)", uint32(ws))
}

// undo takes back everything that create has made so far.
func (c *created) undo() {
	var err error
	c.reserve.release()
	if c.owned {
		// First: it thaws, and a frozen child of version 1 could not be waited for.
		err = c.cgroup.Kill()
	}
	if c.child != nil {
		c.child.Kill()
		c.child.Close()
	}
	if c.owned && err == nil {
		err = c.cgroup.Destroy()
	}
	if c.tty != nil {
		c.tty.Close()
	}
	c.agent.close()
	if err == nil { // or else delete --force still has to find it
		_ = c.dir.Remove()
	}
	c.closeFifo()
	c.dir.Close()
}

// close ends the construction: the container is on its own.
func (c *created) close() {
	c.reserve.release()
	c.closeFifo()
	c.child.Close()
	c.dir.Close()
}

// checkPreserved makes sure that the descriptors to be preserved are there, so
// that none of ours takes one of their numbers.
func checkPreserved(n int) error {
	if n < 0 {
		return fmt.Errorf("--preserve-fds: %d: expected a number of descriptors, 0 or more", n)
	}
	for fd := 3; fd < 3+n; fd++ {
		// What was inherited never has the flag; what we opened always does.
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC != 0 {
			return fmt.Errorf("--preserve-fds: %d: descriptor %d is not open", n, fd)
		}
	}
	return nil
}

// cgroupOf returns the container's cgroup as recorded in its state.
func cgroupOf(s *state.State) *cgroup.Cgroup { return cgroup.OpenScope(s.CgroupPaths, s.SystemdUnit) }
