package contract

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/room"
	"github.com/runseal/runseal/seccomp/notify"
)

// features and --version come without global flags, and their output is all that an engine
// reads: containerd 2 standard output, CRI-O both streams.
func TestFeaturesAndVersion(t *testing.T) {
	each(t, func(t *testing.T, c *call) {
		r := c.plain(nil, "features")
		var f struct {
			OCIVersionMin, OCIVersionMax string
			MountOptions                 []string
			Linux                        struct {
				MountExtensions struct{ IDMap struct{ Enabled bool } }
			}
		}
		if err := json.Unmarshal([]byte(r.Stdout+r.Stderr), &f); err != nil {
			t.Fatalf("features: %v in %q", err, r.Stdout+r.Stderr)
		}
		if f.OCIVersionMin == "" || f.OCIVersionMax == "" || !slices.Contains(f.MountOptions, "rro") || !f.Linux.MountExtensions.IDMap.Enabled {
			t.Errorf("features: %+v", f)
		}
		// Docker takes the version after a word "version", and the commit and spec lines.
		r = c.plain(nil, "--version")
		if first, rest, _ := strings.Cut(r.Stdout, "\n"); r.Status != 0 || r.Stderr != "" || !strings.HasPrefix(first, "runseal version ") || !strings.Contains(rest, "spec: 1.") {
			t.Errorf("--version: exit status %d, %q, stderr %q", r.Status, r.Stdout, r.Stderr)
		}
	})
}

// CRI-O's streaming exec: `terminal` without a console socket, and a terminal on standard
// input. The runtime makes a terminal of the container's own and copies between the two.
func TestForegroundExecWithTerminal(t *testing.T) {
	b := box.New(t, "/bin/sleep", "600")
	b.Up()
	process, err := json.Marshal(specs.Process{
		Args: []string{"/bin/sh", "-c", "tty; stty size; read x; echo got $x; exit 9"}, Cwd: "/", Terminal: true, Env: []string{path, b.Mark()},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "process.json")
	if err := os.WriteFile(file, process, 0o600); err != nil {
		t.Fatal(err)
	}
	term := room.Command{Argv: []string{"/usr/bin/env", "-i", path, box.Binary(), "--root=" + b.Root, "exec", "--process", file, b.ID}}.Terminal(t, func() string { return "" })
	term.Sees("/dev/pts/0\n24 80\n")
	term.Type("there\r")
	if r := term.Wait(); r.Status != 9 || !strings.HasSuffix(r.Stdout, "got there\n") {
		t.Errorf("exit status %d, the terminal shows %q", r.Status, r.Stdout)
	}
}

// CRI-O turns an annotation into linux.seccomp.listenerPath and -Metadata, takes the
// listeners of all of a container's processes there, and tells by the state which one it is.
func TestNotifierOfCRIO(t *testing.T) {
	dir, err := os.MkdirTemp("", "seal-crio-") // the address of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "sock"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	b := box.New(t, "/bin/sh", "-c", "echo > /ready; while :; do sleep 0.02; done")
	b.Spec.Annotations = map[string]string{"io.kubernetes.cri-o.seccompNotifierAction": "stop"}
	b.Spec.Linux.Seccomp = box.Seccomp(specs.ActAllow, box.Rule(specs.ActNotify, "swapoff"))
	b.Spec.Linux.Seccomp.ListenerPath, b.Spec.Linux.Seccomp.ListenerMetadata = socket.Addr().String(), "the container"
	type taken struct {
		state *specs.ContainerProcessState
		err   error
	}
	states := make(chan taken)
	take := func() {
		socket.SetDeadline(time.Now().Add(box.Limit))
		conn, err := socket.AcceptUnix()
		if err != nil {
			states <- taken{err: err}
			return
		}
		defer conn.Close()
		state, fd, err := notify.ReadHandover(conn)
		if err == nil {
			var l *notify.Listener
			if l, err = notify.NewListener(fd); err == nil {
				defer l.Close()
			}
		}
		states <- taken{state, err}
	}
	go take()
	pid := b.Up()
	go func() {
		got := <-states
		if got.err != nil || got.state.Pid != pid || got.state.Metadata != "the container" || got.state.State.ID != b.ID ||
			got.state.State.Annotations["io.kubernetes.cri-o.seccompNotifierAction"] != "stop" {
			t.Errorf("the first process: %+v, %v", got.state, got.err)
		}
		take()
	}()
	if r := b.Do("exec", b.ID, "/bin/echo", "hi"); r.Status != 0 || r.Stdout != "hi\n" {
		t.Errorf("exec: exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
	if got := <-states; got.err != nil || got.state.Metadata != "the container" || got.state.Pid == pid {
		t.Errorf("a process of exec: %+v, %v", got.state, got.err)
	}
}
