package cri

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/runtime/policy"
)

// probe makes two calls that need no privilege and change nothing with arguments of zero:
// containerd's default profile refuses the first (without CAP_SYS_ADMIN) and allows the
// second.
var probe = fmt.Sprintf("echo $(grep ^Seccomp: /proc/self/status) unshare $(call %d) personality $(call %d)", unix.SYS_UNSHARE, unix.SYS_PERSONALITY)

// seen is what probe prints.
func seen(mode int, unshare, personality string) string {
	return fmt.Sprintf("Seccomp: %d unshare %s personality %s", mode, unshare, personality)
}

// An expectation is about a pod that starts.
type expectation struct {
	pod
	seen     string
	decision string // of the node policy about the container; empty without a policy
	sandbox  string // and about the sandbox
}

func (n *node) each(t *testing.T, list []expectation) {
	for _, x := range list {
		t.Run(x.name(), func(t *testing.T) {
			t.Parallel()
			n.mustRun(t, x.pod).expect(x.seen, x.decision, x.sandbox)
		})
	}
}

// A refusal is about a pod that does not start.
type refusal struct {
	pod
	call string // of the CRI, which fails
	line string // of runseal, without "node policy FILE: "
}

func (n *node) refuse(t *testing.T, list []refusal) {
	for _, x := range list {
		t.Run(x.name(), func(t *testing.T) {
			t.Parallel()
			r, err := n.run(t, x.pod)
			call := "StartContainer"
			if r == nil {
				call = "RunPodSandbox"
			}
			// containerd adds a gRPC code to the end.
			want := fmt.Sprintf("OCI runtime create failed: node policy %s: %s: unknown", n.policyPath(x.handler), x.line)
			if err == nil || call != x.call || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%s: %v; expected %s to fail with %s", call, err, x.call, want)
			}
		})
	}
}

// expect compares what the container's first process has seen, what a process of
// ExecSync sees, and what the kernel says about the first; and where the decision is kept.
func (r *running) expect(want, decision, sandbox string) {
	r.t.Helper()
	if first := r.output(); first != want {
		r.t.Errorf("the first process: %q, expected %q", first, want)
	}
	e, err := call(r.ExecSync, &cri.ExecSyncRequest{ContainerId: r.container, Cmd: []string{"/bin/sh", "-c", probe}, Timeout: 20})
	if err != nil {
		r.t.Error(err)
	} else if string(e.Stdout) != want+"\n" || len(e.Stderr) > 0 {
		r.t.Errorf("ExecSync: %q, standard error %q; expected %q", e.Stdout, e.Stderr, want)
	}
	for _, c := range []struct{ what, id, decision string }{{"container", r.container, decision}, {"sandbox", r.sandbox, sandbox}} {
		s := r.state(c.id)
		if got := s.Annotations[policy.Annotation]; got != c.decision {
			r.t.Errorf("%s: annotation %q, expected %q", c.what, got, c.decision)
		}
		var log []string
		if c.decision != "" {
			log = []string{"node policy " + r.policyPath(r.handler) + ": " + c.decision}
		}
		if got := r.informed(c.id); !slices.Equal(got, log) {
			r.t.Errorf("%s: log %q, expected %q", c.what, got, log)
		}
		mode := "2"
		switch {
		case c.id == r.container:
			mode = strings.Fields(want)[1]
		case r.seccomp == privileged && (sandbox == "" || strings.HasPrefix(sandbox, "exempt")):
			mode = "0"
		}
		if got := seccompMode(r.t, s.Pid); got != mode {
			r.t.Errorf("%s: Seccomp %s in /proc/PID/status, expected %s", c.what, got, mode)
		}
	}
}

// output is the first line that the container's first process has written.
func (r *running) output() string {
	r.t.Helper()
	s, err := call(r.ContainerStatus, &cri.ContainerStatusRequest{ContainerId: r.container})
	if err != nil {
		r.t.Fatal(err)
	}
	var line string
	box.Eventually(func() bool {
		data, _ := os.ReadFile(s.Status.LogPath)
		var full bool
		line, _, full = strings.Cut(string(data), "\n")
		return full
	})
	// CRI's format of logs: time, stream, F for a line's end.
	_, text, ok := strings.Cut(line, " stdout F ")
	if !ok {
		r.t.Errorf("%s: %q, expected a line of standard output", s.Status.LogPath, line)
	}
	return text
}

// informed are the messages of level info in the log that the shim has given to the
// runtime. It is in the shim's directory and goes with the container.
func (r *running) informed(id string) (list []string) {
	r.t.Helper()
	files, _ := filepath.Glob(r.Path("state/io.containerd.runtime.v2.task/k8s.io/" + id + "/log.json"))
	if len(files) != 1 {
		r.t.Fatalf("container %s has logs %q, expected one", id, files)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		r.t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var entry struct{ Level, Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			r.t.Errorf("%s: %q: %v", files[0], line, err)
		}
		if entry.Level == "info" {
			list = append(list, entry.Msg)
		}
	}
	return list
}

var modeLine = regexp.MustCompile(`(?m)^Seccomp:\s+(\d)$`)

// seccompMode is Seccomp in /proc/PID/status.
func seccompMode(t *testing.T, pid int) string {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := modeLine.FindSubmatch(data)
	if m == nil {
		t.Fatalf("no Seccomp in %s", data)
	}
	return string(m[1])
}

// state is that of the runtime.
type state struct {
	Pid         int
	Annotations map[string]string
}

func (r *running) state(id string) state {
	r.t.Helper()
	return stateOf(r.t, box.Binary(), r.Path("runtime/k8s.io"), id)
}

func stateOf(t testing.TB, binary, root, id string) (s state) {
	t.Helper()
	cmd := exec.Command(binary, "--root", root, "state", id)
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &s)
	}
	if err != nil {
		t.Fatalf("%v: %v: %s", cmd, err, out)
	}
	return s
}
