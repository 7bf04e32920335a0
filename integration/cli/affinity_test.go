package cli

import (
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestAffinityIsTheCallers: the program's entry puts runseal on one processor until a
// process is made. Hooks, programs of the host and a runseal that stays in the foreground
// may run where the caller may; a container's processes on all processors.
func TestAffinityIsTheCallers(t *testing.T) {
	goruntime.LockOSThread() // for ever; children inherit from the thread that forks them
	all := allowed(t, "/proc/thread-self/status")
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	last := 0
	for n := range 64 * len(set) {
		if set.IsSet(n) {
			last = n
		}
	}
	one := unix.CPUSet{}
	one.Set(last)
	for _, mask := range []unix.CPUSet{set, one} {
		if err := unix.SchedSetaffinity(0, &mask); err != nil {
			t.Fatal(err)
		}
		callers := allowed(t, "/proc/thread-self/status")
		const tell = "grep Cpus_allowed_list /proc/self/status"
		b := box.New(t, "/bin/sh", "-c", tell+"; exec sleep 600")
		dir := t.TempDir()
		seen := filepath.Join(dir, "seen")
		b.Spec.Hooks = &specs.Hooks{CreateRuntime: []specs.Hook{{Path: "/bin/sh", Args: []string{"sh", "-c", tell + " >" + seen}}}}
		if err := os.WriteFile(filepath.Join(dir, "ps"), []byte("#!/bin/sh\n"+tell+" >"+seen+"\necho PID\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		b.Wrap(nil, "PATH="+dir+":"+os.Getenv("PATH"))
		b.WriteConfig(b.Config())
		run := b.Start(nil, "run", "--bundle", b.Dir, b.ID)
		if !box.Eventually(func() bool { return strings.HasSuffix(run.Output(), "\n") }) || list(run.Output()) != all {
			t.Errorf("the container's process may run on %q, expected %s", run.Output(), all)
		}
		if got := allowed(t, seen); got != callers {
			t.Errorf("a hook may run on %s, expected %s", got, callers)
		}
		threads := func() (lists []string) {
			files, err := filepath.Glob("/proc/" + strconv.Itoa(run.Process.Pid) + "/task/*/status")
			if err != nil || len(files) == 0 {
				t.Fatal(files, err)
			}
			for _, f := range files {
				lists = append(lists, allowed(t, f))
			}
			return lists
		}
		if !box.Eventually(func() bool {
			return !slices.ContainsFunc(threads(), func(list string) bool { return list != callers })
		}) {
			t.Errorf("the threads of runseal may run on %q, expected %s each", threads(), callers)
		}
		if r := b.Must("exec", b.ID, "/bin/sh", "-c", tell); list(r.Stdout) != all {
			t.Errorf("exec: may run on %q, expected %s", r.Stdout, all)
		}
		b.Must("ps", b.ID)
		if got := allowed(t, seen); got != callers {
			t.Errorf("ps may run on %s, expected %s", got, callers)
		}
		b.Must("kill", b.ID, "KILL")
		run.Wait()
	}
}

// allowed is the list of processors in a file like /proc/PID/status.
func allowed(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return list(string(text))
}

// list is the value of Cpus_allowed_list in lines of /proc/PID/status.
func list(text string) string {
	_, list, _ := strings.Cut(text, "Cpus_allowed_list:")
	list, _, _ = strings.Cut(list, "\n")
	return strings.TrimSpace(list)
}
