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

func twoProcessors(t *testing.T) {
	t.Helper()
	var set unix.CPUSet
	must(t, unix.SchedGetaffinity(0, &set))
	if !set.IsSet(0) || !set.IsSet(1) || set.Count() != 2 {
		t.Skip("expects processors 0 and 1 and no others")
	}
}

// TestExecAffinity: where exec's process ends up, and that the container's process and the
// runtime itself do not.
func TestExecAffinity(t *testing.T) {
	twoProcessors(t)
	b := attributed(t)
	own := &specs.CPUAffinity{Initial: "0", Final: "1"}
	b.Spec.Process.ExecCPUAffinity = own
	wants(t, "the container", begin(t, b), map[string]string{"cpus": "0-1"})

	// Without --process it is the container's, as with a --process that has none.
	wants(t, "exec", attributes(t, in(t, b, nil, "/inside", "attributes")), map[string]string{"cpus": "1"})
	p := *b.Spec.Process
	p.Args = []string{"/inside", "attributes"}
	kept := "0-1" // as if there was no initial; since Linux 6.2 a move keeps what was asked for
	if box.Linux(6, 2) {
		kept = "0"
	}
	for _, tc := range []struct {
		a    *specs.CPUAffinity
		want string
	}{
		{nil, "1"},
		{&specs.CPUAffinity{}, "0-1"},
		{&specs.CPUAffinity{Final: "0"}, "0"},
		{&specs.CPUAffinity{Final: " 1 , 0,7-8191"}, "0-1"},
		{&specs.CPUAffinity{Initial: "1", Final: "0-1"}, "0-1"},
		{&specs.CPUAffinity{Initial: "0"}, kept},
	} {
		p.ExecCPUAffinity = tc.a
		got := attributes(t, in(t, b, []string{"--process", process(t, b, p)}))
		wants(t, fmt.Sprintf("exec --process with %+v", tc.a), got, map[string]string{"cpus": tc.want})
	}
	for want, a := range map[string]*specs.CPUAffinity{
		`process.execCPUAffinity.initial: "8000-8191": sched_setaffinity: invalid argument, expected at least one processor that is there and in the cpuset of runseal itself`: {Initial: "8000-8191"},
		`run on the processors "1000", of which one at least has to be there and in the container's cpuset: sched_setaffinity: invalid argument (config.json: process.execCPUAffinity.final)`: {
			Initial: "0", Final: "1000"},
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
	e.WaitOutput("cpus 1\n")
	for i, list := range allowed(t, e.Process.Pid) {
		if list != "0-1" {
			t.Errorf("thread %d of the runtime runs on %s", i, list)
		}
	}
}

// TestExecAffinityInCpuset: initial is about processors that the container has not.
func TestExecAffinityInCpuset(t *testing.T) {
	twoProcessors(t)
	b := attributed(t)
	b.Spec.Linux.Resources.CPU = &specs.LinuxCPU{Cpus: "1"}
	b.Spec.Process.ExecCPUAffinity = &specs.CPUAffinity{Initial: "0"}
	wants(t, "the container", begin(t, b), map[string]string{"cpus": "1"})
	wants(t, "exec", attributes(t, in(t, b, nil, "/inside", "attributes")), map[string]string{"cpus": "1"})
	p := *b.Spec.Process
	p.Args, p.ExecCPUAffinity = []string{"/inside", "attributes"}, &specs.CPUAffinity{Initial: "0", Final: "0-1"}
	wants(t, "exec --process", attributes(t, in(t, b, []string{"--process", process(t, b, p)})), map[string]string{"cpus": "1"})
	p.ExecCPUAffinity.Final = "0"
	if r := b.Do("exec", "--process", process(t, b, p), b.ID); r.Status == 0 || !strings.Contains(r.Stderr, "process.execCPUAffinity.final") {
		t.Errorf("a processor beside the cpuset: exit status %d, stderr %q", r.Status, r.Stderr)
	}
}
