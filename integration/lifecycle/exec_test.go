package lifecycle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// sleeper is a running container to exec into.
func sleeper(t *testing.T) *box.Box {
	t.Helper()
	b := box.New(t, "/bin/sleep", "600")
	b.Spec.Process.Env = append(b.Spec.Process.Env, "FROM_CONFIG=yes")
	b.Up()
	return b
}

// in runs exec with flags before the id and returns what was written.
func in(t *testing.T, b *box.Box, flags []string, argv ...string) string {
	t.Helper()
	r := b.Do(slices.Concat([]string{"exec"}, flags, []string{b.ID}, argv)...)
	if r.Status != 0 || r.Stderr != "" {
		t.Fatalf("exec %q %q: exit status %d, stdout %q, stderr %q", flags, argv, r.Status, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

func TestExecExitStatus(t *testing.T) {
	b := sleeper(t)
	for _, code := range []int{0, 1, 42, 127, 255} {
		if r := b.Do("exec", b.ID, "/bin/sh", "-c", fmt.Sprintf("exit %d", code)); r.Status != code || r.Stderr != "" {
			t.Errorf("exit %d: exit status %d, stderr %q", code, r.Status, r.Stderr)
		}
	}
	for _, sig := range []unix.Signal{unix.SIGTERM, unix.SIGKILL, unix.SIGSEGV} {
		if r := b.Do("exec", b.ID, "/bin/sh", "-c", fmt.Sprintf("kill -%d $$", int(sig))); r.Status != 128+int(sig) {
			t.Errorf("%v: exit status %d, stderr %q", sig, r.Status, r.Stderr)
		}
	}
	if s := b.State(); s.Status != "running" {
		t.Errorf("the container is %q afterwards", s.Status)
	}
}

// Arguments behind the id are the command's, also when they look like flags.
func TestExecArguments(t *testing.T) {
	b := sleeper(t)
	want := "-d\n--detach\n\na b\n--\n"
	if got := in(t, b, nil, "/bin/sh", "-c", `printf '%s\n' "$@"`, "sh", "-d", "--detach", "", "a b", "--"); got != want {
		t.Errorf("arguments arrived as %q, expected %q", got, want)
	}
	if got := in(t, b, nil, "uname", "-n"); got != "sealed\n" {
		t.Errorf("uname -n by PATH: %q", got)
	}
}

// A process that exec starts is in the container's namespaces and cgroups,
// has its filter state, and is not visible as anything of the host.
func TestExecJoinsEverything(t *testing.T) {
	b := sleeper(t)
	pid := b.State().Pid
	for _, ns := range []string{"pid", "net", "ipc", "uts", "mnt", "user", "cgroup"} {
		want, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, ns))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(in(t, b, nil, "readlink", "/proc/self/ns/"+ns)); got != want {
			t.Errorf("namespace %s is %s, the container's is %s", ns, got, want)
		}
	}
	want, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		t.Fatal(err)
	}
	if got := in(t, b, nil, "cat", "/proc/self/cgroup"); got != string(want) {
		t.Errorf("cgroups of exec's process are\n%s\nthe container's are\n%s", got, want)
	}
	if got := in(t, b, nil, "cat", "/proc/1/comm"); got != "sleep\n" {
		t.Errorf("process 1 is %q", got)
	}
}

func TestExecFlags(t *testing.T) {
	b := sleeper(t)
	if got := in(t, b, nil, "sh", "-c", "echo $FROM_CONFIG; pwd; id -u; id -g"); got != "yes\n/\n0\n0\n" {
		t.Errorf("defaults: %q", got)
	}
	if got := in(t, b, []string{"--cwd", "/tmp"}, "pwd"); got != "/tmp\n" {
		t.Errorf("--cwd: %q", got)
	}
	if got := in(t, b, []string{"--env", "A=1", "--env", "B=two words", "--env", "FROM_CONFIG=no"}, "sh", "-c", "echo $A; echo $B; echo $FROM_CONFIG"); got != "1\ntwo words\nno\n" {
		t.Errorf("--env: %q", got)
	}
	if got := in(t, b, []string{"-e", "A=1"}, "sh", "-c", "echo $A"); got != "1\n" {
		t.Errorf("-e: %q", got)
	}
	if got := in(t, b, []string{"--user", "1000:1001"}, "id"); !strings.HasPrefix(got, "uid=1000(user) gid=1001") || strings.Contains(got, "groups=0") {
		t.Errorf("--user 1000:1001: %q", got)
	}
	if got := in(t, b, []string{"-u", "1000"}, "id", "-u"); got != "1000\n" {
		t.Errorf("-u 1000: %q", got)
	}
	groups := strings.Fields(in(t, b, []string{"--user", "1000:1000", "--additional-gids", "2000", "--additional-gids", "3000"}, "id", "-G"))
	if strings.Join(groups, " ") != "1000 2000 3000" {
		t.Errorf("--additional-gids: id -G is %q", groups)
	}
	if got := in(t, b, []string{"-g", "2000"}, "id", "-G"); !strings.Contains(got, "2000") {
		t.Errorf("-g: id -G is %q", got)
	}
	status := in(t, b, []string{"--no-new-privs"}, "cat", "/proc/self/status")
	if !strings.Contains(status, "NoNewPrivs:\t1\n") {
		t.Errorf("--no-new-privs:\n%s", status)
	}
}

func capLine(t *testing.T, status, name string) string {
	t.Helper()
	for _, l := range strings.Split(status, "\n") {
		if f := strings.Fields(l); len(f) == 2 && f[0] == name+":" {
			return strings.TrimLeft(f[1], "0")
		}
	}
	t.Fatalf("no %s in %q", name, status)
	return ""
}

// --cap adds a capability, to no inheritable set (CVE-2022-29162).
func TestCVE_2022_29162_ExecCap(t *testing.T) {
	b := box.New(t, "/bin/sleep", "600")
	b.Spec.Process.Capabilities = box.Capabilities("CAP_KILL")
	b.Up()
	got := in(t, b, []string{"--cap", "CAP_NET_ADMIN"}, "cat", "/proc/self/status") // bit 12; CAP_KILL is 5
	for name, want := range map[string]string{"CapInh": "", "CapPrm": "1020", "CapEff": "1020", "CapBnd": "1020"} {
		if v := capLine(t, got, name); v != want {
			t.Errorf("%s is %q, expected %q", name, v, want)
		}
	}
	if v := capLine(t, in(t, b, nil, "cat", "/proc/self/status"), "CapBnd"); v != "20" {
		t.Errorf("CapBnd without --cap is %q, expected 20", v)
	}
	r := b.Do("exec", "--cap", "CAP_NOT_THERE", b.ID, "/bin/true")
	if r.Status == 0 || !strings.Contains(r.Stderr, "CAP_NOT_THERE") {
		t.Errorf("an unknown capability: exit status %d, stderr %q", r.Status, r.Stderr)
	}
}

func TestExecProcessFile(t *testing.T) {
	b := sleeper(t)
	mask := uint32(0o027)
	p := specs.Process{
		Args: []string{"/bin/sh", "-c", "id -u; id -G; pwd; echo $X; umask; ulimit -n; grep -E 'CapEff|NoNewPrivs' /proc/self/status"},
		Env:  []string{"PATH=/bin", "X=from file"}, Cwd: "/var",
		User:            specs.User{UID: 1000, GID: 1001, AdditionalGids: []uint32{7}, Umask: &mask},
		Capabilities:    box.Capabilities("CAP_KILL"),
		Rlimits:         []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 99, Hard: 100}},
		NoNewPrivileges: true,
	}
	file := processFile(t, b, p)
	r := b.Do("exec", "--process", file, b.ID)
	want := "1000\n1001 7\n/var\nfrom file\n0027\n99\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\n"
	if r.Status != 0 || r.Stdout != want || r.Stderr != "" {
		t.Errorf("exit status %d, stderr %q, stdout\n%s\nexpected\n%s", r.Status, r.Stderr, r.Stdout, want)
	}
}

func processFile(t *testing.T, b *box.Box, p specs.Process) string {
	t.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(b.Dir, "process.json")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestExecBadProcessFile(t *testing.T) {
	b := sleeper(t)
	for name, text := range map[string]string{
		"empty": ``, "list": `[]`, "no args": `{"cwd":"/"}`, "string for bool": `{"args":["/bin/true"],"cwd":"/","noNewPrivileges":"true"}`,
		"relative cwd": `{"args":["/bin/true"],"cwd":"tmp"}`, "uid": `{"args":["/bin/true"],"cwd":"/","user":{"uid":4294967296,"gid":0}}`,
	} {
		file := filepath.Join(b.Dir, "bad.json")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if r := b.Do("exec", "--process", file, b.ID); r.Status == 0 || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("%s: exit status %d, stderr %q; expected an error of one line", name, r.Status, r.Stderr)
		}
	}
	if r := b.Do("exec", "--process", filepath.Join(b.Dir, "nowhere.json"), b.ID); r.Status == 0 || !strings.Contains(r.Stderr, "no such file") {
		t.Errorf("a missing file: exit status %d, stderr %q", r.Status, r.Stderr)
	}
}

func TestCVE_2026_30892_ExecUser(t *testing.T) {
	b := sleeper(t)
	for _, user := range []string{"-1", "4294967295", "4294967296", "1:-1", "1:4294967295", "x", "1:x", ":", "1:2:3", " 1"} {
		if r := b.Do("exec", "--user="+user, b.ID, "/bin/id"); r.Status == 0 || r.Stdout != "" {
			t.Errorf("--user=%q: exit status %d, stdout %q", user, r.Status, r.Stdout)
		}
	}
}

func TestExecDetached(t *testing.T) {
	b := sleeper(t)
	pidFile := filepath.Join(b.Dir, "exec.pid")
	p := b.Start(nil, "exec", "--detach", "--pid-file", pidFile, b.ID, "/bin/sh", "-c", "sleep 0.1; echo late; exit 12")
	if r := p.Wait(); r.Status != 0 || r.Stdout != "" || r.Stderr != "" {
		t.Fatalf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
	if got := b.WaitPid(readPid(t, pidFile)); got != 12 {
		t.Errorf("exec's process ended with %d, expected 12", got)
	}
	p.WaitOutput("late\n")
	if s := b.State(); s.Status != "running" {
		t.Errorf("the container is %q", s.Status)
	}
}

func TestExecForwardsSignals(t *testing.T) {
	b := sleeper(t)
	p := b.Start(nil, "exec", b.ID, "/bin/sh", "-c", "trap 'exit 5' TERM; echo ready; while :; do sleep 0.02; done")
	p.WaitOutput("ready\n")
	if err := unix.Kill(p.Process.Pid, unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if r := p.Wait(); r.Status != 5 {
		t.Errorf("exit status %d, stderr %q; expected 5", r.Status, r.Stderr)
	}
}

// exec into a container that is created but not started works too: engines run
// their hooks' helpers like this.
func TestExecInACreatedContainer(t *testing.T) {
	b := sh(t, "sleep 60")
	b.Create()
	if got := in(t, b, nil, "echo", "early"); got != "early\n" {
		t.Errorf("output %q", got)
	}
	if s := b.State(); s.Status != "created" {
		t.Errorf("the container is %q", s.Status)
	}
}

// exec's processes go with the container.
func TestExecEndsWithTheContainer(t *testing.T) {
	b := sleeper(t)
	pid := b.State().Pid
	p := b.Start(nil, "exec", b.ID, "/bin/sh", "-c", "echo up; sleep 600")
	p.WaitOutput("up\n")
	b.Must("kill", b.ID, "KILL")
	if r := p.Wait(); r.Status != 137 {
		t.Errorf("exec ended with %d, expected 137", r.Status)
	}
	b.WaitPid(pid)
}

// A process file without capabilities gets the container's, as under runc and crun; one
// that has them empty gets none.
func TestExecProcessFileWithoutCapabilities(t *testing.T) {
	b := sleeper(t)
	own := b.Do("exec", b.ID, "/bin/grep", "Cap", "/proc/self/status").Stdout
	p := specs.Process{Args: []string{"/bin/grep", "Cap", "/proc/self/status"}, Cwd: "/"}
	if r := b.Do("exec", "--process", processFile(t, b, p), b.ID); r.Stdout != own || own == "" {
		t.Errorf("%s%s, expected %s", r.Stdout, r.Stderr, own)
	}
	p.Capabilities = &specs.LinuxCapabilities{}
	if r := b.Do("exec", "--process", processFile(t, b, p), b.ID); !strings.Contains(r.Stdout, "CapBnd:\t0000000000000000\n") {
		t.Errorf("%s%s, expected none", r.Stdout, r.Stderr)
	}
}

// --env replaces what config.json has; a program sees each variable once.
func TestExecEnvReplaces(t *testing.T) {
	b := sleeper(t)
	env := func(args ...string) string {
		r := b.Do(append([]string{"exec"}, append(args, b.ID, "/bin/env")...)...)
		if r.Status != 0 {
			t.Fatalf("exit status %d, stderr %q", r.Status, r.Stderr)
		}
		return r.Stdout
	}
	before := env()
	if !strings.Contains(before, "PATH=") {
		t.Fatalf("%q", before)
	}
	after := env("--env", "PATH=/bin:/new", "--env", "A=1", "--env", "A=2", "--env", "HOME=")
	if n := strings.Count(after, "PATH="); n != 1 || !strings.Contains(after, "PATH=/bin:/new\n") || !strings.Contains(after, "A=2\n") || strings.Contains(after, "A=1\n") || strings.Contains(after, "HOME=\n") || strings.Count(after, "HOME=/") != 1 {
		t.Errorf("%q", after)
	}
}
