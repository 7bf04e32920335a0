package policy

import (
	"os"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/seccomp"
)

// floor denies two calls with errnos that nothing else gives for them.
const floor = `{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], "flags": [], "syscalls": [
	{"names": ["unshare"], "action": "SCMP_ACT_ERRNO", "errnoRet": 74},
	{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 73}]}`

// script tries what the floor denies, one call that it does not, and shows the mode.
const script = "unshare -u true 2>&1; mkdir /tmp/x 2>&1; rmdir /proc/nothing 2>&1; grep ^Seccomp: /proc/self/status"

var (
	held = []string{"unshare: unshare(0x4000000): Bad message", "mkdir: can't create directory '/tmp/x': RFS specific error", "rmdir: '/proc/nothing': No such file or directory", "Seccomp:\t2"}
	free = []string{"rmdir: '/proc/nothing': No such file or directory", "Seccomp:\t0"}
)

func shell(t *testing.T, policy string) *box.Box {
	b := box.New(t, "/bin/sh", "-c", script)
	b.Global("--policy", policy)
	b.Mount("tmpfs", "tmpfs", "/tmp", "")
	privileged(b)
	return b
}

func check(t *testing.T, who, got string, want []string) {
	t.Helper()
	if lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n"); strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s\nexpected\n%s", who, got, strings.Join(want, "\n"))
	}
}

// An unconfined privileged bundle cannot call what the floor denies, neither its first
// process nor those of exec; without the floor it can.
func TestFloorHoldsPrivileged(t *testing.T) {
	n := newNode(t)
	n.write("floor.json", floor)

	b := shell(t, n.policy(""))
	check(t, "without a floor", b.Run().Stdout, free)

	b = shell(t, n.policy(`"floor": "localhost/floor.json",`))
	check(t, "run", b.Run().Stdout, held)

	b = shell(t, n.policy(`"floor": "localhost/floor.json",`))
	b.Spec.Process.Args = []string{"/bin/sleep", "600"}
	pid := b.Up()
	proved(t, pid, floor, "")
	check(t, "exec", b.Do("exec", b.ID, "/bin/sh", "-c", script).Stdout, held)
	r := b.Do("exec", "--cap", "CAP_NET_RAW", b.ID, "/bin/sh", "-c", script)
	check(t, "exec with a capability", r.Stdout, held)
	b.Must("kill", b.ID, "KILL")
	b.WaitPid(pid)
}

// proved shows that the one filter in force decides all calls as the kernel would
// with the two profiles one after the other; own may be empty.
func proved(t *testing.T, pid int, floor, own string) {
	t.Helper()
	var filters []seccomp.InstalledFilter
	var err error
	box.Eventually(func() bool { // start returns before the program runs
		filters, err = seccomp.ReadFilters(pid)
		return err != nil || len(filters) > 0
	})
	if err != nil || len(filters) != 1 {
		t.Fatalf("%d filters, %v, expected one", len(filters), err)
	}
	var policy *seccomp.Policy
	for _, text := range []string{floor, own} {
		if text == "" {
			continue
		}
		profile, err := seccomp.ParseProfile([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		next, err := seccomp.NewPolicy(profile, seccomp.Options{})
		if err == nil && policy != nil {
			next, err = seccomp.Intersect(policy, next)
		}
		if err != nil {
			t.Fatal(err)
		}
		policy = next
	}
	if err := seccomp.Verify(filters[0].Instructions, policy); err != nil {
		t.Error(err)
	}
}

// With a profile of its own a container has one filter that is both; a stricter
// profile is enforced as it is.
func TestFloorWithProfile(t *testing.T) {
	n := newNode(t)
	n.write("floor.json", floor)
	policy := n.policy(`"floor": "localhost/floor.json",`)
	for _, c := range []struct{ name, own, floor string }{
		{"a wider one", `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["chmod", "fchmodat"], "action": "SCMP_ACT_ERRNO"}]}`, floor},
		{"by argument", `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["unshare"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 67108864, "op": "SCMP_CMP_MASKED_EQ", "valueTwo": 67108864}]}]}`, floor},
		{"a stricter one", `{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], "flags": [], "syscalls": [
			{"names": ["unshare", "chmod"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}, {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]}`, ""},
	} {
		b := shell(t, policy)
		profile, err := seccomp.ParseProfile([]byte(c.own))
		if err != nil {
			t.Fatal(err)
		}
		b.Spec.Linux.Seccomp = profile
		b.Spec.Process.Args = []string{"/bin/sleep", "600"}
		pid := b.Up()
		t.Log(c.name)
		proved(t, pid, c.floor, c.own)
		b.Must("kill", b.ID, "KILL")
		b.WaitPid(pid)
	}
}

// The decision is made at create. What the policy becomes later is for later
// containers, and a policy that has become unreadable keeps none from being operated.
func TestKeptForLife(t *testing.T) {
	n := newNode(t)
	n.write("floor.json", floor)
	b := shell(t, n.policy(`"floor": "localhost/floor.json",`))
	b.Spec.Process.Args = []string{"/bin/sleep", "600"}
	created := b.Create()
	n.policy(``)
	n.write("floor.json", "{")
	pid := b.State().Pid
	b.Must("start", b.ID)
	b.WaitFor("running")
	proved(t, pid, floor, "")
	check(t, "exec after the policy has lost its floor", b.Do("exec", b.ID, "/bin/sh", "-c", script).Stdout, held)
	n.policy(`"flor": 1,`)
	check(t, "exec under a broken policy", b.Do("exec", b.ID, "/bin/sh", "-c", script).Stdout, held)
	for _, args := range [][]string{{"state", b.ID}, {"list"}, {"kill", b.ID, "KILL"}} {
		b.Must(args...)
	}
	b.WaitPid(pid)
	b.Must("delete", b.ID)
	if out := created.Output(); out != "" {
		t.Errorf("output %q", out)
	}

	// And the other way round: a container made before there was a floor.
	n.write("floor.json", floor)
	b = shell(t, n.policy(""))
	b.Spec.Process.Args = []string{"/bin/sleep", "600"}
	pid = b.Up()
	n.policy(`"floor": "localhost/floor.json",`)
	check(t, "exec in a container without a floor", b.Do("exec", b.ID, "/bin/sh", "-c", script).Stdout, free)
	b.Must("kill", b.ID, "KILL")
	b.WaitPid(pid)
}

// The default path, seen in a mount namespace where /etc is the test's own.
func TestDefaultPath(t *testing.T) {
	n := newNode(t)
	n.write("floor.json", floor)
	policy := n.policy(`"floor": "localhost/floor.json",`)
	run := func(prepare string) box.Result {
		b := box.New(t, "/bin/sh", "-c", script)
		b.Mount("tmpfs", "tmpfs", "/tmp", "")
		privileged(b)
		config := b.Config()
		b.WriteConfig(config)
		p := b.Start(wrap("mount --make-rprivate / && mount -t tmpfs tmpfs /etc && "+prepare, policy), "run", "--bundle", b.Dir, b.ID)
		return p.Wait()
	}
	check(t, "no file", run("true").Stdout, free)
	check(t, "no file in a directory", run("mkdir /etc/runseal").Stdout, free)
	check(t, "a policy", run("mkdir /etc/runseal && cp $POLICY /etc/runseal/policy.json").Stdout, held)
	for prepare, want := range map[string]string{
		"mkdir /etc/runseal && ln -s nowhere /etc/runseal/policy.json": "no such file or directory",
		"mkdir /etc/runseal && mkdir /etc/runseal/policy.json":         "/etc/runseal/policy.json: is a directory",
		"touch /etc/runseal": "/etc/runseal/policy.json: not a directory",
		"mkdir /etc/runseal && cp $POLICY /etc/runseal/policy.json && chmod 666 /etc/runseal/policy.json": "mode 0666",
		"mkdir /etc/runseal && sed s/floor/flor/ $POLICY > /etc/runseal/policy.json":                      "flor: unknown member",
		"mkdir /etc/runseal && sed s/floor.json/other.json/ $POLICY > /etc/runseal/policy.json":           `floor: seccomp profile "localhost/other.json": open `,
		"mkdir /etc/runseal && head -c 20 $POLICY > /etc/runseal/policy.json":                             "string without its closing quote",
	} {
		r := run(prepare)
		if r.Status == 0 || r.Stdout != "" || strings.Count(r.Stderr, "\n") != 1 || !strings.HasPrefix(r.Stderr, "runseal: node policy") || !strings.Contains(r.Stderr, want) {
			t.Errorf("%s: exit status %d, stdout %q, stderr %q, expected one line with %s", prepare, r.Status, r.Stdout, r.Stderr, want)
		}
	}
}

// An annotation of config.json is no decision, and a container that carries the other
// engine's keys is not exempt.
func TestForgedAnnotations(t *testing.T) {
	n := newNode(t)
	n.write("floor.json", floor)
	policy := n.policy(`"floor": "localhost/floor.json", "exempt": [{"namespace": "kube-system"}, {"annotations": {"io.github.runseal.seccomp.policy": "*"}}],`)
	const decision = "io.github.runseal.seccomp.policy"
	for _, c := range []struct {
		name        string
		annotations map[string]string
		want        []string
		decision    string
	}{
		{"exempt", map[string]string{"io.kubernetes.cri.sandbox-namespace": "kube-system"}, free, "exempt[0], no profile"},
		{"forged namespace", map[string]string{"io.kubernetes.cri.sandbox-namespace": "default", "io.kubernetes.pod.namespace": "kube-system"}, held, "no profile, floor localhost/floor.json"},
		{"forged decision", map[string]string{decision: "exempt[0], no profile"}, held, "no profile, floor localhost/floor.json"},
	} {
		b := shell(t, policy)
		b.Spec.Annotations = c.annotations
		b.Spec.Process.Args = []string{"/bin/sleep", "600"}
		pid := b.Up()
		check(t, c.name, b.Do("exec", b.ID, "/bin/sh", "-c", script).Stdout, c.want)
		if got := b.State().Annotations[decision]; got != c.decision {
			t.Errorf("%s: state has %q, expected %q", c.name, got, c.decision)
		}
		b.Must("kill", b.ID, "KILL")
		b.WaitPid(pid)
	}
	// Without a policy nobody decides anything.
	b := box.New(t, "/bin/sleep", "600")
	b.Spec.Annotations = map[string]string{decision: "floor", "a": "b"}
	pid := b.Up()
	if got := b.State().Annotations; len(got) != 1 || got["a"] != "b" {
		t.Errorf("annotations %v, expected config.json's own without the decision", got)
	}
	b.Must("kill", b.ID, "KILL")
	b.WaitPid(pid)
}

// The decision is in the log, and in the plan.
func TestShown(t *testing.T) {
	n := newNode(t)
	n.write("floor.json", floor)
	policy := n.policy(`"floor": "localhost/floor.json",`)
	b := shell(t, policy)
	log := n.root + "/log"
	b.Global("--log", log, "--log-format", "json")
	if r := b.Run(); r.Status != 0 || strings.Contains(r.Stderr, "policy") {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if want := `"msg":"node policy ` + policy + `: no profile, floor localhost/floor.json"`; strings.Count(string(data), want) != 1 || !strings.Contains(string(data), `"level":"info"`) {
		t.Errorf("the log has\n%s\nexpected %s", data, want)
	}
	r := b.Must("plan", b.Dir)
	if first, _, _ := strings.Cut(r.Stdout, "\n"); first != "   -  linux.seccomp: node policy "+policy+": no profile, floor localhost/floor.json" {
		t.Errorf("plan begins with %q", first)
	}
	if !strings.Contains(r.Stdout, "seccomp(") {
		t.Errorf("no seccomp in\n%s", r.Stdout)
	}
}

// A container that sets nothing gets the node's profile.
func TestDefault(t *testing.T) {
	n := newNode(t)
	n.write("default.json", floor)
	b := shell(t, n.policy(`"default": "localhost/default.json",`))
	check(t, "default", b.Run().Stdout, held)
	b = shell(t, n.policy(`"default": "runtime/default",`))
	b.Spec.Process.Capabilities = box.Capabilities(box.DefaultCaps()...)
	check(t, "runtime/default", b.Run().Stdout, []string{"unshare: unshare(0x4000000): Operation not permitted",
		"rmdir: '/proc/nothing': No such file or directory", "Seccomp:\t2"})
}

// A container that is not strict enough is refused with one line that names the calls,
// and leaves nothing.
func TestRequire(t *testing.T) {
	n := newNode(t)
	n.write("floor.json", floor)
	policy := n.policy(`"require": "localhost/floor.json",`)
	for _, c := range []struct {
		name string
		own  *specs.LinuxSeccomp
		want string
	}{
		{"no profile", nil, "the container has no linux.seccomp and would run without a filter, expected a profile at least as strict as localhost/floor.json"},
		{"all of it", box.Seccomp(specs.ActAllow), "linux.seccomp is less strict than localhost/floor.json: mkdir, mkdirat, unshare"},
		{"one call", box.Seccomp(specs.ActAllow, box.Errno(1, "mkdir", "mkdirat")), "linux.seccomp is less strict than localhost/floor.json: unshare"},
	} {
		b := shell(t, policy)
		b.Spec.Linux.Seccomp = c.own
		r := b.Run()
		if want := "runseal: node policy " + policy + ": require: " + c.want; r.Status == 0 || r.Stdout != "" || !strings.HasPrefix(r.Stderr, want) || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("%s: exit status %d, stderr %q, expected %s", c.name, r.Status, r.Stderr, want)
		}
		b.NothingLeft()
	}
}
