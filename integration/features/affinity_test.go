package features

import (
	"fmt"
	"os"
	"path/filepath"
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
	return first, last, allowed(t, os.Getpid())[0]
}

// allowed is Cpus_allowed_list of each of a process's threads.
func allowed(t *testing.T, pid int) (lists []string) {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	must(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		must(t, err)
		_, list, _ := strings.Cut(string(text), "\nCpus_allowed_list:\t")
		list, _, _ = strings.Cut(list, "\n")
		lists = append(lists, list)
	}
	return lists
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
	for i, list := range allowed(t, e.Process.Pid) {
		if list != all {
			t.Errorf("thread %d of the runtime runs on %s, expected %s", i, list, all)
		}
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
