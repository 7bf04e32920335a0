package runtime

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/plan"
)

// converse answers the child's reports until it waits for start, or, without
// a FIFO, until it has become the container's program.
func (c *created) converse(o CreateOptions) error {
	defer c.idmaps.close()
	ready := false
	copier := newCopier(c.spec)
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
		case plan.MarkNetDevices:
			err = c.moveDevices()
		case plan.MarkMakePath:
			err = makePath(fds, c.plan.Paths[c.child.Reg(plan.RegPath)])
		case plan.MarkCopyUp:
			err = copier.copyUp(fds, c.plan.Paths[c.child.Reg(plan.RegPath)])
		case plan.MarkIDMap:
			if err := c.passTree(&c.plan.IDMaps[c.child.Reg(plan.RegPath)]); err != nil {
				return err
			}
			continue // which has released the child
		case plan.MarkAlone:
			err = checkAlone(fds, c.child.Pid, c.plan.Paths[c.child.Reg(plan.RegPath)])
		case plan.MarkHooks:
			err = c.createHooks()
		case plan.MarkTerminal:
			err = c.takeTerminal(fds, o.ConsoleSocket)
		case plan.MarkSchedule:
			err = setSchedule(c.child.Pid, c.spec.Process)
		case plan.MarkSetUp: // the state was saved before
			ready = true
			if err = c.cache.Join(c.child.Pid); err == nil && c.plan.RlimitsByParent {
				err = setRlimits(c.child.Pid, c.spec.Process)
			}
			if err == nil && delegates(c.spec) {
				err = c.delegate()
			}
			if err == nil {
				err = sendPidFD(o.PidFDSocket, messageInit, c.child)
			}
			if err == nil && c.announced {
				err = c.runStartContainer()
			}
		case plan.MarkReady:
			return c.publishFifo()
		default:
			err = fmt.Errorf("the container's process reported %q, which means nothing", mark)
		}
		if err != nil {
			return err
		}
		if err := letGo(c.child); err != nil {
			return err
		}
		if mark == plan.MarkSetUp && c.agent != nil {
			if err := c.agent.handOver(c.child.Spin(), c.child.Pid, c.child.PidFD, c.describe(), c.wait); err != nil {
				return err
			}
		}
	}
}

// await waits for the next report. The last thing is the execve, and where that
// is the agent's to decide it has a limit.
func (c *created) await(ready bool) (mark byte, fds []int, err error) {
	if ready && c.fifo < 0 && c.agent != nil {
		return c.filter.awaitExecve(c.child, c.wait, time.Time{})
	}
	if c.foreground {
		return awaitForeground(c.child, time.Time{})
	}
	return c.child.Await()
}

// describe is the container as an agent is shown it.
func (c *created) describe() *Container {
	return &Container{ID: c.id, Bundle: c.state.Bundle, Annotations: c.state.Annotations, Status: StatusCreating, Pid: c.child.Pid}
}

// letGo lets the child go on from its report. It can have been ended meanwhile, by
// whoever has its pidfd (--pidfd-socket).
func letGo(child *nsenter.Child) error {
	err := child.Release()
	if errors.Is(err, unix.EPIPE) {
		return endedEarly(child)
	}
	return err
}

// endedEarly says how a child ended that had not failed by itself.
func endedEarly(child *nsenter.Child) error {
	ws := child.Reap()
	switch {
	case ws.Signaled() && ws.Signal() == unix.SIGKILL:
		return errors.New("the container's process was killed while it was being set up (out of memory? see linux.resources.memory.limit)")
	case ws.Signaled():
		return fmt.Errorf("the container's process was ended by signal %d while it was being set up", int(ws.Signal()))
	}
	return fmt.Errorf("the container's process ended while it was being set up (wait status %#x)", uint32(ws))
}
