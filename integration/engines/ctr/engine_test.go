package ctr

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/containerd"
	"github.com/runseal/runseal/integration/internal/room"
)

// An engine is a containerd whose containers are driven by ctr.
type engine struct {
	*containerd.Daemon
	watch *room.Daemon // ctr events
	execs atomic.Int64 // so that each exec has an id
}

func TestScenarios(t *testing.T) {
	e := &engine{Daemon: start(t).Daemon}
	e.watch = e.Room.Daemon(events, func() error { return nil }, nil, e.Argv("events")...)
	scenario.Test(t, e)
}

func (*engine) Name() string { return "ctr" }

func (*engine) Lacks() map[string]string {
	return map[string]string{
		"stop":      "ctr has signals only",
		"update":    "ctr cannot change limits",
		"extra fds": "containerd passes none",
		"a user":    "ctr run has no flag for one",
	}
}

// on is ctr for one test.
func (e *engine) on(t testing.TB) *containerd.Client { return e.For(t, room.Limit) }

// run is the command line of ctr run.
func (e *engine) run(t testing.TB, c scenario.Container, flags ...string) []string {
	args := append([]string{"run", "--snapshotter", "native", "--runc-binary", scenario.Binary(c.Runtime), "--runc-root", e.Path("runtime")}, flags...)
	add := func(on bool, more ...string) {
		if on {
			args = append(args, more...)
		}
	}
	add(c.ReadOnly, "--read-only")
	add(c.Privileged, "--privileged")
	add(c.Seccomp != scenario.Unconfined && !c.Privileged, "--seccomp")
	add(c.Seccomp != scenario.Unconfined && c.Seccomp != scenario.Default, "--seccomp-profile", c.Seccomp)
	add(c.Memory != 0, "--memory-limit", fmt.Sprint(c.Memory))
	add(c.PidOf != "", "--with-ns", fmt.Sprintf("pid:/proc/%d/ns/pid", e.pidIf(t, c.PidOf)))
	add(c.UserNS, "--uidmap", "0:100000:65536", "--gidmap", "0:100000:65536", "--remap-labels")
	args = append(append(args, c.Flags("--cwd")...), image, c.ID)
	return append(args, c.Argv...)
}

// lingering is a program that stays for a moment when it has done its work. ctr opens the
// pipes from the shim when it gets to it, and what a process has written that has ended
// before can be lost, with any runtime: 1 of 120 outputs of 3 MiB under runc on a busy machine.
func lingering(argv []string) []string {
	if !strings.HasPrefix(argv[0], "/bin/") {
		return argv // one that is not there
	}
	return append([]string{"/bin/sh", "-c", `"$0" "$@"; s=$?; sleep 0.1; exit $s`}, argv...)
}

func (e *engine) Foreground(t testing.TB, c scenario.Container) room.Result {
	c.Argv = lingering(c.Argv)
	return e.on(t).DoWith(c.Stdin, e.run(t, c, "--rm")...)
}

func (e *engine) Background(t testing.TB, c scenario.Container) room.Result {
	if c.TTY { // ctr wants one of its own
		return e.on(t).Terminal(e.run(t, c, "--detach")...).Wait()
	}
	return e.on(t).Do(e.run(t, c, "--detach")...)
}

func (e *engine) Open(t testing.TB, c scenario.Container) scenario.Session {
	c.TTY = true
	return e.on(t).Terminal(e.run(t, c, "--rm")...)
}

func (e *engine) Attach(t testing.TB, id string) scenario.Session {
	return e.on(t).Terminal("tasks", "attach", id)
}

func (e *engine) Remove(t testing.TB, id string) room.Result {
	e.on(t).Do("tasks", "rm", id)
	return e.on(t).Do("containers", "rm", id)
}

func (e *engine) Destroy(t testing.TB, id string) {
	e.on(t).Do("tasks", "rm", "--force", id)
	e.on(t).Do("containers", "rm", id)
}

func (e *engine) exec(id string, p scenario.Process, flags ...string) []string {
	args := append([]string{"tasks", "exec", "--exec-id", fmt.Sprint("e", e.execs.Add(1))}, flags...)
	p.Env, p.Argv = nil, append(envArgv(p.Env), p.Argv...)
	args = append(append(args, p.Flags("--cwd")...), id)
	return append(args, p.Argv...)
}

// envArgv sets variables, which ctr tasks exec has no flag for.
func envArgv(env []string) []string {
	if len(env) == 0 {
		return nil
	}
	return append([]string{"/bin/env"}, env...)
}

func (e *engine) Exec(t testing.TB, id string, p scenario.Process) room.Result {
	p.Argv = lingering(p.Argv)
	return e.on(t).DoWith(p.Stdin, e.exec(id, p)...)
}

func (e *engine) ExecOpen(t testing.TB, id string, p scenario.Process) scenario.Session {
	p.TTY = true
	return e.on(t).Terminal(e.exec(id, p)...)
}

func (e *engine) ExecDetached(t testing.TB, id string, p scenario.Process) room.Result {
	return e.on(t).Do(e.exec(id, p, "--detach")...)
}

func (e *engine) Signal(t testing.TB, id, signal string) room.Result {
	return e.on(t).Do("tasks", "kill", "--signal", "SIG"+signal, id)
}

func (e *engine) Stop(t testing.TB, id string, seconds int) room.Result {
	t.Fatal("ctr cannot stop a container")
	return room.Result{}
}

// Wait takes the exit status from the event: ctr itself does not tell it of a task that
// it has not waited for.
func (e *engine) Wait(t testing.TB, id string) (status int) {
	t.Helper()
	exited := func(topic string, event event) bool {
		status = event.Status
		return topic == "/tasks/exit" && event.Container == id && event.ID == id
	}
	if !box.Eventually(func() bool { return e.told(t, exited) }) {
		t.Fatalf("task %s is %q and has not ended", id, e.Status(t, id))
	}
	return status
}

func (e *engine) Pause(t testing.TB, id string) room.Result {
	return e.on(t).Do("tasks", "pause", id)
}

func (e *engine) Resume(t testing.TB, id string) room.Result {
	return e.on(t).Do("tasks", "resume", id)
}

func (e *engine) Update(t testing.TB, id string, l scenario.Limits) room.Result {
	t.Fatal("ctr cannot update a container")
	return room.Result{}
}

// Status of a container without a task is [scenario.Stopped].
func (e *engine) Status(t testing.TB, id string) string {
	t.Helper()
	if _, state := e.task(t, id); state != "" {
		return strings.ToLower(state)
	}
	for name := range strings.Lines(e.on(t).Ctr("containers", "ls", "-q")) {
		if strings.TrimSpace(name) == id {
			return scenario.Stopped
		}
	}
	return scenario.Gone
}

// task is a task's line in ctr tasks ls.
func (e *engine) task(t testing.TB, id string) (pid int, state string) {
	t.Helper()
	for line := range strings.Lines(e.on(t).Ctr("tasks", "ls")) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == id {
			pid, _ = strconv.Atoi(f[1])
			return pid, f[2]
		}
	}
	return 0, ""
}

func (e *engine) Pid(t testing.TB, id string) int {
	t.Helper()
	pid, state := e.task(t, id)
	if pid == 0 {
		t.Fatalf("task %s is %q and has no pid", id, state)
	}
	return pid
}

func (e *engine) pidIf(t testing.TB, id string) int {
	if id == "" {
		return 0
	}
	return e.Pid(t, id)
}

func (e *engine) Top(t testing.TB, id string) []int {
	t.Helper()
	var pids []int
	for line := range strings.Lines(e.on(t).Ctr("tasks", "ps", id)) {
		if pid, err := strconv.Atoi(strings.Fields(line)[0]); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Stats are the metrics of version 1 or 2, which have different names.
func (e *engine) Stats(t testing.TB, id string) scenario.Stats {
	t.Helper()
	out := e.on(t).Ctr("tasks", "metrics", "--format", "json", id)
	var m struct {
		Pids   struct{ Current uint64 }
		Memory struct {
			Usage     json.RawMessage // {"usage": N} in version 1, N in version 2
			UsageByte uint64          `json:"usage_bytes"`
		}
	}
	var one struct{ Usage uint64 }
	var usage uint64
	err := json.Unmarshal([]byte(out), &m)
	if err == nil && json.Unmarshal(m.Memory.Usage, &usage) != nil {
		err = json.Unmarshal(m.Memory.Usage, &one)
		usage = one.Usage
	}
	if err != nil {
		t.Fatalf("metrics: %v in %s", err, out)
	}
	return scenario.Stats{Memory: usage, Pids: m.Pids.Current}
}

// OOM looks for the event, which is all that containerd says.
func (e *engine) OOM(t testing.TB, id string) bool {
	return e.told(t, func(topic string, event event) bool { return topic == "/tasks/oom" && event.Container == id })
}

// events is the name of the file with what ctr events prints: date, time, zone twice,
// namespace, topic, JSON.
const events = "events"

// An event is what is looked at of one.
type event struct {
	Container string `json:"container_id"`
	ID        string `json:"id"` // of the process
	Status    int    `json:"exit_status"`
}

// told tells whether there has been such an event.
func (e *engine) told(t testing.TB, is func(topic string, e event) bool) bool {
	t.Helper()
	data, err := os.ReadFile(e.Path(events))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		f := strings.SplitN(line, " ", 7)
		var one event
		if len(f) == 7 && strings.HasSuffix(line, "\n") && json.Unmarshal([]byte(f[6]), &one) == nil && is(f[5], one) {
			return true
		}
	}
	return false
}

// Restart restarts ctr events too, which ends with its connection.
func (e *engine) Restart(testing.TB) {
	e.Process().Restart(unix.SIGTERM)
	e.watch.Restart(unix.SIGTERM)
}
