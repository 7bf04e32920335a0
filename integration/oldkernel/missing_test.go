package oldkernel

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// complains checks that a command has failed with one line that names the missing call,
// the kernel that it came with and the one that runseal needs.
func complains(t *testing.T, r box.Result, status int, call, since string) {
	t.Helper()
	want := call + ": function not implemented (came with Linux " + since + "; runseal needs 5.10 or newer)"
	if r.Status != status || r.Stdout != "" || !strings.Contains(r.Stderr, want) || strings.Count(r.Stderr, "\n") != 1 {
		t.Errorf("exit status %d, stdout %q, stderr %q; want %d and one line with %q", r.Status, r.Stdout, r.Stderr, status, want)
	}
}

// TestMissingForRun takes away each call that a container cannot be made without.
func TestMissingForRun(t *testing.T) {
	for call, since := range map[string]string{
		"clone3": "5.3", "close_range": "5.9", "openat2": "5.6", "faccessat2": "5.8",
		"open_tree": "5.2", "move_mount": "5.2", "fsopen": "5.2", "fsconfig": "5.2", "fsmount": "5.2",
	} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			for _, command := range []string{"run", "create"} {
				b := sh(t, "echo the program runs")
				b.Spec.Linux.MaskedPaths = []string{"/proc/fs", "/proc/kcore"}
				under(t, b, without(call))
				b.WriteConfig(b.Config())
				complains(t, b.Do(command, "--bundle", b.Dir, b.ID), 1, call, since)
				b.NothingLeft()
			}
		})
	}
}

// TestMissingForOthers takes away what is needed for a container that is there.
func TestMissingForOthers(t *testing.T) {
	b := sh(t, "sleep 600")
	b.Up()
	for _, c := range []struct {
		call, since string
		status      int
		command     []string
	}{
		{"pidfd_open", "5.3", 1, []string{"kill", b.ID, "TERM"}},
		{"pidfd_open", "5.3", 1, []string{"delete", "--force", b.ID}},
		{"pidfd_open", "5.3", 255, []string{"exec", b.ID, "true"}},
		{"pidfd_send_signal", "5.1", 1, []string{"kill", b.ID, "TERM"}},
		{"pidfd_send_signal", "5.1", 1, []string{"delete", "--force", b.ID}},
		{"close_range", "5.9", 255, []string{"exec", b.ID, "true"}},
		{"clone3", "5.3", 255, []string{"exec", b.ID, "true"}},
		{"openat2", "5.6", 255, []string{"exec", b.ID, "true"}},
	} {
		under(t, b, without(c.call))
		complains(t, b.Do(c.command...), c.status, c.call, c.since)
	}
	under(t, b, nil)
	if s := b.State(); s.Status != "running" {
		t.Errorf("the container is %s, want it to run on", s.Status)
	}
	// Of all processes in a cgroup none is signalled in another way either, whether the
	// first is there or not.
	shared := sh(t, "sleep 600 & echo ready; wait $!")
	shared.DropNamespace("pid")
	p := shared.Create()
	shared.Must("start", shared.ID)
	p.WaitOutput("ready\n")
	for _, first := range []bool{true, false} {
		for _, c := range [][2]string{{"pidfd_open", "5.3"}, {"pidfd_send_signal", "5.1"}} {
			under(t, shared, without(c[0]))
			complains(t, shared.Do("kill", "--all", shared.ID, "TERM"), 1, c[0], c[1])
			// Without the first process cgroup.kill may be enough.
			if first || c[0] == "pidfd_open" {
				complains(t, shared.Do("delete", "--force", shared.ID), 1, c[0], c[1])
			}
		}
		under(t, shared, nil)
		if pid := shared.State().Pid; pid != 0 {
			must(t, unix.Kill(pid, unix.SIGKILL))
			shared.WaitPid(pid)
		}
	}
}

// TestDeniedForOthers: where a filter denies it, a process that cannot be looked for is
// not one that has ended.
func TestDeniedForOthers(t *testing.T) {
	eperm := uint(unix.EPERM)
	b := sh(t, "sleep 600")
	b.Up()
	under(t, b, older{{Names: []string{"pidfd_open"}, Action: specs.ActErrno, ErrnoRet: &eperm}})
	for _, c := range []struct {
		status  int
		command []string
	}{
		{1, []string{"kill", b.ID, "TERM"}},
		{1, []string{"kill", "--all", b.ID, "TERM"}},
		{1, []string{"events", "--stats", b.ID}},
		{1, []string{"delete", "--force", b.ID}},
		{255, []string{"exec", b.ID, "true"}},
	} {
		r := b.Do(c.command...)
		if r.Status != c.status || !strings.Contains(r.Stderr, "pidfd_open: operation not permitted") || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("%q: exit status %d, stdout %q, stderr %q", c.command, r.Status, r.Stdout, r.Stderr)
		}
	}
	// What has to go because of another error does go.
	under(t, b, older{{Names: []string{"pidfd_send_signal"}, Action: specs.ActErrno, ErrnoRet: &eperm}})
	r := b.Do("exec", "--detach", "--pid-file", "/nowhere/pid", b.ID, "sleep", "600")
	if r.Status != 255 || !strings.Contains(r.Stderr, "/nowhere/") {
		t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
	under(t, b, nil)
	if s := b.State(); s.Status != "running" {
		t.Errorf("the container is %s, want it to run on", s.Status)
	}
	if r := b.Must("ps", "--format", "json", b.ID); strings.Contains(r.Stdout, ",") {
		t.Errorf("processes %s, want one", r.Stdout)
	}
}

// TestMissingForAgent: the listener of SCMP_ACT_NOTIFY is taken by pidfd_getfd(2).
func TestMissingForAgent(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	must(t, err)
	defer l.Close()
	b := sh(t, "echo the program runs")
	b.Spec.Linux.Seccomp = box.Seccomp("SCMP_ACT_ALLOW", box.Rule("SCMP_ACT_NOTIFY", "swapon"))
	b.Spec.Linux.Seccomp.ListenerPath = socket
	under(t, b, without("pidfd_getfd"))
	complains(t, b.Run(), 1, "pidfd_getfd", "5.6")
	b.NothingLeft()
}

// TestNoTimeNamespaces: they are a matter of the kernel's configuration.
func TestNoTimeNamespaces(t *testing.T) {
	einval := uint(unix.EINVAL)
	b := sh(t, "echo the program runs")
	b.SetNamespace(specs.LinuxNamespace{Type: specs.TimeNamespace})
	under(t, b, older{{
		Names: []string{"unshare"}, Action: specs.ActErrno, ErrnoRet: &einval,
		Args: []specs.LinuxSeccompArg{{Index: 0, Value: unix.CLONE_NEWTIME, ValueTwo: unix.CLONE_NEWTIME, Op: specs.OpMaskedEqual}},
	}})
	want := "runseal: make a time namespace: unshare: invalid argument (config.json: linux.namespaces[5])\n"
	if r := b.Run(); r.Status != 1 || r.Stdout != "" || r.Stderr != want {
		t.Errorf("exit status %d, stdout %q, stderr %q, want %q", r.Status, r.Stdout, r.Stderr, want)
	}
	b.NothingLeft()
}
