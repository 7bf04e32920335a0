package docker

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/room"
)

// An engine is a dockerd whose containers are driven by docker.
type engine struct{ *daemon }

func TestScenarios(t *testing.T) {
	scenario.Test(t, &engine{start(t, nil)})
}

func (*engine) Name() string { return "docker" }

func (*engine) Lacks() map[string]string {
	lacks := map[string]string{
		"extra fds":      "Docker passes none",
		"user namespace": "Docker's is the daemon's, not the container's: TestUserNamespace",
	}
	if !canRaise() {
		lacks["privileged"] = "runc fails where the machine's root lacks CAP_SYS_RESOURCE, and runseal does not: TestOwn/of/privileged"
	}
	return lacks
}

// run is the command line of docker run.
func (e *engine) run(c scenario.Container, flags ...string) []string {
	args := append([]string{"run", "--runtime", c.Runtime, "--network", "none", "--name", c.ID}, flags...)
	add := func(on bool, more ...string) {
		if on {
			args = append(args, more...)
		}
	}
	add(c.ReadOnly, "--read-only")
	add(c.Privileged, "--privileged")
	add(c.Seccomp != scenario.Default, "--security-opt", "seccomp="+c.Seccomp)
	add(c.Memory != 0, memory(c.Memory)...)
	add(c.Pids != 0, "--pids-limit", fmt.Sprint(c.Pids))
	add(c.PidOf != "", "--pid", "container:"+c.PidOf)
	args = append(append(args, process(c.Process)...), image)
	return append(args, c.Argv...)
}

// memory are the flags of a limit without swap beyond it: Docker's own choice is as much
// swap again, and a limit that rises above an earlier one of both needs both flags.
func memory(bytes int64) []string {
	return []string{"--memory", fmt.Sprint(bytes), "--memory-swap", fmt.Sprint(bytes)}
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
	return e.doWith(t, c.Stdin, e.run(c, "--rm")...)
}

func (e *engine) Background(t testing.TB, c scenario.Container) room.Result {
	return e.do(t, e.run(c, "--detach")...)
}

func (e *engine) Open(t testing.TB, c scenario.Container) scenario.Session {
	c.TTY = true
	return e.terminal(t, e.run(c, "--rm")...)
}

func (e *engine) Attach(t testing.TB, id string) scenario.Session {
	return e.terminal(t, "attach", id)
}

func (e *engine) Remove(t testing.TB, id string) room.Result { return e.do(t, "rm", id) }

func (e *engine) Destroy(t testing.TB, id string) { e.do(t, "rm", "--force", "--volumes", id) }

func execArgs(id string, p scenario.Process, flags ...string) []string {
	args := append(append([]string{"exec"}, flags...), process(p)...)
	return append(append(args, id), p.Argv...)
}

func (e *engine) Exec(t testing.TB, id string, p scenario.Process) room.Result {
	return e.doWith(t, p.Stdin, execArgs(id, p)...)
}

func (e *engine) ExecOpen(t testing.TB, id string, p scenario.Process) scenario.Session {
	p.TTY = true
	return e.terminal(t, execArgs(id, p)...)
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
	return number(t, e.must(t, "wait", id))
}

func (e *engine) Pause(t testing.TB, id string) room.Result { return e.do(t, "pause", id) }

func (e *engine) Resume(t testing.TB, id string) room.Result { return e.do(t, "unpause", id) }

func (e *engine) Update(t testing.TB, id string, l scenario.Limits) room.Result {
	args := []string{"update"}
	if l.Memory != 0 {
		args = append(args, memory(l.Memory)...)
	}
	if l.Pids != 0 {
		args = append(args, "--pids-limit", fmt.Sprint(l.Pids))
	}
	if l.Quota != 0 {
		args = append(args, "--cpu-period", "100000", "--cpu-quota", fmt.Sprint(l.Quota))
	}
	return e.do(t, append(args, id)...)
}

func (e *engine) Status(t testing.TB, id string) string {
	t.Helper()
	r := e.do(t, "container", "inspect", "--format", "{{.State.Status}}", id)
	switch status := strings.TrimSpace(r.Stdout); {
	case r.Status != 0 && strings.Contains(r.Stderr, "No such container"):
		return scenario.Gone
	case r.Status != 0:
		t.Fatalf("inspect: exit status %d, stderr %q", r.Status, r.Stderr)
		return ""
	case status == "exited" || status == "dead":
		return scenario.Stopped
	default:
		return status
	}
}

func (e *engine) Pid(t testing.TB, id string) int {
	t.Helper()
	pid := number(t, e.get(t, id, "{{.State.Pid}}"))
	if pid == 0 {
		t.Fatalf("container %s is %q and has no pid", id, e.Status(t, id))
	}
	return pid
}

func number(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (e *engine) Top(t testing.TB, id string) []int {
	t.Helper()
	var pids []int
	for _, f := range strings.Fields(e.must(t, "top", id, "-eo", "pid"))[1:] {
		pids = append(pids, number(t, f))
	}
	return pids
}

// Stats are what people see, which is rounded to four digits. The client prints zeros when
// the daemon needs more than two seconds.
func (e *engine) Stats(t testing.TB, id string) scenario.Stats {
	t.Helper()
	var s struct {
		MemUsage string // 1.2MiB / 64MiB
		PIDs     uint64 `json:",string"`
	}
	var out string
	box.Eventually(func() bool {
		out = e.must(t, "stats", "--no-stream", "--format", "{{json .}}", id)
		if err := json.Unmarshal([]byte(out), &s); err != nil {
			t.Fatalf("stats: %v in %s", err, out)
		}
		return s.PIDs > 0
	})
	var value float64
	var unit string
	if n, err := fmt.Sscanf(s.MemUsage, "%f%s", &value, &unit); n != 2 {
		t.Fatalf("stats: %v in %s", err, out)
	}
	power, known := map[string]float64{"B": 0, "KiB": 1, "MiB": 2, "GiB": 3}[unit]
	if !known {
		t.Fatalf("stats: unit %q in %s", unit, out)
	}
	return scenario.Stats{Memory: uint64(value * math.Pow(1024, power)), Pids: s.PIDs}
}

func (e *engine) OOM(t testing.TB, id string) bool {
	t.Helper()
	return e.get(t, id, "{{.State.OOMKilled}}") == "true"
}

func (e *engine) Restart(testing.TB) { e.process.Restart(unix.SIGTERM) }
