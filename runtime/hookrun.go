package runtime

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/signals"
	"github.com/runseal/runseal/runtime/state"
)

// hook is one hook on its way.
type hook struct {
	plan.Hook
	timeout time.Duration // 0: none
	end     time.Time     // of the timeout
}

// onHost runs the hook in the runtime's own namespaces; c is what it is told. If config.json
// has no environment for it, it is the runtime's: hooks were written where they get that.
func (k *hook) onHost(c *Container) error {
	if k.Env == nil {
		k.Env = os.Environ()
	}
	p, err := plan.RuntimeHook(&k.Hook)
	if err != nil {
		return err
	}
	return k.run(c, func(fds map[nsenter.Reg]int) (*nsenter.Child, error) {
		child, err := nsenter.Start(p, nsenter.Clone{Cgroup: -1, FDs: fds, Keep: 3})
		if err != nil {
			return nil, err
		}
		if _, _, err := awaitUntil(child, k.end); err != nil {
			k.kill(child)
			child.Close()
			return nil, err
		}
		return child, nil
	})
}

// entry is how a hook gets into a container.
type entry struct {
	state     *state.State
	init      int // pidfd of the container's process
	container *Container
	process   *specs.Process // whose limits it gets; nil: none
	filter    *filter        // nil: none
	wait      *patience      // for the filter's agent
	plan      func(way *entrance) (*plan.Plan, error)
}

// inContainer runs the hook in a container's namespaces and cgroup.
func (k *hook) inContainer(e *entry) error {
	pid, err := pidInside(e.container.Pid)
	if err != nil {
		return fmt.Errorf("%s: %w", k.Field, err)
	}
	inside := *e.container
	inside.Pid = pid
	root, err := openRoot(e.container.Pid)
	if err != nil {
		return fmt.Errorf("%s: %w", k.Field, err)
	}
	defer unix.Close(root)
	way, err := enter(e.state, "", true)
	if err != nil {
		return fmt.Errorf("%s: %w", k.Field, err)
	}
	// It would be waited for without a limit.
	if err := way.cgroup.CheckThawed(); err != nil {
		return fmt.Errorf("%s: %w", k.Field, err)
	}
	p, err := e.plan(way)
	if err != nil {
		return err
	}
	a, err := e.filter.agent(false, e.wait)
	if err != nil {
		return err
	}
	defer a.close()
	x := &execution{plan: p, process: e.process, filter: e.filter, agent: a, wait: e.wait, container: e.container, end: k.end}
	return k.run(&inside, func(fds map[nsenter.Reg]int) (*nsenter.Child, error) {
		fds[plan.RegPidFD], fds[plan.RegRoot] = e.init, root
		x.end = k.end
		child, _, err := x.start(way, nsenter.Clone{Cgroup: -1, FDs: fds, Keep: 3})
		return child, err
	})
}

// run starts the hook, serves its standard streams and waits for its end. What it
// leaves running lives on, unless its time is over.
func (k *hook) run(c *Container, start func(fds map[nsenter.Reg]int) (*nsenter.Child, error)) error {
	defer lockThread()()
	if k.timeout > 0 {
		k.end = time.Now().Add(k.timeout)
	}
	s, err := openStreams()
	if err != nil {
		return fmt.Errorf("%s: %w", k.Field, err)
	}
	defer s.close()
	child, err := start(map[nsenter.Reg]int{plan.RegStdin: s.in[0], plan.RegStdout: s.out.pipe[1], plan.RegStderr: s.err.pipe[1]})
	if k.over(err) {
		return k.late(s)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", k.Field, err)
	}
	defer child.Close()
	signals.To(child.PidFD)
	err = s.serve(child.PidFD, c.appendState(nil, false, false), k.end)
	signals.To(-1)
	if err != nil {
		k.kill(child)
		if k.over(err) {
			return k.late(s)
		}
		return fmt.Errorf("%s: %w", k.Field, err)
	}
	switch ws := child.Reap(); {
	case ws.Signaled():
		return fmt.Errorf("%s: %q was ended by signal %d (%v)%s", k.Field, k.Path, int(ws.Signal()), ws.Signal(), s.said())
	case ws.ExitStatus() != 0:
		return fmt.Errorf("%s: %q has ended with exit status %d%s", k.Field, k.Path, ws.ExitStatus(), s.said())
	}
	return nil
}

// kill ends the hook and, as far as they have not made a session or a process group of
// their own, the processes that it has started.
func (k *hook) kill(child *nsenter.Child) {
	// Not reaped yet: no other group has its number. There may be none so early.
	_ = unix.Kill(-child.Pid, unix.SIGKILL)
	child.Kill()
}

// over says whether err is that of the timeout.
func (k *hook) over(err error) bool {
	return !k.end.IsZero() && time.Now().After(k.end) && errors.Is(err, os.ErrDeadlineExceeded)
}

// late is the error of a hook that was killed because its time was over.
func (k *hook) late(s *streams) error {
	return fmt.Errorf("%s.timeout: %q has not ended within %s s and was killed%s", k.Field, k.Path, strconv.Itoa(int(k.timeout/time.Second)), s.said())
}
