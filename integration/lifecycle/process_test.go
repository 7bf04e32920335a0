package lifecycle

import (
	"fmt"
	"os"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestEnvironment(t *testing.T) {
	b := sh(t, "env | grep -v RUNSEAL_IT | sort")
	b.Spec.Process.Env = append(b.Spec.Process.Env, "EMPTY=", "SPACES=a  b", "EQUALS=a=b=c", "UMLAUT=ü")
	t.Setenv("FROM_THE_CALLER", "leaked")
	out := output(t, b)
	for _, line := range []string{"EMPTY=", "SPACES=a  b", "EQUALS=a=b=c", "UMLAUT=ü", "HOME=/root"} {
		if !strings.Contains("\n"+out, "\n"+line+"\n") {
			t.Errorf("no %q in %q", line, out)
		}
	}
	if strings.Contains(out, "FROM_THE_CALLER") {
		t.Errorf("the caller's environment is inside: %q", out)
	}
}

// PATH of the container's environment finds args[0], not the caller's.
func TestProgramIsFoundByTheContainersPath(t *testing.T) {
	b := box.New(t, "tool")
	b.File("opt/one/tool", "#!/bin/sh\necho not this one\n", 0o644)
	b.File("opt/two/tool", "#!/bin/sh\necho found\n", 0o755)
	b.Spec.Process.Env = append(b.Spec.Process.Env[1:], "PATH=/nowhere:/opt/one:/opt/two:/bin")
	if out := output(t, b); out != "found\n" {
		t.Errorf("output %q", out)
	}
}

func TestUserAndGroups(t *testing.T) {
	b := sh(t, "id -u; id -g; id -G; umask; grep -E '^(Uid|Gid|Groups):' /proc/self/status")
	mask := uint32(0o077)
	b.Spec.Process.User = specs.User{UID: 1234, GID: 2345, AdditionalGids: []uint32{10, 20, 2147483647}, Umask: &mask}
	want := "1234\n2345\n2345 10 20 2147483647\n0077\nUid:\t1234\t1234\t1234\t1234\nGid:\t2345\t2345\t2345\t2345\nGroups:\t10 20 2147483647 \n"
	if out := output(t, b); out != want {
		t.Errorf("got\n%s\nexpected\n%s", out, want)
	}
}

// The caller's own groups are not inherited.
func TestNoAdditionalGroups(t *testing.T) {
	if out := output(t, sh(t, "grep ^Groups: /proc/self/status")); strings.TrimSpace(strings.TrimPrefix(out, "Groups:")) != "" {
		t.Errorf("got %q", out)
	}
}

// CVE-2016-3697: uids are numbers, whatever /etc/passwd makes of them.
func TestCVE_2016_3697_PasswdDoesNotMatter(t *testing.T) {
	b := sh(t, "id -u")
	b.File("etc/passwd", "root:x:0:0::/:/bin/sh\n1000:x:0:0::/:/bin/sh\n", 0o644)
	b.Spec.Process.User = specs.User{UID: 1000, GID: 1000}
	if out := output(t, b); out != "1000\n" {
		t.Errorf("got uid %q", out)
	}
}

func TestUmaskDefault(t *testing.T) {
	if out := output(t, sh(t, "umask")); out != "0022\n" {
		t.Errorf("umask is %q", out)
	}
}

func TestRlimits(t *testing.T) {
	b := sh(t, "cat /proc/self/limits")
	b.Spec.Process.Rlimits = []specs.POSIXRlimit{
		{Type: "RLIMIT_NOFILE", Soft: 100, Hard: 200}, {Type: "RLIMIT_CORE", Soft: 0, Hard: 0},
		{Type: "RLIMIT_NPROC", Soft: 500, Hard: 600}, {Type: "RLIMIT_STACK", Soft: 1 << 20, Hard: 2 << 20},
		{Type: "RLIMIT_FSIZE", Soft: 1 << 30, Hard: ^uint64(0)},
	}
	out := output(t, b)
	for _, want := range []string{"Max open files 100 200 files", "Max core file size 0 0 bytes", "Max processes 500 600 processes", "Max stack size 1048576 2097152 bytes", "Max file size 1073741824 unlimited bytes"} {
		found := false
		for _, l := range strings.Split(out, "\n") {
			found = found || strings.Join(strings.Fields(l), " ") == want
		}
		if !found {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// Only raising works without CAP_SYS_RESOURCE; the tests do not need more.
func TestOOMScoreAdj(t *testing.T) {
	b := sh(t, "cat /proc/self/oom_score_adj")
	score := 321
	b.Spec.Process.OOMScoreAdj = &score
	if out := output(t, b); out != "321\n" {
		t.Errorf("oom_score_adj is %q", out)
	}
}

func TestNoOOMScoreAdjKeepsTheCallers(t *testing.T) {
	own, err := os.ReadFile("/proc/self/oom_score_adj")
	if err != nil {
		t.Fatal(err)
	}
	if out := output(t, sh(t, "cat /proc/self/oom_score_adj")); out != string(own) {
		t.Errorf("oom_score_adj is %q, the caller's is %q", out, own)
	}
}

// No signal is blocked or ignored, there is one thread, no tracer and no
// parent-death signal, and the process leads its own session.
func TestCleanProcess(t *testing.T) {
	out := output(t, box.New(t, "/bin/sh", "-c", "cat /proc/self/status; cut -d' ' -f5,6 /proc/1/stat"))
	for _, line := range []string{"SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000", "ShdPnd:\t0000000000000000", "Threads:\t1", "TracerPid:\t0"} {
		if !strings.Contains(out, line+"\n") {
			t.Errorf("no %q in\n%s", line, out)
		}
	}
	if !strings.HasSuffix(out, "\n1 1\n") {
		t.Errorf("process group and session of process 1 are not 1 and 1:\n%s", out)
	}
}

// A container's process survives the end of the runtime that created it, and
// of the one that started it.
func TestNoParentDeathSignal(t *testing.T) {
	b := sh(t, "sleep 600")
	pid := b.Up()
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err != nil {
		t.Fatal(err)
	}
	if s := b.State(); s.Status != "running" {
		t.Errorf("state is %q", s.Status)
	}
}

func TestManyArgumentsAndVariables(t *testing.T) {
	b := box.New(t, "/bin/sh", "-c", `echo $#; echo $LAST | wc -c`, "sh")
	for i := range 5000 {
		b.Spec.Process.Args = append(b.Spec.Process.Args, fmt.Sprintf("argument-%d", i))
	}
	b.Spec.Process.Env = append(b.Spec.Process.Env, "LAST="+strings.Repeat("x", 100000))
	if out := output(t, b); out != "5000\n100001\n" {
		t.Errorf("got %q", out)
	}
}

func TestSysctl(t *testing.T) {
	b := sh(t, "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shm_rmid_forced /proc/sys/net/ipv4/ping_group_range")
	b.Spec.Linux.Sysctl = map[string]string{"net.ipv4.ip_forward": "1", "kernel/shm_rmid_forced": "1", "net.ipv4.ping_group_range": "0 100"}
	host, err := os.ReadFile("/proc/sys/kernel/shm_rmid_forced")
	if err != nil {
		t.Fatal(err)
	}
	if out := output(t, b); out != "1\n1\n0\t100\n" {
		t.Errorf("got %q", out)
	}
	if now, _ := os.ReadFile("/proc/sys/kernel/shm_rmid_forced"); string(now) != string(host) {
		t.Errorf("the host's value has changed from %q to %q", host, now)
	}
}
