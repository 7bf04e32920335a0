package cri

import (
	"fmt"
	"maps"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/room"
)

// An engine drives the scenarios by calls: each container has a pod, which stays for
// later containers with the same id until it is destroyed.
type engine struct {
	*node
	mu   sync.Mutex
	pods map[string]*sandbox // by the scenario's id
	ids  map[string]string   // of containers
}

func TestScenarios(t *testing.T) {
	n := start(t, both, nil)
	scenario.Test(t, &engine{node: n, pods: map[string]*sandbox{}, ids: map[string]string{}})
}

func (*engine) Name() string { return "cri" }

func (*engine) Lacks() map[string]string {
	return map[string]string{
		"pause":                    "the kubelet does not pause containers, and CRI has no call for it",
		"user namespace":           "containerd has pods with user namespaces since 1.7, and CRI none of a container",
		"extra fds":                "no call passes descriptors",
		"exec: user and directory": "ExecSync and Exec have neither: it is the container's",
		"exec: detached errors":    "there is no detached exec; a shell in the container leaves the process behind",
	}
}

// failed is a call's error as a result.
func failed(err error) room.Result {
	if err == nil {
		return room.Result{}
	}
	return room.Result{Status: 1, Stderr: err.Error()}
}

// launch creates and starts a container, in the pod of the one whose processes it sees.
func (e *engine) launch(c scenario.Container) (string, error) {
	in := c.ID
	if c.PidOf != "" {
		in = c.PidOf
	}
	s, id := e.of(in)
	if s == nil {
		var err error
		if s, err = e.sandbox(c.Runtime, in, func(p *cri.PodSandboxConfig) {
			p.Linux.SecurityContext.Privileged = c.Privileged
		}); err != nil {
			return "", err
		}
		e.mu.Lock()
		e.pods[in] = s
		e.mu.Unlock()
	}
	id, err := s.launch(c.Argv, func(k *cri.ContainerConfig) {
		k.WorkingDir = c.Cwd
		for _, v := range c.Env {
			k.Envs = append(k.Envs, variable(v))
		}
		k.Stdin, k.StdinOnce, k.Tty = c.Stdin != "" || c.TTY, c.Stdin != "", c.TTY
		k.Linux.Resources.MemoryLimitInBytes = c.Memory
		x := k.Linux.SecurityContext
		x.ReadonlyRootfs, x.Privileged = c.ReadOnly, c.Privileged
		switch c.Seccomp {
		case scenario.Default:
		case scenario.Unconfined:
			x.Seccomp = e.securityProfile(unconfined)
		default:
			x.Seccomp = &cri.SecurityProfile{ProfileType: cri.SecurityProfile_Localhost, LocalhostRef: c.Seccomp}
		}
		if c.User != "" {
			x.RunAsUser, x.RunAsGroup = ids(c.User)
		}
		if c.PidOf != "" {
			x.NamespaceOptions = &cri.NamespaceOption{Network: cri.NamespaceMode_NODE, Pid: cri.NamespaceMode_TARGET, TargetId: id}
		}
	})
	e.mu.Lock()
	e.pods[c.ID], e.ids[c.ID] = s, id
	e.mu.Unlock()
	return id, err
}

// of is the pod and the container of a scenario's id.
func (e *engine) of(id string) (*sandbox, string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pods[id], e.ids[id]
}

// id is the container's.
func (e *engine) id(id string) string { _, c := e.of(id); return c }

func (e *engine) Foreground(t testing.TB, c scenario.Container) room.Result {
	t.Helper()
	id, err := e.launch(c)
	if err != nil {
		return failed(err)
	}
	if c.Stdin != "" {
		s := e.attach(t, id, true, false)
		s.Type(c.Stdin)
		s.End()
		s.Wait()
	}
	r := room.Result{Status: int(e.ended(t, id).ExitCode)}
	r.Stdout, r.Stderr = e.output(t, id)
	if res := e.Remove(t, c.ID); res.Status != 0 {
		t.Errorf("remove: %s", res.Stderr)
	}
	return r
}

func (e *engine) Background(t testing.TB, c scenario.Container) room.Result {
	t.Helper()
	_, err := e.launch(c)
	return failed(err)
}

// gate keeps a program from running before somebody is attached, who has to send a signal:
// what it writes until then goes to the log alone.
const gate = `trap 'go=1' USR1; until [ "$go" ]; do sleep 0.02; done; trap - USR1; exec "$@"`

func (e *engine) Open(t testing.TB, c scenario.Container) scenario.Session {
	t.Helper()
	c.TTY = true
	c.Argv = append([]string{"/bin/sh", "-c", gate, "sh"}, c.Argv...)
	id, err := e.launch(c)
	if err != nil {
		t.Fatal(err)
	}
	pid := e.pid(t, id)
	if !box.Eventually(func() bool { return catches(pid, unix.SIGUSR1) }) {
		t.Fatal("the shell sets no trap")
	}
	s := e.attach(t, id, true, true)
	if err := unix.Kill(pid, unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	return &opened{session: s, e: e, id: id}
}

// opened is a session whose result has the exit status of the container.
type opened struct {
	*session
	e  *engine
	id string
}

func (o *opened) Wait() room.Result {
	o.t.Helper()
	r := o.session.Wait()
	r.Status = int(o.e.ended(o.t, o.id).ExitCode)
	return r
}

func (e *engine) Attach(t testing.TB, id string) scenario.Session {
	t.Helper()
	return e.attach(t, e.id(id), true, true)
}

func (e *engine) Remove(t testing.TB, id string) room.Result {
	_, err := call(e.RemoveContainer, &cri.RemoveContainerRequest{ContainerId: e.id(id)})
	return failed(err)
}

func (e *engine) Destroy(t testing.TB, id string) {
	t.Helper()
	s, _ := e.of(id)
	if s == nil {
		return
	}
	if err := s.remove(); err != nil {
		t.Error(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.DeleteFunc(e.pods, func(_ string, p *sandbox) bool { return p == s })
}

// Exec is ExecSync, or Exec with something to read.
func (e *engine) Exec(t testing.TB, id string, p scenario.Process) room.Result {
	t.Helper()
	p.Argv = envArgv(p)
	if p.Stdin != "" {
		s := e.exec(t, e.id(id), p.Argv, true, false)
		s.Type(p.Stdin)
		s.End()
		return s.Wait()
	}
	return e.execSync(e.id(id), 0, p.Argv...)
}

// execSync is ExecSync; with an error its text is on standard error.
func (n *node) execSync(id string, seconds int64, argv ...string) room.Result {
	r, err := call(n.ExecSync, &cri.ExecSyncRequest{ContainerId: id, Cmd: argv, Timeout: seconds})
	if err != nil {
		return failed(err)
	}
	return room.Result{Status: int(r.ExitCode), Stdout: string(r.Stdout), Stderr: string(r.Stderr)}
}

func (e *engine) ExecOpen(t testing.TB, id string, p scenario.Process) scenario.Session {
	t.Helper()
	return e.exec(t, e.id(id), envArgv(p), true, true)
}

// ExecDetached leaves a process behind as people do.
func (e *engine) ExecDetached(t testing.TB, id string, p scenario.Process) room.Result {
	t.Helper()
	return e.execSync(e.id(id), 0, append([]string{"/bin/sh", "-c", `"$@" </dev/null >/dev/null 2>&1 &`, "sh"}, envArgv(p)...)...)
}

// Signal is a program in the container, but for SIGKILL, which the first process of a pid
// namespace gets from outside only.
func (e *engine) Signal(t testing.TB, id, signal string) room.Result {
	t.Helper()
	if signal == "KILL" {
		return e.Stop(t, id, 0)
	}
	return e.execSync(e.id(id), 0, "/bin/kill", "-"+signal, "1")
}

func (e *engine) Stop(t testing.TB, id string, seconds int) room.Result {
	_, err := call(e.StopContainer, &cri.StopContainerRequest{ContainerId: e.id(id), Timeout: int64(seconds)})
	return failed(err)
}

func (e *engine) Wait(t testing.TB, id string) int {
	t.Helper()
	return int(e.ended(t, e.id(id)).ExitCode)
}

func (e *engine) Pause(t testing.TB, id string) room.Result {
	t.Fatal("CRI has no pause")
	return room.Result{}
}

func (e *engine) Resume(t testing.TB, id string) room.Result {
	t.Fatal("CRI has no resume")
	return room.Result{}
}

func (e *engine) Update(t testing.TB, id string, l scenario.Limits) room.Result {
	change := &cri.LinuxContainerResources{MemoryLimitInBytes: l.Memory, CpuQuota: l.Quota}
	if l.Quota != 0 {
		change.CpuPeriod = 100_000
	}
	if l.Pids != 0 {
		change.Unified = map[string]string{"pids.max": fmt.Sprint(l.Pids)}
	}
	_, err := call(e.UpdateContainerResources, &cri.UpdateContainerResourcesRequest{ContainerId: e.id(id), Linux: change})
	return failed(err)
}

func (e *engine) Status(t testing.TB, id string) string {
	t.Helper()
	s, _ := e.status(t, e.id(id))
	switch {
	case s == nil:
		return scenario.Gone
	case s.State == cri.ContainerState_CONTAINER_RUNNING:
		return scenario.Running
	case s.State == cri.ContainerState_CONTAINER_EXITED:
		return scenario.Stopped
	}
	return s.State.String()
}

func (e *engine) Pid(t testing.TB, id string) int { t.Helper(); return e.pid(t, e.id(id)) }

func (e *engine) Top(t testing.TB, id string) []int { t.Helper(); return e.processes(t, e.id(id)) }

func (e *engine) Stats(t testing.TB, id string) scenario.Stats {
	t.Helper()
	r, err := call(e.ContainerStats, &cri.ContainerStatsRequest{ContainerId: e.id(id)})
	if err != nil {
		t.Fatal(err)
	}
	return scenario.Stats{Memory: r.GetStats().GetMemory().GetWorkingSetBytes().GetValue()}
}

func (e *engine) OOM(t testing.TB, id string) bool {
	t.Helper()
	s, _ := e.status(t, e.id(id))
	return s.GetReason() == "OOMKilled"
}

func (e *engine) Restart(t testing.TB) {
	e.Process().Restart(unix.SIGTERM)
	e.recovered(t)
}
