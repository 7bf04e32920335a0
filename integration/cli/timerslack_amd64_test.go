package cli

import (
	"os"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestTimerSlack: the Go runtime's monitoring thread may be woken late, and nothing else
// has more of a timer slack than whoever called runseal: not its first thread, no process
// in a container, no hook, no program of the host's that it runs.
//
// The program's entry does it, on amd64: built without -E runseal_entry this fails.
func TestTimerSlack(t *testing.T) {
	goruntime.LockOSThread() // for ever; children inherit from the thread that forks them
	for _, slack := range []int{50_000, 123_456} {
		if err := unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(slack), 0, 0, 0); err != nil {
			t.Fatal(err)
		}
		// The current value and, as 0 sets it, the one that the process began with.
		const tell = "read now </proc/self/timerslack_ns; echo 0 >/proc/self/timerslack_ns; read first </proc/self/timerslack_ns; echo $now $first"
		want := strconv.Itoa(slack) + " " + strconv.Itoa(slack) + "\n"
		b := box.New(t, "/bin/sh", "-c", tell+"; exec sleep 600")
		dir := t.TempDir()
		seen := filepath.Join(dir, "seen")
		b.Spec.Hooks = &specs.Hooks{CreateRuntime: []specs.Hook{{Path: "/bin/sh", Args: []string{"sh", "-c", "(" + tell + ") >" + seen}}}}
		if err := os.WriteFile(filepath.Join(dir, "ps"), []byte("#!/bin/sh\n("+tell+") >"+seen+"\necho PID\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		b.Wrap(nil, "PATH="+dir+":"+os.Getenv("PATH"))
		wrote := func(who string) {
			if got, err := os.ReadFile(seen); err != nil || string(got) != want {
				t.Errorf("%s has the timer slack %q, %v, expected %q", who, got, err, want)
			}
			os.Remove(seen)
		}

		b.WriteConfig(b.Config())
		run := b.Start(nil, "run", "--bundle", b.Dir, b.ID)
		if !box.Eventually(func() bool { return run.Output() == want }) {
			t.Errorf("the container's process has the timer slack %q, expected %q", run.Output(), want)
		}
		wrote("a hook")
		threads, err := os.ReadDir("/proc/" + strconv.Itoa(run.Process.Pid) + "/task")
		if err != nil {
			t.Fatal(err)
		}
		late := 0
		for _, thread := range threads {
			text, err := os.ReadFile("/proc/" + thread.Name() + "/timerslack_ns")
			if err != nil {
				t.Fatal(err)
			}
			switch got := strings.TrimSpace(string(text)); {
			case got == "5000000":
				late++
			case got != strconv.Itoa(slack):
				t.Errorf("thread %s has the timer slack %s, expected 5000000 or %d", thread.Name(), got, slack)
			}
			if thread.Name() == strconv.Itoa(run.Process.Pid) && strings.TrimSpace(string(text)) != strconv.Itoa(slack) {
				t.Errorf("the first thread has the timer slack %s, expected %d", text, slack)
			}
		}
		if late == 0 {
			t.Errorf("none of %d threads may be woken late", len(threads))
		}
		if r := b.Must("exec", b.ID, "/bin/sh", "-c", tell); r.Stdout != want {
			t.Errorf("exec: the timer slack is %q, expected %q", r.Stdout, want)
		}
		b.Must("ps", b.ID)
		wrote("ps")
		b.Must("kill", b.ID, "KILL")
		run.Wait()
	}
}
