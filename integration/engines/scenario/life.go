package scenario

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// A PauseRefuser is an engine that does not ask the runtime about a paused container: it
// says these words of its own, and does not tell the processes.
type PauseRefuser interface{ RefusesPaused() string }

// pause stops all processes and lets them go on.
func pause(r *Run) {
	id := r.Up(r.New("", Sh("echo > /tmp/n; while :; do echo x >> /tmp/n; sleep 0.02; done")...))
	counter := root(r.Pid(r, id)) + "/tmp/n"
	size := func() int64 {
		st, err := os.Stat(counter)
		if err != nil {
			r.Fatal(err)
		}
		return st.Size()
	}
	grows := func() bool {
		before := size()
		return box.Eventually(func() bool { return size() > before })
	}
	r.OK("pause", r.Pause(r, id))
	if got := r.Status(r, id); got != Paused {
		r.Errorf("a paused container is %q", got)
	}
	before := size()
	time.Sleep(200 * time.Millisecond)
	if size() != before {
		r.Error("a paused container has gone on")
	}
	words := "paused"
	e, refuses := r.Engine.(PauseRefuser)
	if refuses {
		words = e.RefusesPaused()
	}
	r.Fails("exec in a paused container", r.Exec(r, id, Process{Argv: []string{"/bin/true"}}), words)
	if !refuses && len(r.Top(r, id)) == 0 {
		r.Error("a paused container has no processes")
	}
	r.OK("resume", r.Resume(r, id))
	if got := r.Status(r, id); got != Running {
		r.Errorf("after resume the container is %q", got)
	}
	if !grows() {
		r.Error("after resume the container does not go on")
	}
}

// stats are numbers of a running container.
func stats(r *Run) {
	c := r.New("", Sh("sleep 600 & sleep 600 & wait")...)
	c.Memory, c.Pids = 64<<20, 50
	id := r.Up(c)
	if !box.Eventually(func() bool { return len(r.Top(r, id)) == 3 }) {
		r.Errorf("processes: %v, expected three", r.Top(r, id))
	}
	s := r.Stats(r, id)
	if s.Memory == 0 || s.Memory > 64<<20 {
		r.Errorf("memory in use: %d bytes", s.Memory)
	}
	if s.Pids != 0 && s.Pids != 3 {
		r.Errorf("processes in the statistics: %d, expected 3", s.Pids)
	}
}

// update changes the limits of a running container.
func update(r *Run) {
	c := r.New("", "/bin/sleep", "600")
	c.Memory = 64 << 20
	id := r.Up(c)
	pid := r.Pid(r, id)
	want := func(name1, name2, value string) {
		r.Helper()
		if got := cgroupFile(r, pid, name1, name2); got != value {
			r.Errorf("%s: %q, expected %q", name1, got, value)
		}
	}
	want("memory/memory.limit_in_bytes", "memory.max", strconv.Itoa(64<<20))
	r.OK("update", r.Update(r, id, Limits{Memory: 96 << 20}))
	want("memory/memory.limit_in_bytes", "memory.max", strconv.Itoa(96<<20))
	r.OK("update", r.Update(r, id, Limits{Quota: 50000}))
	if quota := cgroupFile(r, pid, "cpu/cpu.cfs_quota_us", "cpu.max"); !strings.HasPrefix(quota, "50000") {
		r.Errorf("quota: %q, expected 50000", quota)
	}
	want("memory/memory.limit_in_bytes", "memory.max", strconv.Itoa(96<<20))
	r.Want("exec", r.Exec(r, id, Process{Argv: []string{"/bin/echo", "hi"}}), 0, "hi\n")
}

// outOfMemory is the kernel's end of a container. It waits until the engine's start has
// returned, before which containerd's shim does not listen for that; and it loses another
// process first, since an engine may hear of the container's end before it hears of why.
func outOfMemory(r *Run) {
	const dd = "dd if=/dev/zero of=/dev/null bs=256M count=1"
	c := r.New("", Sh("until [ -e /tmp/go ]; do sleep 0.05; done; "+dd+"; sleep 0.5; exec "+dd)...)
	c.Memory = 32 << 20
	id := r.Up(c)
	if err := os.WriteFile(root(r.Pid(r, id))+"/tmp/go", nil, 0o644); err != nil {
		r.Fatal(err)
	}
	if status := r.Wait(r, id); status != 137 {
		r.Errorf("exit status %d, expected 137", status)
	}
	if !box.Eventually(func() bool { return r.OOM(r, id) }) {
		r.Error("the engine does not know that memory has run out")
	}
}

// restart is the daemon's, below containers that run.
func restart(r *Run) {
	id := r.Up(r.New("", Sh("trap 'exit 6' TERM; echo > /tmp/ready; while :; do sleep 0.05; done")...))
	pid := r.Pid(r, id)
	r.appears(root(pid) + "/tmp/ready")
	r.Restart(r)
	if got := r.Status(r, id); got != Running || r.Pid(r, id) != pid {
		r.Fatalf("after the restart the container is %q, process %d; expected running, %d", got, r.Pid(r, id), pid)
	}
	r.Want("exec", r.Exec(r, id, Process{Argv: []string{"/bin/echo", "hi"}}), 0, "hi\n")
	r.OK("kill", r.Signal(r, id, "TERM"))
	if status := r.Wait(r, id); status != 6 {
		r.Errorf("exit status %d, expected 6", status)
	}
}
