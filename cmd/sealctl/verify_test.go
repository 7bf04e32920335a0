package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/cmd/sealctl/internal/procs"
	"github.com/runseal/runseal/cmd/sealctl/internal/runtimes"
	"github.com/runseal/runseal/runtime/state"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bpf"
)

// victimProfile is what a process of TestVerifyProcess runs under.
const victimProfile = `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["swapon"], "action": "SCMP_ACT_ERRNO"}]}`

// victimVariable makes the test program a process with that many filters.
const victimVariable = "SEALCTL_TEST_FILTERS"

func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(victimVariable)); err == nil {
		fmt.Fprintln(os.Stderr, victim(n)) // it returns only if something failed
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// victim becomes cat(1) under n filters.
func victim(n int) error {
	argv := []string{"/bin/cat"}
	if n == 0 {
		return unix.Exec(argv[0], argv, nil)
	}
	runtime.LockOSThread() // filters are of a thread
	profile, err := seccomp.ParseProfile([]byte(victimProfile))
	if err != nil {
		return err
	}
	f, err := seccomp.Compile(profile, seccomp.Options{})
	if err != nil {
		return err
	}
	if err := seccomp.NoNewPrivs(); err != nil {
		return err
	}
	for range n - 1 {
		if err := f.Install(); err != nil {
			return err
		}
	}
	return f.Exec(argv[0], argv, nil)
}

// startVictim returns the pid of a process that has executed cat under n filters.
func startVictim(t *testing.T, n int) int {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{fmt.Sprintf("%s=%d", victimVariable, n)}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // cat ends at the end of its input
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	if _, err := io.WriteString(in, "ready\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return cmd.Process.Pid
}

// TestVerifyProcess reads the filters of real processes back, by pid and as those of
// a container.
func TestVerifyProcess(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("reading the filters of a process needs root")
	}
	none, one, two := startVictim(t, 0), startVictim(t, 1), startVictim(t, 2)
	root := filepath.Join(t.TempDir(), "root")
	container(t, root, "none", none, `{"ociVersion":"1.2.0","linux":{}}`)
	container(t, root, "lost", none, `{"ociVersion":"1.2.0","linux":{"seccomp":`+victimProfile+`}}`)
	container(t, root, "one", one, `{"ociVersion":"1.2.0","linux":{"seccomp":`+victimProfile+`}}`)
	container(t, root, "foreign", one, `{"ociVersion":"1.2.0"}`)
	container(t, root, "two", two, `{"ociVersion":"1.2.0","linux":{"seccomp":`+victimProfile+`}}`)
	stricter := strings.Replace(victimProfile, `"swapon"`, `"swapon", "swapoff"`, 1)
	loud := strings.Replace(victimProfile, `"syscalls"`, `"flags": ["SECCOMP_FILTER_FLAG_LOG"], "syscalls"`, 1)
	for _, c := range []struct {
		in     string
		args   []string
		status int
		want   string // in the one line
	}{
		{victimProfile, []string{"--profile", "-", strconv.Itoa(one)}, 0, fmt.Sprintf("process %d: proved: its filter (", one)},
		{stricter, []string{"--profile", "-", strconv.Itoa(one)}, 1, "swapoff(0x0, 0x0, 0x0, 0x0, 0x0, 0x0): the program returns SCMP_ACT_ALLOW, the policy says SCMP_ACT_ERRNO(1 EPERM)"},
		{victimProfile, []string{"--profile", "-", "--kill-thread", strconv.Itoa(one)}, 1, "the program returns SCMP_ACT_KILL_PROCESS, the policy says SCMP_ACT_KILL_THREAD"},
		{loud, []string{"--profile", "-", strconv.Itoa(one)}, 1, "lacks the profile's SECCOMP_FILTER_FLAG_LOG"},
		{victimProfile, []string{"--profile", "-", strconv.Itoa(none)}, 1, "it has no filter, but there is a profile"},
		{victimProfile, []string{"--profile", "-", strconv.Itoa(two)}, 2, "it has 2 filters, expected one"},
		{"", []string{"--root", root, "one"}, 0, fmt.Sprintf("container one (process %d): proved", one)},
		{stricter, []string{"--root", root, "--profile", "-", "one"}, 1, "container one (process "},
		{"", []string{"--root", root, "none"}, 0, "it has no filter, and its config.json has no linux.seccomp"},
		{"", []string{"--root", root, "lost"}, 1, "it has no filter, but there is a profile"},
		{"", []string{"--root", root, "foreign"}, 1, "it has 1 filters, but its config.json has no linux.seccomp"},
		{"", []string{"--root", root, "two"}, 2, "it has 2 filters, expected one"},
	} {
		status, stdout, stderr := sealctl(c.in, append([]string{"verify"}, c.args...)...)
		said, silent := stdout, stderr
		if c.status == 2 {
			said, silent = stderr, stdout
		}
		if status != c.status || silent != "" || !strings.Contains(said, c.want) || strings.Count(said, "\n") != 1 {
			t.Errorf("%v: status %d, stdout %q, stderr %q, want %d and %q", c.args, status, stdout, stderr, c.status, c.want)
		}
	}

	_, listing, _ := sealctl(victimProfile, "compile", "-")
	n := strings.Count(listing, "\n")
	for pid, want := range map[int]string{
		one: fmt.Sprintf("filter 1 of 1, %d instructions:\n%s", n, listing),
		two: fmt.Sprintf("filter 2 of 2, %d instructions:\n%sfilter 1 of 2, %[1]d instructions:\n%[2]s", n, listing),
	} {
		if status, stdout, stderr := sealctl("", "disasm", "--pid", strconv.Itoa(pid)); status != 0 || stderr != "" || stdout != want {
			t.Errorf("status %d\n%s%swant\n%s", status, stdout, stderr, want)
		}
	}
	if status, stdout, stderr := sealctl("", "disasm", "--pid", strconv.Itoa(none)); status != 1 || stdout != "" || !strings.Contains(stderr, "has no seccomp filter") {
		t.Errorf("no filter: status %d, %q, %q", status, stdout, stderr)
	}
}

// container makes the state of a container whose process is pid.
func container(t *testing.T, root, id string, pid int, config string) *state.Dir {
	t.Helper()
	var start uint64
	if pid != 0 {
		var err error
		if start, _, err = state.ProcessStart(pid); err != nil {
			t.Fatal(err)
		}
	}
	d, err := state.Create(root, id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Save(&state.State{ID: id, OCIVersion: "1.2.0", Pid: pid, StartTime: start, Config: []byte(config)}); err != nil {
		t.Fatal(err)
	}
	d.Unlock()
	return d
}

// An engine with a state directory of its own: the message has the way to find it.
func TestVerifyNamesRoot(t *testing.T) {
	c := &procs.Container{ID: "0123456789ab", Engine: procs.Docker, First: &procs.Process{Status: procs.Status{Pid: os.Getpid()}}}
	p, err := ofContainer(c, runtimes.Host{Root: t.TempDir(), Runseal: "/run/runseal"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.config.err; err == nil || !strings.Contains(err.Error(), "--root DIR") {
		t.Errorf("%v, expected an error that names --root", err)
	}
}

// What there is to say about a container before its process is looked at.
func TestVerifyContainerErrors(t *testing.T) {
	root := filepath.Join(t.TempDir(), "root")
	const config = `{"ociVersion":"1.2.0","linux":{"seccomp":` + victimProfile + `}}`
	container(t, root, "creating", 0, config)
	if err := os.WriteFile(container(t, root, "created", os.Getpid(), config).FifoPath(), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	early := container(t, root, "early", os.Getpid(), config)
	if err := os.WriteFile(filepath.Join(early.Path(), ".exec.fifo"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	container(t, root, "unreadable", os.Getpid(), `{"ociVersion":1}`)
	d := container(t, root, "stopped", os.Getpid(), config)
	s, err := d.Load()
	if err != nil {
		t.Fatal(err)
	}
	s.StartTime++
	if err := d.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := d.Save(s); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		"creating":   `container "creating" is being created`,
		"created":    `container "created" is not started`,
		"early":      `container "early" is not started`,
		"stopped":    `container "stopped" has stopped`,
		"unreadable": `container "unreadable": config.json: ociVersion: `,
		"missing":    `container "missing" below ` + root + `: `,
		"../x":       `container "../x" below `,
	} {
		status, stdout, stderr := sealctl("", "verify", "--root", root, id)
		if status != 2 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, %q, %q, want %q", id, status, stdout, stderr, want)
		}
	}
}

func TestFilterDifference(t *testing.T) {
	policyOf := func(text string) *seccomp.Policy {
		profile, err := seccomp.ParseProfile([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		p, err := seccomp.NewPolicy(profile, seccomp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := policyOf(victimProfile)
	f, err := p.Compile()
	if err != nil {
		t.Fatal(err)
	}
	good := seccomp.InstalledFilter{Instructions: f.Instructions}
	loud := seccomp.InstalledFilter{Instructions: f.Instructions, Flags: unix.SECCOMP_FILTER_FLAG_LOG}
	open := seccomp.InstalledFilter{Instructions: []bpf.Instruction{{Op: 0x06, K: uint32(seccomp.Allow)}}}
	invalid := seccomp.InstalledFilter{Instructions: []bpf.Instruction{{Op: 0xff}}}
	for _, c := range []struct {
		name       string
		filters    []seccomp.InstalledFilter
		policy     *seccomp.Policy
		want, fail string
	}{
		{"equal", []seccomp.InstalledFilter{good}, p, "", ""},
		{"nothing", nil, nil, "", ""},
		{"missing", nil, p, "no filter", ""},
		{"unexpected", []seccomp.InstalledFilter{good, good}, nil, "2 filters", ""},
		{"several", []seccomp.InstalledFilter{good, good}, p, "", "2 filters, expected one"},
		{"weaker", []seccomp.InstalledFilter{open}, p, "the program returns SCMP_ACT_ALLOW, the policy says SCMP_ACT_", ""},
		{"log", []seccomp.InstalledFilter{loud}, p, "has SECCOMP_FILTER_FLAG_LOG", ""},
		{"invalid", []seccomp.InstalledFilter{invalid}, p, "", "instruction 0"},
	} {
		found, err := filterDifference(c.filters, c.policy, "its config.json has no linux.seccomp")
		switch {
		case c.fail != "" && (err == nil || !strings.Contains(err.Error(), c.fail) || found != ""):
			t.Errorf("%s: %q, %v, want the error %q", c.name, found, err, c.fail)
		case c.fail == "" && (err != nil || (c.want == "") != (found == "") || !strings.Contains(found, c.want)):
			t.Errorf("%s: %q, %v, want %q", c.name, found, err, c.want)
		}
	}
}

// Calls that another runtime's libseccomp did not know and left open are a difference,
// and the one that is said: not that the thread is killed, which is that runtime's way.
func TestVerifyAllowance(t *testing.T) {
	profile := func(names string) *specs.LinuxSeccomp {
		p, err := seccomp.ParseProfile([]byte(strings.Replace(victimProfile, `"swapon"`, names, 1)))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	made, err := seccomp.Compile(profile(`"mount"`), seccomp.Options{KillThread: true})
	if err != nil {
		t.Fatal(err)
	}
	filters := []seccomp.InstalledFilter{{Instructions: made.Instructions}}
	c := cli.NewContext(cli.NewApp(), flag.NewFlagSet("verify", flag.ContinueOnError), nil)
	for names, want := range map[string]string{
		`"mount"`:          "",
		`"mseal", "mount"`: "mseal(0x0, 0x0, 0x0, 0x0, 0x0, 0x0): the program returns SCMP_ACT_ALLOW, the policy says SCMP_ACT_ERRNO(1 EPERM)",
	} {
		expected := expectation{profile: profile(names), said: "the profile says"}
		expected.policy, err = seccomp.NewPolicy(expected.profile, seccomp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found, err := filterDifference(filters, expected.policy, expected.said)
		if err != nil || !strings.Contains(found, "as libseccomp has it") {
			t.Fatalf("%q, %v", found, err)
		}
		got, said, err := expected.allow(c, &process{runtime: "runc"}, filters, found)
		if err != nil || (want == "") != (got == "") || !strings.Contains(got, want) || (want == "") != strings.Contains(said, "kill the thread") {
			t.Errorf("%s: %q, %q, %v, want %q", names, got, said, err, want)
		}
	}
}
