package features

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// processors are those that this process may run on: the first and the last of them (the
// same on a machine with one), and all as the kernel writes them.
func processors(t *testing.T) (first, last, all string) {
	t.Helper()
	var set unix.CPUSet
	must(t, unix.SchedGetaffinity(0, &set))
	for n := range 8 * len(set) * 8 {
		if set.IsSet(n) {
			if first == "" {
				first = itoa(n)
			}
			last = itoa(n)
		}
	}
	// Of this thread: the main one may be one that narrow has left behind.
	return first, last, cpusOf(t, "/proc/thread-self/status")
}

// allowed is Cpus_allowed_list of each of a process's threads.
func allowed(t *testing.T, pid int) (lists []string) {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	must(t, err)
	for _, f := range files {
		lists = append(lists, cpusOf(t, f))
	}
	return lists
}

func cpusOf(t *testing.T, status string) string {
	t.Helper()
	text, err := os.ReadFile(status)
	must(t, err)
	_, cpus, _ := strings.Cut(string(text), "\nCpus_allowed_list:\t")
	cpus, _, _ = strings.Cut(cpus, "\n")
	return cpus
}

// TestExecAffinity: where exec's process ends up, and that the container's process and the
// runtime itself do not.
func TestExecAffinity(t *testing.T) {
	first, last, all := processors(t)
	b := attributed(t)
	own := &specs.CPUAffinity{Initial: first, Final: last}
	b.Spec.Process.ExecCPUAffinity = own
	wants(t, "the container", begin(t, b), map[string]string{"cpus": all})

	// Without --process it is the container's, as with a --process that has none.
	wants(t, "exec", attributes(t, in(t, b, nil, "/inside", "attributes")), map[string]string{"cpus": last})
	p := *b.Spec.Process
	p.Args = []string{"/inside", "attributes"}
	kept := all // as if there was no initial; since Linux 6.2 a move keeps what was asked for
	if box.Linux(6, 2) {
		kept = first
	}
	for _, tc := range []struct {
		a    *specs.CPUAffinity
		want string
	}{
		{nil, last},
		{&specs.CPUAffinity{}, all},
		{&specs.CPUAffinity{Final: first}, first},
		{&specs.CPUAffinity{Final: " 8000-8191 , 0-7999"}, all},
		{&specs.CPUAffinity{Initial: last, Final: all}, all},
		{&specs.CPUAffinity{Initial: first}, kept},
	} {
		p.ExecCPUAffinity = tc.a
		got := attributes(t, in(t, b, []string{"--process", process(t, b, p)}))
		wants(t, fmt.Sprintf("exec --process with %+v", tc.a), got, map[string]string{"cpus": tc.want})
	}
	for want, a := range map[string]*specs.CPUAffinity{
		`process.execCPUAffinity.initial: "8000-8191": sched_setaffinity: invalid argument, expected at least one processor that is there and in the cpuset of runseal itself`: {Initial: "8000-8191"},
		`run on the processors "8000", of which one at least has to be there and in the container's cpuset: sched_setaffinity: invalid argument (config.json: process.execCPUAffinity.final)`: {
			Initial: first, Final: "8000"},
		`process.execCPUAffinity.final: "1-": "1-" is no number and no range, expected a list such as 0-3,7`: {Final: "1-"},
	} {
		p.ExecCPUAffinity = a
		if r := b.Do("exec", "--process", process(t, b, p), b.ID); r.Status == 0 || !strings.HasSuffix(strings.TrimSpace(r.Stderr), want) {
			t.Errorf("%+v: exit status %d, stderr %q, want %q", a, r.Status, r.Stderr, want)
		}
	}

	// A runtime that attends to its process is where it was.
	p.Args, p.ExecCPUAffinity = []string{"/inside", "wait"}, own
	e := b.Start(nil, "exec", "--process", process(t, b, p), b.ID)
	e.WaitOutput("cpus " + last + "\n")
	if !box.Eventually(func() bool {
		return !slices.ContainsFunc(allowed(t, e.Process.Pid), func(list string) bool { return list != all })
	}) {
		t.Errorf("the threads of the runtime run on %q, expected %s each", allowed(t, e.Process.Pid), all)
	}
}

// TestExecAffinityInCpuset: initial is about processors that the container may not have.
func TestExecAffinityInCpuset(t *testing.T) {
	first, last, _ := processors(t)
	b := attributed(t)
	b.Spec.Linux.Resources.CPU = &specs.LinuxCPU{Cpus: last}
	b.Spec.Process.ExecCPUAffinity = &specs.CPUAffinity{Initial: first}
	wants(t, "the container", begin(t, b), map[string]string{"cpus": last})
	wants(t, "exec", attributes(t, in(t, b, nil, "/inside", "attributes")), map[string]string{"cpus": last})
	p := *b.Spec.Process
	p.Args, p.ExecCPUAffinity = []string{"/inside", "attributes"}, &specs.CPUAffinity{Initial: first, Final: first + "," + last}
	wants(t, "exec --process", attributes(t, in(t, b, []string{"--process", process(t, b, p)})), map[string]string{"cpus": last})
	p.ExecCPUAffinity.Final = first
	r := b.Do("exec", "--process", process(t, b, p), b.ID)
	if refused := r.Status != 0 && strings.Contains(r.Stderr, "process.execCPUAffinity.final"); refused != (first != last) {
		t.Errorf("processor %s, with %s in the cpuset: exit status %d, stderr %q", first, last, r.Status, r.Stderr)
	}
}

// narrow lets this test and the commands that it starts run on one processor alone, as an
// engine does whose systemd unit has CPUAffinity=. The thread ends with the test.
func narrow(t *testing.T, processor string) {
	t.Helper()
	runtime.LockOSThread()
	n, err := strconv.Atoi(processor)
	must(t, err)
	var set unix.CPUSet
	set.Set(n)
	must(t, unix.SchedSetaffinity(0, &set))
}

// TestNarrowCaller: where the caller may run is not where the container may. A kernel before
// Linux 6.2 sees to that by itself.
func TestNarrowCaller(t *testing.T) {
	first, last, all := processors(t)
	if first == last {
		t.Skip("this machine has one processor: there is nothing narrower")
	}
	narrow(t, first)
	b := attributed(t)
	wants(t, "the container", begin(t, b), map[string]string{"cpus": all})
	wants(t, "exec", attributes(t, in(t, b, nil, "/inside", "attributes")), map[string]string{"cpus": all})

	run := attributed(t)
	run.Spec.Process.Args = []string{"/inside", "attributes"}
	if r := run.Run(); r.Status != 0 {
		t.Errorf("run: exit status %d, stderr %q", r.Status, r.Stderr)
	} else {
		wants(t, "run", attributes(t, r.Stdout), map[string]string{"cpus": all})
	}

	// Within a cpuset, and when that becomes another.
	c := attributed(t)
	c.Spec.Linux.Resources.CPU = &specs.LinuxCPU{Cpus: last}
	wants(t, "the container in a cpuset", begin(t, c), map[string]string{"cpus": last})
	wants(t, "exec in a cpuset", attributes(t, in(t, c, nil, "/inside", "attributes")), map[string]string{"cpus": last})
	c.Must("update", "--cpuset-cpus", all, c.ID)
	if lists := allowed(t, c.State().Pid); lists[0] != all {
		t.Errorf("in a cpuset of all processors again: %s, expected %s", lists[0], all)
	}
}

// TestNarrowHook: a hook startContainer is a process of the container.
func TestNarrowHook(t *testing.T) {
	first, last, all := processors(t)
	if first == last {
		t.Skip("this machine has one processor: there is nothing narrower")
	}
	narrow(t, first)
	b := sh(t, "exit 0")
	b.Spec.Process.ExecCPUAffinity = &specs.CPUAffinity{Initial: first, Final: first} // it is no exec
	b.Spec.Hooks = &specs.Hooks{StartContainer: []specs.Hook{{
		Path: "/bin/sh", Args: []string{"sh", "-c", "grep -q '^Cpus_allowed_list:[[:space:]]" + all + "$' /proc/self/status"},
	}}}
	if r := b.Run(); r.Status != 0 {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
}
