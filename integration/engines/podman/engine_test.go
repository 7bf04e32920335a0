package podman

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/room"
)

// An engine is a podman with a storage of its own.
type engine struct {
	*room.Room
}

func TestScenarios(t *testing.T) { scenario.Test(t, start(t)) }

func (*engine) Name() string { return "podman" }

func (*engine) Lacks() map[string]string {
	return map[string]string{
		"update":        "podman 4.3 has no update",
		"restart":       "podman has no daemon",
		"out of memory": "podman before 5.0 does not look at what conmon says of it (containers/podman pull request 21523); the exit status is looked at in \"logs and stats\"",
	}
}

// AllowsUnshare: so does the profile of containers-common.
func (*engine) AllowsUnshare() {}

// RefusesPaused is what podman says of containers that are paused or have ended.
func (*engine) RefusesPaused() string { return "can only create exec sessions on running containers" }

// command is a podman command line.
func (e *engine) command(args ...string) room.Command {
	return room.Command{
		Argv: append([]string{"podman", "--root", e.Path("root"), "--runroot", e.Path("run"), "--tmpdir", e.Path("tmp")}, args...),
		Env:  []string{"CONTAINERS_CONF=" + e.Path("containers.conf"), "CONTAINERS_STORAGE_CONF=" + e.Path("storage.conf")},
	}
}

func noLog() string { return "" }

func (e *engine) do(t testing.TB, args ...string) room.Result {
	t.Helper()
	return e.command(args...).Run(t, noLog)
}

// open makes open files that have a text each.
func open(t testing.TB, texts ...string) []*os.File {
	t.Helper()
	var files []*os.File
	for i, text := range texts {
		name := filepath.Join(t.TempDir(), fmt.Sprint(i))
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		files = append(files, f)
	}
	return files
}

func (e *engine) doWith(t testing.TB, stdin string, args ...string) room.Result {
	t.Helper()
	c := e.command(args...)
	c.Stdin = stdin
	return c.Run(t, noLog)
}

// ok is do for what has to succeed; it returns the output without the last newline.
func (e *engine) ok(t testing.TB, args ...string) string {
	t.Helper()
	r := e.do(t, args...)
	if r.Status != 0 {
		t.Fatalf("podman %q: exit status %d, stderr %q", args, r.Status, r.Stderr)
	}
	return strings.TrimSpace(r.Stdout)
}

// run is the command line of podman run or create.
func (e *engine) run(c scenario.Container, flags ...string) []string {
	args := []string{"--runtime", c.Runtime, "run", "--name", c.ID, "--network", "none", "--cgroup-parent", "/" + e.Cgroup}
	args = append(args, flags...)
	add := func(on bool, more ...string) {
		if on {
			args = append(args, more...)
		}
	}
	add(c.ReadOnly, "--read-only", "--read-only-tmpfs=false")
	add(c.Privileged, "--privileged")
	add(c.Seccomp != scenario.Default, "--security-opt", "seccomp="+c.Seccomp)
	add(c.Memory != 0, "--memory", fmt.Sprint(c.Memory), "--memory-swap", fmt.Sprint(c.Memory))
	add(c.Pids != 0, "--pids-limit", fmt.Sprint(c.Pids))
	add(c.PidOf != "", "--pid", "container:"+c.PidOf)
	add(c.UserNS, "--uidmap", "0:100000:65536", "--gidmap", "0:100000:65536")
	add(c.ExtraFDs, "--preserve-fds", "2")
	args = append(append(args, process(c.Process)...), image)
	return append(args, c.Argv...)
}

// process are the flags that run and exec have in common.
func process(p scenario.Process) []string {
	args := p.Flags("--workdir")
	if p.Stdin != "" || p.TTY {
		args = append(args, "--interactive")
	}
	return args
}

func (e *engine) Foreground(t testing.TB, c scenario.Container) room.Result {
	cmd := e.command(e.run(c, "--rm")...)
	cmd.Stdin = c.Stdin
	if c.ExtraFDs {
		cmd.Files = open(t, "three\n", "four\n")
	}
	return cmd.Run(t, noLog)
}

func (e *engine) Background(t testing.TB, c scenario.Container) room.Result {
	return e.do(t, e.run(c, "--detach")...)
}

func (e *engine) Open(t testing.TB, c scenario.Container) scenario.Session {
	c.TTY = true
	return e.command(e.run(c, "--rm")...).Terminal(t, noLog)
}

func (e *engine) Attach(t testing.TB, id string) scenario.Session {
	return e.command("attach", id).Terminal(t, noLog)
}

func (e *engine) Remove(t testing.TB, id string) room.Result { return e.do(t, "rm", id) }

func (e *engine) Destroy(t testing.TB, id string) {
	e.do(t, "rm", "--force", "--ignore", "--time", "0", id)
}

func execArgs(id string, p scenario.Process, flags ...string) []string {
	args := append(append([]string{"exec"}, flags...), process(p)...)
	return append(append(args, id), p.Argv...)
}

func (e *engine) Exec(t testing.TB, id string, p scenario.Process) room.Result {
	return e.doWith(t, p.Stdin, execArgs(id, p)...)
}

func (e *engine) ExecOpen(t testing.TB, id string, p scenario.Process) scenario.Session {
	p.TTY = true
	return e.command(execArgs(id, p)...).Terminal(t, noLog)
}

func (e *engine) ExecDetached(t testing.TB, id string, p scenario.Process) room.Result {
	return e.do(t, execArgs(id, p, "--detach")...)
}

func (e *engine) Signal(t testing.TB, id, signal string) room.Result {
	return e.do(t, "kill", "--signal", signal, id)
}

func (e *engine) Stop(t testing.TB, id string, seconds int) room.Result {
	return e.do(t, "stop", "--time", fmt.Sprint(seconds), id)
}

func (e *engine) Wait(t testing.TB, id string) int {
	t.Helper()
	status, err := strconv.Atoi(e.ok(t, "wait", "--interval", "20ms", id))
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func (e *engine) Pause(t testing.TB, id string) room.Result { return e.do(t, "pause", id) }

func (e *engine) Resume(t testing.TB, id string) room.Result { return e.do(t, "unpause", id) }

func (e *engine) Update(t testing.TB, id string, l scenario.Limits) room.Result {
	t.Fatal("podman 4.3 cannot update a container")
	return room.Result{}
}

// inspect is a field of a container, "" when there is no such container.
func (e *engine) inspect(t testing.TB, id, field string) string {
	t.Helper()
	r := e.do(t, "container", "inspect", "--format", "{{"+field+"}}", id)
	if r.Status != 0 && !strings.Contains(r.Stderr, "no such container") {
		t.Fatalf("inspect %s: exit status %d, stderr %q", id, r.Status, r.Stderr)
	}
	return strings.TrimSpace(r.Stdout)
}

func (e *engine) Status(t testing.TB, id string) string {
	t.Helper()
	switch s := e.inspect(t, id, ".State.Status"); s {
	case "exited":
		return scenario.Stopped
	case "[]":
		return scenario.Gone
	default:
		return s
	}
}

func (e *engine) Pid(t testing.TB, id string) int {
	t.Helper()
	pid, err := strconv.Atoi(e.inspect(t, id, ".State.Pid"))
	if err != nil || pid == 0 {
		t.Fatalf("container %s: pid %d, %v", id, pid, err)
	}
	return pid
}

func (e *engine) Top(t testing.TB, id string) []int {
	t.Helper()
	var pids []int
	for line := range strings.Lines(e.ok(t, "top", id, "hpid")) {
		if pid, err := strconv.Atoi(strings.TrimSpace(line)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func (e *engine) Stats(t testing.TB, id string) (s scenario.Stats) {
	t.Helper()
	out := e.ok(t, "stats", "--no-stream", "--format", "{{.ContainerStats.MemUsage}} {{.ContainerStats.PIDs}}", id)
	if _, err := fmt.Sscan(out, &s.Memory, &s.Pids); err != nil {
		t.Fatalf("stats: %v in %q", err, out)
	}
	return s
}

// OOM asks podman, to which conmon says it.
func (e *engine) OOM(t testing.TB, id string) bool {
	t.Helper()
	return e.inspect(t, id, ".State.OOMKilled") == "true"
}

func (e *engine) Restart(t testing.TB) { t.Fatal("podman has no daemon") }
