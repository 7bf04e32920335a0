package cri

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/internal/box"
)

// info is what containerd adds to a status that is asked for verbosely, in JSON: `crictl
// inspect` shows it.
type info struct {
	Pid         int
	RuntimeSpec specs.Spec
}

// status is nil for a container that there is not.
func (n *node) status(t testing.TB, id string) (*cri.ContainerStatus, info) {
	t.Helper()
	s, err := call(n.ContainerStatus, &cri.ContainerStatusRequest{ContainerId: id, Verbose: true})
	if err != nil {
		if status.Code(err) == codes.NotFound {
			return nil, info{}
		}
		t.Fatal(err)
	}
	var i info
	if err := json.Unmarshal([]byte(s.Info["info"]), &i); err != nil {
		t.Fatalf("info of %s: %v in %q", id, err, s.Info["info"])
	}
	return s.Status, i
}

// pid is the first process of a container that runs.
func (n *node) pid(t testing.TB, id string) int {
	t.Helper()
	s, i := n.status(t, id)
	if i.Pid == 0 {
		t.Fatalf("container %s has no pid: %v", id, s)
	}
	return i.Pid
}

// sandboxPid is the first process of a pod.
func (s *sandbox) pid(t testing.TB) int {
	t.Helper()
	r, err := call(s.PodSandboxStatus, &cri.PodSandboxStatusRequest{PodSandboxId: s.id, Verbose: true})
	if err != nil {
		t.Fatal(err)
	}
	var i info
	if err := json.Unmarshal([]byte(r.Info["info"]), &i); err != nil || i.Pid == 0 {
		t.Fatalf("info of %s: %v, %v", s.id, err, r.Info)
	}
	return i.Pid
}

// ended waits for the end of a container.
func (n *node) ended(t testing.TB, id string) *cri.ContainerStatus {
	t.Helper()
	var last *cri.ContainerStatus
	if !box.Eventually(func() bool {
		last, _ = n.status(t, id)
		return last != nil && last.State == cri.ContainerState_CONTAINER_EXITED
	}) {
		t.Fatalf("the container has not ended: %v", last)
	}
	return last
}

// output is what a container that has ended has written, from its log in CRI's format:
// time, stream, F for the end of a line or P, text. The log does not tell whether the last
// line has an end; it gets one here.
func (n *node) output(t testing.TB, id string) (stdout, stderr string) {
	t.Helper()
	s, _ := n.status(t, id)
	if !box.Eventually(func() bool { return !n.writes(s.LogPath) }) {
		t.Errorf("containerd still writes %s", s.LogPath)
	}
	data, err := os.ReadFile(s.LogPath)
	if err != nil {
		t.Fatal(err)
	}
	var streams [2]strings.Builder
	for line := range strings.Lines(string(data)) {
		f := strings.SplitN(line, " ", 4)
		if len(f) != 4 {
			t.Fatalf("%s: %q is no line of a log", s.LogPath, line)
		}
		to := &streams[0]
		if f[1] == "stderr" {
			to = &streams[1]
		}
		if f[2] != "F" {
			f[3] = strings.TrimSuffix(f[3], "\n")
		}
		to.WriteString(f[3])
	}
	return streams[0].String(), streams[1].String()
}

// writes tells whether the daemon has a file open: it closes a log when it has written
// all of it, which may be after the container's end.
func (n *node) writes(name string) bool {
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", n.Process().Pid()))
	for _, fd := range fds {
		if to, _ := os.Readlink(fd); to == name {
			return true
		}
	}
	return false
}

// processes are those of a container, from its cgroup, as the kubelet's cAdvisor finds them.
func (n *node) processes(t testing.TB, id string) []int {
	t.Helper()
	_, i := n.status(t, id)
	var pids []int
	for _, dir := range []string{"/sys/fs/cgroup/pids", "/sys/fs/cgroup"} {
		data, err := os.ReadFile(filepath.Join(dir, i.RuntimeSpec.Linux.CgroupsPath, "cgroup.procs"))
		if err != nil {
			continue
		}
		for _, f := range strings.Fields(string(data)) {
			var pid int
			fmt.Sscan(f, &pid)
			pids = append(pids, pid)
		}
		return pids
	}
	return nil
}
