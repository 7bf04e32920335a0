package features

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// Offsets of the tests' clocks: more than any machine is up.
const (
	monotonic = 1000 * 24 * time.Hour
	boottime  = 2000*24*time.Hour + 500*time.Millisecond
)

// timed gives the box a new time namespace.
func timed(t *testing.T, b *box.Box) {
	t.Helper()
	addProgram(t, b)
	b.SetNamespace(specs.LinuxNamespace{Type: specs.TimeNamespace})
	b.Spec.Linux.TimeOffsets = map[string]specs.LinuxTimeOffset{
		"monotonic": {Secs: int64(monotonic / time.Second)},
		"boottime":  {Secs: int64(boottime / time.Second), Nanosecs: uint32(boottime % time.Second)},
	}
}

// shifted checks what `inside clocks` has printed: all clocks are ahead of this
// process's, which were read before, by the offsets and by less than a minute more.
func shifted(t *testing.T, out string, before [2]time.Duration) {
	t.Helper()
	var kernel, vdso, boot time.Duration
	if _, err := fmt.Sscan(out, (*int64)(&kernel), (*int64)(&vdso), (*int64)(&boot)); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	for _, c := range []struct {
		name            string
		got, was, ahead time.Duration
	}{
		{"CLOCK_MONOTONIC", kernel, before[0], monotonic},
		{"CLOCK_MONOTONIC of the vDSO", vdso, before[0], monotonic},
		{"CLOCK_BOOTTIME", boot, before[1], boottime},
	} {
		if more := c.got - c.was - c.ahead; more < 0 || more > time.Minute {
			t.Errorf("%s is %v, expected %v and an offset of %v", c.name, c.got, c.was, c.ahead)
		}
	}
}

func clocks(t *testing.T) (now [2]time.Duration) {
	t.Helper()
	for i, clock := range []int32{unix.CLOCK_MONOTONIC, unix.CLOCK_BOOTTIME} {
		var ts unix.Timespec
		must(t, unix.ClockGettime(clock, &ts))
		now[i] = time.Duration(ts.Nano())
	}
	return now
}

// timeNS names the time namespace of a process; both links must say the same.
func timeNS(t *testing.T, pid any) string {
	t.Helper()
	own, err := os.Readlink(fmt.Sprintf("/proc/%v/ns/time", pid))
	must(t, err)
	children, err := os.Readlink(fmt.Sprintf("/proc/%v/ns/time_for_children", pid))
	must(t, err)
	if own != children {
		t.Errorf("process %v is in %s, its children in %s", pid, own, children)
	}
	return own
}

// The container's process, its children, and exec are in the namespace, from the first
// instruction on.
func TestTimeNamespace(t *testing.T) {
	before := clocks(t)
	b := sh(t, "/inside clocks; cat /proc/uptime; cat /proc/self/timens_offsets; sleep 600")
	timed(t, b)
	p := b.Create()
	pid := b.State().Pid
	if timeNS(t, pid) == timeNS(t, "self") {
		t.Error("the created container's process is in the host's time namespace")
	}
	b.Must("start", b.ID)
	p.WaitOutput("boottime ")
	lines := strings.Split(p.Output(), "\n")
	shifted(t, lines[0], before)
	var up float64
	if _, err := fmt.Sscan(lines[1], &up); err != nil || up < boottime.Seconds() {
		t.Errorf("/proc/uptime has %q, expected at least %v seconds", lines[1], boottime.Seconds())
	}
	if got := strings.Join(strings.Fields(strings.Join(lines[2:], " ")), " "); got != "monotonic 86400000 0 boottime 172800000 500000000" {
		t.Errorf("timens_offsets is %q", got)
	}
	shifted(t, in(t, b, nil, "/inside", "clocks"), before)
	if got := strings.TrimSpace(in(t, b, nil, "readlink", "/proc/self/ns/time")); got != timeNS(t, pid) {
		t.Errorf("exec is in %s, the container in %s", got, timeNS(t, pid))
	}
	// The identity of the process goes by its start time, which counts in this clock.
	if s := b.State(); s.Status != "running" || s.Pid != pid {
		t.Errorf("state: %+v", s)
	}

	// A second container joins by path, and may not change the offsets.
	c := sh(t, "/inside clocks; readlink /proc/self/ns/time")
	addProgram(t, c)
	c.SetNamespace(specs.LinuxNamespace{Type: specs.TimeNamespace, Path: fmt.Sprintf("/proc/%d/ns/time", pid)})
	out := strings.Split(output(t, c), "\n")
	shifted(t, out[0], before)
	if out[1] != timeNS(t, pid) {
		t.Errorf("the second container is in %s, the first in %s", out[1], timeNS(t, pid))
	}
	c.SetNamespace(specs.LinuxNamespace{Type: specs.TimeNamespace, Path: fmt.Sprintf("/proc/%d/ns/uts", pid)})
	if r := c.Run(); r.Status != 1 || !strings.Contains(r.Stderr, `linux.namespaces[5].path: "/proc/`) || !strings.Contains(r.Stderr, "expected a namespace of type \"time\"") {
		t.Errorf("a path of another kind: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	b.Must("kill", b.ID, "KILL")
}

// Without offsets it is a namespace all the same.
func TestTimeNamespaceWithoutOffsets(t *testing.T) {
	b := sh(t, "readlink /proc/self/ns/time; cat /proc/self/timens_offsets")
	b.SetNamespace(specs.LinuxNamespace{Type: specs.TimeNamespace})
	out := strings.Fields(output(t, b))
	if out[0] == timeNS(t, "self") || strings.Join(out[1:], " ") != "monotonic 0 0 boottime 0 0" {
		t.Errorf("got %q", out)
	}
}

// With a user namespace, new or by path, it belongs to that one; with a pid namespace by
// path the set-up goes on in another process, which is in it too.
func TestTimeNamespaceOfUserNamespace(t *testing.T) {
	before := clocks(t)
	owned := func(b *box.Box, p *box.Process) {
		t.Helper()
		p.WaitOutput("ready\n")
		shifted(t, p.Output(), before)
		pid := b.State().Pid
		ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/time", pid))
		must(t, err)
		defer ns.Close()
		fd, err := unix.IoctlRetInt(int(ns.Fd()), unix.NS_GET_USERNS)
		must(t, err)
		defer unix.Close(fd)
		var owner, user unix.Stat_t
		must(t, unix.Fstat(fd, &owner))
		must(t, unix.Stat(fmt.Sprintf("/proc/%d/ns/user", pid), &user))
		if owner.Ino != user.Ino {
			t.Errorf("the time namespace belongs to user namespace %d, the container is in %d", owner.Ino, user.Ino)
		}
		shifted(t, in(t, b, nil, "/inside", "clocks"), before)
	}
	const script = "/inside clocks; echo ready; sleep 600"
	b := sh(t, script)
	usersOf(b)
	timed(t, b)
	p := b.Create()
	b.Must("start", b.ID)
	owned(b, p)
	pid := b.State().Pid

	c := sh(t, script)
	usersOf(c)
	c.Spec.Linux.UIDMappings, c.Spec.Linux.GIDMappings = nil, nil
	c.SetNamespace(specs.LinuxNamespace{Type: specs.UserNamespace, Path: fmt.Sprintf("/proc/%d/ns/user", pid)})
	timed(t, c)
	p = c.Create()
	c.Must("start", c.ID)
	owned(c, p)

	d := sh(t, script)
	d.SetNamespace(specs.LinuxNamespace{Type: specs.PIDNamespace, Path: fmt.Sprintf("/proc/%d/ns/pid", pid)})
	timed(t, d)
	p = d.Create()
	d.Must("start", d.ID)
	owned(d, p)
	// Process 1 of a pid namespace cannot end before the others there are collected.
	pid = d.State().Pid
	d.Must("kill", d.ID, "KILL")
	d.WaitPid(pid)
}

// What the kernel refuses: clocks before the machine's start.
func TestTimeNamespaceOutOfRange(t *testing.T) {
	b := sh(t, "true")
	timed(t, b)
	b.Spec.Linux.TimeOffsets = map[string]specs.LinuxTimeOffset{"boottime": {Secs: -1 << 33}}
	r := b.Run()
	if want := "set the offsets of the clocks: write: numerical result out of range (config.json: linux.timeOffsets)\n"; r.Status != 1 || !strings.HasSuffix(r.Stderr, want) {
		t.Errorf("exit status %d, stderr %q, expected %q", r.Status, r.Stderr, want)
	}
	b.NothingLeft()
}
