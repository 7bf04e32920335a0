package runtime

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/spec/jsonw"
)

const (
	// sealLimit is for the way of a process that was let go to its seal.
	sealLimit = 8 * time.Second
	// exitLimit is how often, while an execve takes its time, it is looked at whether it
	// has failed.
	exitLimit = 500 * time.Millisecond
)

// agent is a connection to the socket that takes the listener of a filter with
// SCMP_ACT_NOTIFY.
type agent struct {
	path, metadata string
	fd             int
}

// checkListener makes sure that listenerPath can be connected to, as far as that
// can be known without doing it.
func checkListener(sc *specs.LinuxSeccomp) error {
	const field = "linux.seccomp.listenerPath"
	path := sc.ListenerPath
	if !filepath.IsAbs(path) {
		return fmt.Errorf("%s: %q: expected an absolute path", field, path)
	}
	var st unix.Stat_t
	if limit := len(unix.RawSockaddrUnix{}.Path) - 1; len(path) > limit {
		return fmt.Errorf("%s: %d bytes, expected at most %d, the limit of a socket's address", field, len(path), limit)
	}
	if err := unix.Stat(path, &st); err != nil {
		return fmt.Errorf("%s: %w", field, &os.PathError{Op: "stat", Path: path, Err: err})
	}
	if st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return fmt.Errorf("%s: %q: expected a socket", field, path)
	}
	return nil
}

// dialAgent connects. An agent that is slow to accept does not matter; one whose
// queue of connections stays full is given up.
func dialAgent(sc *specs.LinuxSeccomp, p *patience) (*agent, error) {
	if err := checkListener(sc); err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("linux.seccomp.listenerPath: %w", err)
	}
	a := &agent{path: sc.ListenerPath, metadata: sc.ListenerMetadata, fd: fd}
	end, done := p.begin()
	defer done()
	for pause := time.Millisecond; ; {
		err := unix.Connect(fd, &unix.SockaddrUnix{Name: a.path})
		switch {
		case err == nil:
			return a, nil
		case err == unix.EINTR:
			continue
		case err != unix.EAGAIN: // which is a full queue, see connect(2)
			a.close()
			return nil, fmt.Errorf("linux.seccomp.listenerPath: connect to %q: %w", a.path, err)
		case time.Now().After(end):
			a.close()
			return nil, impatient("accepted a connection to %q, whose queue is full,", a.path)
		}
		time.Sleep(pause)
		pause = min(2*pause, 50*time.Millisecond)
	}
}

// agent connects to the agent if the filter has a listener; with later, where start
// does that, it only looks whether the socket is there. A nil filter has none.
func (f *filter) agent(later bool, p *patience) (*agent, error) {
	switch {
	case f == nil || !f.Listener():
		return nil, nil
	case later:
		return nil, checkListener(f.profile)
	}
	return dialAgent(f.profile, p)
}

// awaitExecve is Await for a child that was handed over and then executes its
// program, which takes patience where the execve is the agent's to decide. The exit
// of a child whose execve has failed can be the agent's too: it is not waited for. The error
// wraps os.ErrDeadlineExceeded at limit, if that is not zero.
func (f *filter) awaitExecve(child *nsenter.Child, p *patience, limit time.Time) (mark byte, fds []int, err error) {
	end, done := p.begin()
	if f.execve {
		defer done()
	}
	for {
		wait := exitLimit
		if !limit.IsZero() {
			wait = min(wait, time.Until(limit))
		}
		mark, fds, err = child.AwaitWithin(wait)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return mark, fds, err
		}
		if failed := child.Failure(); failed != nil {
			return 0, nil, failed
		}
		switch now := time.Now(); {
		case !limit.IsZero() && now.After(limit):
			return 0, nil, err
		case f.execve && now.After(end):
			return 0, nil, errUndecided()
		}
	}
}

func errUndecided() error { return impatient("decided on the execve of the container's program") }

// close is also for an agent that was never needed.
func (a *agent) close() {
	if a != nil && a.fd >= 0 {
		unix.Close(a.fd)
		a.fd = -1
	}
}

// handOver waits until the process has its filter, takes the listener out of
// it, sends it to the agent and lets the process go on. c is the container, pid
// the process, which in exec is not c's. The connection is closed in any case; after
// an error the process must be killed: it waits.
func (a *agent) handOver(spin *nsenter.Spin, pid, pidfd int, c *Container, p *patience) error {
	defer a.close()
	unguard, err := spin.Guard()
	if err != nil {
		return err
	}
	defer unguard()
	if err := spin.Await(sealLimit); errors.Is(err, nsenter.ErrEnded) {
		return errKilledAtSeal
	} else if err != nil {
		return err
	}
	listener, err := unix.PidfdGetfd(pidfd, int(spin.Reg(plan.RegListener)), 0)
	switch err {
	case nil:
	case unix.ESRCH:
		return errKilledAtSeal
	case unix.EPERM:
		return fmt.Errorf("linux.seccomp: take the listener from process %d: pidfd_getfd: %w (needs CAP_SYS_PTRACE, and kernel.yama.ptrace_scope below 3)", pid, err)
	default:
		return fmt.Errorf("linux.seccomp: take the listener from process %d: pidfd_getfd: %w%s", pid, err, nsenter.Missing("pidfd_getfd", err))
	}
	defer unix.Close(listener)
	if err := a.send(processState(pid, a.metadata, c), listener, pidfd, p); err != nil {
		return err
	}
	spin.Release()
	return nil
}

var errKilledAtSeal = errors.New("the container's process was killed before its program was executed")

// send sends data, with the listener beside its first byte.
func (a *agent) send(data []byte, listener, pidfd int, p *patience) error {
	end, done := p.begin()
	defer done()
	rights := unix.UnixRights(listener)
	for len(data) > 0 {
		n, err := unix.SendmsgN(a.fd, data, rights, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
		switch {
		case err == nil:
			data, rights = data[n:], nil
		case err == unix.EINTR:
		case err != unix.EAGAIN:
			return fmt.Errorf("linux.seccomp.listenerPath: send the listener to %q: %w", a.path, err)
		default:
			if err := a.wait(pidfd, end); err != nil {
				return err
			}
		}
	}
	return nil
}

// wait waits until the agent has read something.
func (a *agent) wait(pidfd int, end time.Time) error {
	left := time.Until(end)
	if left <= 0 {
		return impatient("read the listener that was sent to %q", a.path)
	}
	fds := []unix.PollFd{{Fd: int32(a.fd), Events: unix.POLLOUT}, {Fd: int32(pidfd), Events: unix.POLLIN}}
	if _, err := unix.Poll(fds, int(left/time.Millisecond)+1); err != nil && err != unix.EINTR {
		return fmt.Errorf("linux.seccomp.listenerPath: wait for %q: %w", a.path, err)
	}
	if fds[1].Revents != 0 {
		return errKilledAtSeal
	}
	return nil
}

// processState is the ContainerProcessState of the runtime specification
// (config-linux.md, "The Container Process State") for one listener.
func processState(pid int, metadata string, c *Container) []byte {
	b := append(make([]byte, 0, 1024), '{')
	b = jsonw.AppendString(jsonw.AppendName(b, "ociVersion"), spec.SpecVersion)
	b = jsonw.AppendStrings(jsonw.AppendName(b, "fds"), []string{specs.SeccompFdName})
	b = jsonw.AppendInt(jsonw.AppendName(b, "pid"), pid)
	if metadata != "" {
		b = jsonw.AppendString(jsonw.AppendName(b, "metadata"), metadata)
	}
	b = c.appendState(jsonw.AppendName(b, "state"), false, false)
	return append(b, '}')
}
