//go:build linux && amd64

package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/seccomp/notify"
)

// raw accepts a connection and returns what comes: the messages, and the descriptors
// with each.
func (a *agent) raw() (text []byte, fds []int) {
	a.t.Helper()
	a.SetDeadline(time.Now().Add(20 * time.Second))
	conn, err := a.AcceptUnix()
	if err != nil {
		a.t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	buf, oob := make([]byte, 1<<20), make([]byte, 1024)
	for {
		n, oobn, _, _, err := conn.ReadMsgUnix(buf, oob)
		if errors.Is(err, io.EOF) || err == nil && n == 0 {
			return text, fds
		}
		if err != nil {
			a.t.Fatal(err)
		}
		text = append(text, buf[:n]...)
		if oobn > 0 {
			msgs, err := unix.ParseSocketControlMessage(oob[:oobn])
			if err != nil || len(msgs) != 1 {
				a.t.Fatalf("%d control messages, %v", len(msgs), err)
			}
			got, err := unix.ParseUnixRights(&msgs[0])
			if err != nil {
				a.t.Fatal(err)
			}
			fds = append(fds, got...)
		}
	}
}

// TestState compares everything that is sent with the specification's structure.
func TestState(t *testing.T) {
	a := listen(t)
	b := container(t, a.path, wait, "rmdir")
	b.Spec.Annotations = map[string]string{"org.example.a": "1", "b": "\"quoted\"\n"}
	b.Spec.Linux.Seccomp.ListenerMetadata = "MKNOD=/dev/null; \"text\""
	check := func(status specs.ContainerState, pid, container int) *notify.Listener {
		t.Helper()
		text, fds := a.raw()
		if len(fds) != 1 {
			t.Fatalf("%d descriptors, want 1", len(fds))
		}
		l, err := notify.NewListener(fds[0])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		if name, err := os.Readlink("/proc/self/fd/" + itoa(fds[0])); err != nil || name != "anon_inode:seccomp notify" {
			t.Errorf("the descriptor is %q, %v", name, err)
		}
		var got specs.ContainerProcessState
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields() // so that nothing else is there
		if err := dec.Decode(&got); err != nil || dec.More() {
			t.Fatalf("%s: %v", text, err)
		}
		if pid == 0 { // nobody can know it before: it must be one that waits for the test
			pid, container = got.Pid, got.Pid
			if parent := parentOf(t, pid); !slices.Contains(b.Processes(), parent) {
				t.Errorf("pid %d has the parent %d, which is no runseal", pid, parent)
			}
		}
		want := specs.ContainerProcessState{
			Version: specs.Version, Fds: []string{"seccompFd"}, Pid: pid, Metadata: b.Spec.Linux.Seccomp.ListenerMetadata,
			State: specs.State{
				Version: specs.Version, ID: b.ID, Status: status, Pid: container, Bundle: b.Dir, Annotations: b.Spec.Annotations,
			},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nwant %+v", text, want)
		}
		return l
	}

	b.Create()
	pid := b.State().Pid
	page := filepath.Join(b.Root, b.ID, "seal.page")
	if st, err := os.Stat(page); err != nil || st.Mode() != 0o600 {
		t.Errorf("created: %v, %v", st, err)
	}
	b.Must("start", b.ID)
	check(specs.StateCreated, pid, pid)
	if files, err := os.ReadDir(filepath.Dir(page)); err != nil || len(files) != 2 || files[0].Name() != "cgroup.json" || files[1].Name() != "state.json" {
		t.Errorf("started: the state directory holds %v, %v; want cgroup.json and state.json alone", files, err)
	}
	// The page goes with the execve.
	var maps []byte
	if !box.Eventually(func() bool {
		maps, _ = os.ReadFile("/proc/" + itoa(pid) + "/maps")
		return len(maps) > 0 && !bytes.Contains(maps, []byte("seal.page"))
	}) {
		t.Errorf("mappings of the container's process:\n%s", maps)
	}

	pidFile := filepath.Join(t.TempDir(), "pid")
	b.Must("exec", "--detach", "--pid-file", pidFile, b.ID, "/prog")
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	second := atoi(t, string(text))
	check(specs.StateRunning, second, pid)
	if err := unix.Kill(second, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.WaitPid(second)
	b.Must("kill", b.ID, "KILL")
	b.WaitPid(pid)
	b.Must("delete", b.ID)

	// A member that is empty is absent. The process waits for the agent in its execve, so
	// that its parent is still to be seen.
	b.Spec.Linux.Seccomp.ListenerMetadata, b.Spec.Annotations = "", nil
	b.Spec.Linux.Seccomp.Syscalls = []specs.LinuxSyscall{box.Rule(specs.ActNotify, "execve")}
	done := make(chan box.Result, 1)
	go func() { done <- b.Run() }()
	p := &process{check("creating", 0, 0), nil}
	if err := p.RespondErrno(p.receive(t).ID, unix.ENOMEM); err != nil {
		t.Error(err)
	}
	if r := <-done; r.Status == 0 || !strings.Contains(r.Stderr, "execve: cannot allocate memory") {
		t.Errorf("run: %+v", r)
	}
}

func parentOf(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile("/proc/" + itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	return atoi(t, fields[1])
}

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(t *testing.T, s string) (n int) {
	t.Helper()
	if err := json.Unmarshal([]byte(s), &n); err != nil {
		t.Fatal(err)
	}
	return n
}
