package notify

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/notify"
)

// agent is a socket for listenerPath.
type agent struct {
	t    *testing.T
	path string
	*net.UnixListener
}

// listen makes a socket. Its path is short, as the address of a socket must be.
func listen(t *testing.T) *agent {
	t.Helper()
	dir, err := os.MkdirTemp("", "seal-agent-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	a := &agent{t: t, path: filepath.Join(dir, "sock")}
	a.open()
	return a
}

func (a *agent) open() {
	a.t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: a.path, Net: "unix"})
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { l.Close() })
	a.UnixListener = l
}

// process is one process that has the filter.
type process struct {
	*notify.Listener
	state *specs.ContainerProcessState
}

// take accepts one connection and reads what the runtime sends.
func (a *agent) take() *process {
	a.t.Helper()
	p, err := a.tryTake()
	if err != nil {
		a.t.Fatal(err)
	}
	return p
}

func (a *agent) tryTake() (*process, error) {
	a.SetDeadline(time.Now().Add(20 * time.Second))
	conn, err := a.AcceptUnix()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	s, fd, err := notify.ReadHandover(conn)
	if err != nil {
		return nil, err
	}
	l, err := notify.NewListener(fd)
	if err != nil {
		return nil, err
	}
	a.t.Cleanup(func() { l.Close() })
	return &process{l, s}, nil
}

// accepted is a connection on which the first part of a message is, unread.
func (a *agent) accepted() *net.UnixConn {
	a.t.Helper()
	end := time.Now().Add(20 * time.Second)
	a.SetDeadline(end)
	conn, err := a.AcceptUnix()
	if err != nil {
		a.t.Fatal(err)
	}
	conn.SetReadDeadline(end)
	raw, err := conn.SyscallConn()
	if err != nil {
		a.t.Fatal(err)
	}
	if err := raw.Read(func(fd uintptr) bool {
		_, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		return err != unix.EAGAIN
	}); err != nil {
		a.t.Fatal(err)
	}
	return conn
}

// receive waits for a call.
func (p *process) receive(t *testing.T) *notify.Notification {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	n, err := p.Receive(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// serve answers in the background what n processes ask, each until its end. The
// function that it returns waits for that, and for nothing before: it is called when the
// container has ended, and gives the states.
func (a *agent) serve(n int, answer func(*process, *notify.Notification) error) (done func() []*specs.ContainerProcessState) {
	var all sync.WaitGroup
	states := make([]*specs.ContainerProcessState, n)
	all.Go(func() {
		for i := range n {
			p, err := a.tryTake()
			if err != nil {
				a.t.Errorf("agent: %v", err)
				return
			}
			states[i] = p.state
			all.Go(func() { a.answer(p, answer) })
		}
	})
	return func() []*specs.ContainerProcessState {
		a.t.Helper()
		ended := make(chan struct{})
		go func() {
			all.Wait()
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			a.t.Fatal("agent: a process with the filter is still there")
		}
		return states
	}
}

func (a *agent) answer(p *process, answer func(*process, *notify.Notification) error) {
	defer p.Close()
	for {
		n, err := p.Receive(context.Background())
		if err == io.EOF {
			return
		}
		if err == nil {
			err = answer(p, n)
		}
		if err != nil && !errors.Is(err, notify.ErrGone) {
			a.t.Errorf("agent: %v", err)
			return
		}
	}
}

func sleep(ms int) { time.Sleep(time.Duration(ms) * time.Millisecond) }
