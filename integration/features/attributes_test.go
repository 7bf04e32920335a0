package features

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// attributed is a box whose process tells its attributes and waits.
func attributed(t *testing.T) *box.Box {
	t.Helper()
	b := box.New(t, "/inside", "wait")
	addProgram(t, b)
	return b
}

// attributes takes what `inside attributes` has printed apart.
func attributes(t *testing.T, out string) map[string]string {
	t.Helper()
	m := map[string]string{}
	for _, l := range strings.Split(strings.TrimSpace(out), "\n") {
		name, rest, _ := strings.Cut(l, " ")
		m[name] = rest
	}
	if len(m) != 5 {
		t.Fatalf("attributes: %q", out)
	}
	return m
}

// begin runs the box's process up to where it waits, and returns its attributes.
func begin(t *testing.T, b *box.Box) map[string]string {
	t.Helper()
	p := b.Create()
	b.Must("start", b.ID)
	p.WaitOutput("cpus ")
	return attributes(t, p.Output())
}

// seen is what the host's kernel says about a process, in the form of `inside
// attributes` as far as there is a way to ask.
func seen(t *testing.T, pid int) map[string]string {
	t.Helper()
	s, err := unix.SchedGetAttr(pid, 0)
	must(t, err)
	prio, _, errno := unix.Syscall(unix.SYS_IOPRIO_GET, 1, uintptr(pid), 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	persona, err := os.ReadFile(fmt.Sprintf("/proc/%d/personality", pid))
	must(t, err)
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/numa_maps", pid))
	must(t, err)
	return map[string]string{
		"scheduler":   fmt.Sprint(s.Policy, s.Flags, s.Nice, s.Priority, s.Runtime, s.Deadline, s.Period),
		"ioprio":      fmt.Sprint(prio>>13, prio&0x1fff),
		"personality": strings.TrimSpace(string(persona)),
		"mempolicy":   strings.Fields(string(maps))[1],
	}
}

// wants compares attributes with those that are given.
func wants(t *testing.T, who string, got, want map[string]string) {
	t.Helper()
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%s: %s is %q, want %q", who, name, got[name], w)
		}
	}
}

// machine is uname -m of a process with PER_LINUX32.
func machine(t *testing.T) string {
	t.Helper()
	switch runtime.GOARCH {
	case "amd64":
		return "i686"
	case "arm64":
		return "armv8l"
	}
	t.Fatalf("what is uname -m with PER_LINUX32 on %s?", runtime.GOARCH)
	return ""
}

// TestAttributes: all of them, from inside and from the host, in the container's process
// and in exec's, with and without a user namespace (in which the process itself could not
// get a nice value below 0 or a realtime I/O priority).
func TestAttributes(t *testing.T) {
	for _, users := range []bool{false, true} {
		t.Run(fmt.Sprintf("user namespace %v", users), func(t *testing.T) {
			b := attributed(t)
			if users {
				usersOf(b)
			}
			b.Spec.Process.User = specs.User{UID: 1000, GID: 1000}
			b.Spec.Process.Scheduler = &specs.Scheduler{Policy: specs.SchedBatch, Nice: -7, Flags: []specs.LinuxSchedulerFlag{specs.SchedFlagResetOnFork}}
			b.Spec.Process.IOPriority = &specs.LinuxIOPriority{Class: specs.IOPRIO_CLASS_RT, Priority: 3}
			b.Spec.Linux.Personality = &specs.LinuxPersonality{Domain: specs.PerLinux32}
			b.Spec.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: specs.MpolBind, Nodes: "0", Flags: []specs.MemoryPolicyFlagType{specs.MpolFStaticNodes}}
			inside := map[string]string{
				"scheduler": "3 1 -7 0 0 0 0", "ioprio": "1 3", "personality": "8 " + machine(t), "mempolicy": "0x8002 0x1",
			}
			got := begin(t, b)
			wants(t, "the container", normal(got), inside)
			wants(t, "the container from the host", normal(seen(t, b.State().Pid)), map[string]string{
				"scheduler": "3 1 -7 0 0 0 0", "ioprio": "1 3", "personality": "00000008", "mempolicy": "bind=static:0",
			})
			wants(t, "exec", normal(attributes(t, in(t, b, nil, "/inside", "attributes"))), inside)

			// --process: what it says itself counts, for the rest the container's.
			p := *b.Spec.Process
			p.Args = []string{"/inside", "attributes"}
			p.Scheduler, p.IOPriority = nil, &specs.LinuxIOPriority{Class: specs.IOPRIO_CLASS_IDLE, Priority: 5}
			inside["ioprio"] = "3 5"
			wants(t, "exec --process", normal(attributes(t, in(t, b, []string{"--process", process(t, b, p)}))), inside)
			p.Scheduler, p.IOPriority = &specs.Scheduler{Policy: specs.SchedOther, Nice: 4}, nil
			inside["scheduler"], inside["ioprio"] = "0 0 4 0 0 0 0", "1 3"
			wants(t, "exec --process", normal(attributes(t, in(t, b, []string{"--process", process(t, b, p)}))), inside)
		})
	}
}

// normal takes the slice of time away that newer kernels (6.12) show as a fair process's
// runtime.
func normal(m map[string]string) map[string]string {
	m["scheduler"] = slice.ReplaceAllString(m["scheduler"], "$1 0 0 0")
	return m
}

var slice = regexp.MustCompile(`^([0-5] \d+ \S+ \d+) \d+ 0 0$`)

// process writes a file for exec --process.
func process(t *testing.T, b *box.Box, p specs.Process) string {
	t.Helper()
	data, err := json.Marshal(p)
	must(t, err)
	name := filepath.Join(b.Dir, "process.json")
	must(t, os.WriteFile(name, data, 0o600))
	return name
}

// A container that asks for nothing has what its parent has.
func TestNoAttributes(t *testing.T) {
	b := attributed(t)
	own, err := unix.SchedGetAttr(0, 0)
	must(t, err)
	wants(t, "the container", normal(begin(t, b)), map[string]string{
		"scheduler": fmt.Sprint(own.Policy, own.Flags, own.Nice, own.Priority, 0, 0, 0), "mempolicy": "0x0 0x0",
	})
	wants(t, "the container from the host", seen(t, b.State().Pid), map[string]string{"personality": "00000000", "mempolicy": "default"})
}

// refused creates the box, which has to fail with an error that ends like this, and to
// leave nothing.
func refused(t *testing.T, b *box.Box, want string) {
	t.Helper()
	r := b.TryCreate().Wait()
	if r.Status != 1 || !strings.HasSuffix(strings.TrimSpace(r.Stderr), want) {
		t.Errorf("exit status %d, stderr %q, want %q", r.Status, r.Stderr, want)
	}
	b.Wrap(nil)
	b.NothingLeft()
}

// TestAttributesRefused: what the kernel refuses says what may have been meant.
func TestAttributesRefused(t *testing.T) {
	b := attributed(t)
	b.Wrap([]string{b.Path("inside"), "not-nice"})
	b.Spec.Process.Scheduler = &specs.Scheduler{Policy: specs.SchedOther, Nice: -1}
	refused(t, b, "process.scheduler: SCHED_OTHER: sched_setattr: operation not permitted (needs CAP_SYS_NICE)")
	for want, s := range map[string]specs.Scheduler{
		"process.scheduler: SCHED_DEADLINE: sched_setattr: invalid argument (expected a period within the sysctls kernel.sched_deadline_period_min_us and _max_us)": {
			Policy: specs.SchedDeadline, Runtime: 1e6, Deadline: 60e9},
		"process.scheduler: SCHED_ISO: sched_setattr: invalid argument (Linux has reserved this policy and not implemented it)": {
			Policy: specs.SchedISO},
	} {
		b.Spec.Process.Scheduler = &s
		refused(t, b, want)
	}
	b.Spec.Process.Scheduler = nil
	b.Spec.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: specs.MpolBind, Nodes: "1000"}
	refused(t, b, `set the memory policy MPOL_BIND for the nodes "1000", of which one at least has to have memory and to be in the container's cpuset: set_mempolicy: invalid argument (config.json: linux.memoryPolicy)`)
}

// TestMemoryModes: those that came with newer kernels, whose error names the version.
func TestMemoryModes(t *testing.T) {
	local := "0x4 0x0"
	if !box.Linux(5, 14) {
		local = "0x1 0x0" // MPOL_PREFERRED of no node is the same
	}
	for _, tc := range []struct {
		policy specs.LinuxMemoryPolicy
		there  bool
		want   string // of get_mempolicy(2)
		since  string
	}{
		{specs.LinuxMemoryPolicy{Mode: specs.MpolDefault}, true, "0x0 0x0", ""},
		{specs.LinuxMemoryPolicy{Mode: specs.MpolLocal}, true, local, ""},
		{specs.LinuxMemoryPolicy{Mode: specs.MpolInterleave, Nodes: "0", Flags: []specs.MemoryPolicyFlagType{specs.MpolFRelativeNodes}}, true, "0x4003 0x1", ""},
		{specs.LinuxMemoryPolicy{Mode: specs.MpolPreferred, Nodes: "0"}, true, "0x1 0x1", ""},
		{specs.LinuxMemoryPolicy{Mode: specs.MpolBind, Nodes: "0", Flags: []specs.MemoryPolicyFlagType{specs.MpolFNumaBalancing}}, box.Linux(5, 12), "0x2002 0x1", "MPOL_F_NUMA_BALANCING (Linux 5.12)"},
		{specs.LinuxMemoryPolicy{Mode: specs.MpolPreferredMany, Nodes: "0"}, box.Linux(5, 15), "0x5 0x1", "MPOL_PREFERRED_MANY (Linux 5.15)"},
		{specs.LinuxMemoryPolicy{Mode: specs.MpolWeightedInterleave, Nodes: "0"}, box.Linux(6, 9), "0x6 0x1", "MPOL_WEIGHTED_INTERLEAVE (Linux 6.9)"},
	} {
		b := box.New(t, "/inside", "attributes")
		addProgram(t, b)
		b.Spec.Linux.MemoryPolicy = &tc.policy
		r := b.Run()
		switch {
		case tc.there && r.Status == 0:
			wants(t, string(tc.policy.Mode), attributes(t, r.Stdout), map[string]string{"mempolicy": tc.want})
		case tc.there || r.Status == 0 || !strings.Contains(r.Stderr, tc.since):
			t.Errorf("%+v: exit status %d, stderr %q", tc.policy, r.Status, r.Stderr)
		}
	}
}
