package cli

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// receiver waits for descriptors on a socket, as the caller of --pidfd-socket does.
type receiver struct {
	t    *testing.T
	path string
	l    *net.UnixListener
}

func receive(t *testing.T) *receiver {
	t.Helper()
	// Not t.TempDir: the path of a socket has room for 107 bytes.
	dir, err := os.MkdirTemp("", "pidfd")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	must(t, err)
	t.Cleanup(func() { l.Close() })
	return &receiver{t, path, l}
}

// take is the one message and its one descriptor.
func (r *receiver) take() (message string, fd int) {
	r.t.Helper()
	must(r.t, r.l.SetDeadline(time.Now().Add(box.Limit)))
	c, err := r.l.AcceptUnix()
	must(r.t, err)
	defer c.Close()
	must(r.t, c.SetDeadline(time.Now().Add(box.Limit)))
	text, oob := make([]byte, 100), make([]byte, unix.CmsgSpace(4*10))
	n, oobn, _, _, err := c.ReadMsgUnix(text, oob)
	must(r.t, err)
	msgs, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil || len(msgs) != 1 {
		r.t.Fatalf("%d control messages, %v", len(msgs), err)
	}
	fds, err := unix.ParseUnixRights(&msgs[0])
	if err != nil || len(fds) != 1 {
		r.t.Fatalf("%d descriptors, %v", len(fds), err)
	}
	r.t.Cleanup(func() { unix.Close(fds[0]) })
	if more, _ := c.Read(make([]byte, 1)); more != 0 {
		r.t.Errorf("something follows the message %q", text[:n])
	}
	return string(text[:n]), fds[0]
}

// nothing fails the test if somebody has connected.
func (r *receiver) nothing() {
	r.t.Helper()
	must(r.t, r.l.SetDeadline(time.Now().Add(time.Millisecond)))
	if c, err := r.l.Accept(); err == nil {
		c.Close()
		r.t.Error("somebody has connected to the socket")
	}
}

// pidOf is the process that a pidfd refers to (proc_pid_fdinfo(5), Linux 5.4), -1 for one
// that has ended.
func pidOf(t *testing.T, fd int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
	must(t, err)
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "Pid:"); ok {
			pid, err := strconv.Atoi(strings.TrimSpace(value))
			must(t, err)
			return pid
		}
	}
	t.Fatalf("descriptor %d is no pidfd: %q", fd, text)
	return 0
}

// executes waits until the process of a pidfd executes the program of this name.
func executes(t *testing.T, fd int, name string) {
	t.Helper()
	pid := pidOf(t, fd)
	if !box.Eventually(func() bool {
		comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		return string(comm) == name+"\n"
	}) {
		t.Fatalf("process %d does not execute %s", pid, name)
	}
}

// The receiver has the container's process before it is started, and can end it.
func TestPidfdOfCreate(t *testing.T) {
	host := sleeper(t)
	ns := fmt.Sprintf("/proc/%d/ns/pid", host.Up())
	for name, set := range map[string]func(*box.Box){
		"own pid namespace":     func(*box.Box) {},
		"host's pid namespace":  func(b *box.Box) { b.DropNamespace(specs.PIDNamespace) },
		"pid namespace by path": func(b *box.Box) { b.SetNamespace(specs.LinuxNamespace{Type: specs.PIDNamespace, Path: ns}) }, // forks early
		"user namespace": func(b *box.Box) {
			b.SetNamespace(specs.LinuxNamespace{Type: specs.UserNamespace})
			ids := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
			b.Spec.Linux.UIDMappings, b.Spec.Linux.GIDMappings = ids, ids
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, r := sleeper(t), receive(t)
			set(b)
			b.Create("--pidfd-socket", r.path)
			message, fd := r.take()
			pid := b.State().Pid
			if message != "standard" || pidOf(t, fd) != pid {
				t.Errorf("message %q, process %d; expected \"standard\" and %d", message, pidOf(t, fd), pid)
			}
			b.Must("start", b.ID)
			must(t, unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0))
			if status := b.WaitPid(pid); status != 128+9 {
				t.Errorf("exit status %d", status)
			}
			b.WaitFor("stopped")
		})
	}
}

func TestPidfdOfRun(t *testing.T) {
	b, r := sleeper(t), receive(t)
	r2 := b.Run("--detach", "--pidfd-socket="+r.path)
	if r2.Status != 0 {
		t.Fatalf("%+v", r2)
	}
	if message, fd := r.take(); message != "standard" || pidOf(t, fd) != b.State().Pid {
		t.Errorf("message %q, process %d", message, pidOf(t, fd))
	}

	f := box.New(t, "/bin/sleep", "1000")
	must(t, os.WriteFile(filepath.Join(f.Dir, "config.json"), f.Config(), 0o600))
	p := f.Start(nil, "run", "--bundle", f.Dir, "--pidfd-socket", r.path, f.ID)
	_, fd := r.take()
	executes(t, fd, "sleep")
	must(t, unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0))
	if got := p.Wait(); got.Status != 128+9 {
		t.Errorf("%+v", got)
	}
}

// exec sends its own process, not the container's, whether it forks for the pid
// namespace or not.
func TestPidfdOfExec(t *testing.T) {
	for _, own := range []bool{true, false} {
		b, r := sleeper(t), receive(t)
		if !own {
			b.DropNamespace(specs.PIDNamespace)
		}
		init := b.Up()
		pidFile := filepath.Join(t.TempDir(), "pid")
		b.Must("exec", "--detach", "--pid-file", pidFile, "--pidfd-socket", r.path, b.ID, "/bin/sleep", "1000")
		text, err := os.ReadFile(pidFile)
		must(t, err)
		message, fd := r.take()
		if pid := pidOf(t, fd); message != "setns" || strconv.Itoa(pid) != string(text) || pid == init {
			t.Errorf("message %q, process %d; expected \"setns\" and %s, the container's is %d", message, pid, text, init)
		}

		p := b.Start(nil, "exec", "--pidfd-socket", r.path, b.ID, "/bin/sleep", "1000")
		_, fd = r.take()
		executes(t, fd, "sleep")
		must(t, unix.PidfdSendSignal(fd, unix.SIGTERM, nil, 0))
		if got := p.Wait(); got.Status != 128+15 {
			t.Errorf("own pid namespace %v: %+v", own, got)
		}
		if s := b.State().Status; s != "running" {
			t.Errorf("the container is %s", s)
		}
		b.ReapOrphans()
	}
}

// What is wrong with the socket is found before anything is made, or takes back what was.
func TestPidfdSocketErrors(t *testing.T) {
	dead := receive(t)
	dead.l.SetUnlinkOnClose(false)
	dead.l.Close()
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for path, want := range map[string]string{
		file:            "--pidfd-socket: \"" + file + "\": expected a socket",
		file + ".not":   "--pidfd-socket: stat " + file + ".not: no such file or directory",
		dead.path:       "--pidfd-socket: connect to \"" + dead.path + "\": connection refused",
		file + "/below": "--pidfd-socket: stat " + file + "/below: not a directory",
	} {
		for _, verb := range []string{"create", "run"} {
			b := sleeper(t)
			must(t, os.WriteFile(filepath.Join(b.Dir, "config.json"), b.Config(), 0o600))
			r := b.Do(verb, "--bundle", b.Dir, "--pidfd-socket", path, b.ID)
			if r.Status != 1 || r.Stderr != "runseal: "+want+"\n" {
				t.Errorf("%s: status %d, %q; expected %q", verb, r.Status, r.Stderr, want)
			}
			b.NothingLeft()
			if r := b.Do("state", b.ID); r.Status != 1 || !strings.Contains(r.Stderr, "does not exist") {
				t.Errorf("%s has left a container: %+v", verb, r)
			}
		}
		b := sleeper(t)
		b.Up()
		r := b.Do("exec", "--detach", "--pidfd-socket", path, b.ID, "/bin/sleep", "1000")
		if r.Status != 255 || r.Stderr != "runseal: "+want+"\n" {
			t.Errorf("exec: status %d, %q; expected %q", r.Status, r.Stderr, want)
		}
		if r := b.Must("ps", "--format", "json", b.ID); strings.Contains(r.Stdout, ",") {
			t.Errorf("exec has left a process: %s", r.Stdout)
		}
	}
	// A container that cannot be made is nothing to tell the receiver of.
	b, r := sleeper(t), receive(t)
	b.Spec.Process.Args = []string{"/no/such/program"}
	if got := b.TryCreate("--pidfd-socket", r.path).Wait(); got.Status != 1 {
		t.Errorf("%+v", got)
	}
	r.nothing()
}
