package lifecycle

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// files under /proc/PID/ns, and the names that config.json has for them.
var nsFiles = map[string]specs.LinuxNamespaceType{
	"pid": specs.PIDNamespace, "net": specs.NetworkNamespace, "ipc": specs.IPCNamespace,
	"uts": specs.UTSNamespace, "mnt": specs.MountNamespace, "cgroup": specs.CgroupNamespace, "user": specs.UserNamespace,
}

func nsID(t *testing.T, pid any, file string) string {
	t.Helper()
	id, err := os.Readlink(fmt.Sprintf("/proc/%v/ns/%s", pid, file))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// What is listed is new, and what is not listed is the host's.
func TestNewNamespaces(t *testing.T) {
	all := []specs.LinuxNamespaceType{specs.PIDNamespace, specs.NetworkNamespace, specs.IPCNamespace, specs.UTSNamespace, specs.CgroupNamespace}
	for _, list := range [][]specs.LinuxNamespaceType{all, nil, {specs.PIDNamespace}, {specs.NetworkNamespace, specs.CgroupNamespace}} {
		t.Run(fmt.Sprint(list), func(t *testing.T) {
			b := sh(t, "sleep 600")
			b.Spec.Hostname = ""
			b.Spec.Linux.Namespaces = []specs.LinuxNamespace{{Type: specs.MountNamespace}}
			for _, typ := range list {
				b.SetNamespace(specs.LinuxNamespace{Type: typ})
			}
			if !slices.Contains(list, specs.NetworkNamespace) {
				// sysfs belongs to a network namespace, and so does the right to mount it.
				b.Spec.Mounts = slices.DeleteFunc(b.Spec.Mounts, func(m specs.Mount) bool { return m.Type == "sysfs" })
			}
			pid := b.Up()
			for file, typ := range nsFiles {
				isNew := nsID(t, pid, file) != nsID(t, "self", file)
				if want := typ == specs.MountNamespace || slices.Contains(list, typ); isNew != want {
					t.Errorf("namespace %s: new is %v, expected %v", typ, isNew, want)
				}
			}
		})
	}
}

// The container's process is process 1 of its pid namespace, with nothing else
// there, and of its network namespace only lo is there.
func TestInsideOfNewNamespaces(t *testing.T) {
	out := output(t, sh(t, "echo $$; ls -d /proc/[0-9]* | wc -l; ls /sys/class/net; hostname"))
	if f := strings.Fields(out); len(f) != 4 || f[0] != "1" || f[2] != "lo" || f[3] != "sealed" {
		t.Errorf("pid, processes, network devices and hostname: %q", f)
	}
}

func TestHostnameAndDomainname(t *testing.T) {
	b := sh(t, "hostname; cat /proc/sys/kernel/domainname")
	b.Spec.Version = "1.1.0" // domainname came with it
	b.Spec.Hostname, b.Spec.Domainname = "a-host.name", "a.domain"
	if out := output(t, b); out != "a-host.name\na.domain\n" {
		t.Errorf("got %q", out)
	}
	if name, _ := os.Hostname(); name == "a-host.name" {
		t.Error("the host's name has changed")
	}
}

// A second container that joins the first one's namespaces by path.
func TestNamespacesByPath(t *testing.T) {
	first := sh(t, "ifconfig lo up; sleep 600")
	first.Spec.Process.Capabilities = box.Capabilities("CAP_NET_ADMIN")
	pid := first.Up()
	second := first.Sibling("/bin/sleep", "600")
	second.Spec.Hostname = ""
	for _, ns := range []struct {
		typ  specs.LinuxNamespaceType
		file string
	}{{specs.NetworkNamespace, "net"}, {specs.IPCNamespace, "ipc"}, {specs.UTSNamespace, "uts"}} {
		second.SetNamespace(specs.LinuxNamespace{Type: ns.typ, Path: fmt.Sprintf("/proc/%d/ns/%s", pid, ns.file)})
	}
	pid2 := second.Up()
	for file := range nsFiles {
		same := nsID(t, pid, file) == nsID(t, pid2, file)
		want := slices.Contains([]string{"net", "ipc", "uts", "user", "cgroup"}, file)
		if same != want {
			t.Errorf("namespace %s: shared is %v, expected %v", file, same, want)
		}
	}
	// They talk over the shared loopback device.
	server := second.Start(nil, "exec", second.ID, "/bin/sh", "-c", "while :; do echo hello | nc -l -p 4321; done") // on a slow machine one client may leave too early
	var got string
	if !box.Eventually(func() bool {
		got = first.Do("exec", first.ID, "/bin/sh", "-c", "nc 127.0.0.1 4321 </dev/null").Stdout
		return got == "hello\n"
	}) {
		t.Errorf("over the shared lo: %q", got)
	}
	// Its status says nothing: an nc that it has seen can end by itself. Wait does.
	second.Do("exec", second.ID, "/bin/killall", "sh", "nc")
	server.Wait()
	if name := strings.TrimSpace(in(t, second, nil, "hostname")); name != "sealed" {
		t.Errorf("hostname in the shared uts namespace is %q", name)
	}
}

func TestPidNamespaceByPath(t *testing.T) {
	first := sh(t, "sleep 600")
	pid := first.Up()
	second := first.Sibling("/bin/sh", "-c", "cat /proc/1/comm; echo $$; sleep 600")
	second.SetNamespace(specs.LinuxNamespace{Type: specs.PIDNamespace, Path: fmt.Sprintf("/proc/%d/ns/pid", pid)})
	p := second.Create()
	second.Must("start", second.ID)
	pid2 := second.State().Pid
	if nsID(t, pid, "pid") != nsID(t, pid2, "pid") {
		t.Error("the pid namespaces differ")
	}
	p.WaitOutput("sleep\n")
	if lines := strings.Fields(p.Output()); len(lines) > 1 && lines[1] == "1" {
		t.Errorf("the joined process is process 1: %q", p.Output())
	}
	second.Must("kill", second.ID, "KILL")
	if got := second.WaitPid(pid2); got != 137 {
		t.Errorf("it ended with %d", got)
	}
	if s := first.State(); s.Status != "running" {
		t.Errorf("the first container is %q", s.Status)
	}
}

// A bound namespace file, as CNI makes them.
func TestNetworkNamespaceByBoundFile(t *testing.T) {
	b := sh(t, "sleep 600")
	name := filepath.Join(t.TempDir(), "netns")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("unshare", "--net", "mount", "--bind", "/proc/self/ns/net", name).CombinedOutput(); err != nil {
		// unshare(1) with a private mount namespace would hide the bind.
		t.Fatalf("bind a network namespace: %v, %s", err, out)
	}
	t.Cleanup(func() { unix.Unmount(name, unix.MNT_DETACH) })
	var st unix.Stat_t
	if err := unix.Stat(name, &st); err != nil {
		t.Fatal(err)
	}
	b.SetNamespace(specs.LinuxNamespace{Type: specs.NetworkNamespace, Path: name})
	pid := b.Up()
	if got, want := nsID(t, pid, "net"), fmt.Sprintf("net:[%d]", st.Ino); got != want {
		t.Errorf("the network namespace is %s, expected %s", got, want)
	}
	// exec finds it again.
	if got := strings.TrimSpace(in(t, b, nil, "readlink", "/proc/self/ns/net")); got != fmt.Sprintf("net:[%d]", st.Ino) {
		t.Errorf("exec is in %s", got)
	}
}

// userns gives the box a user namespace whose ids 0-999 are 100000-100999.
func userns(b *box.Box) {
	b.SetNamespace(specs.LinuxNamespace{Type: specs.UserNamespace})
	ids := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 1000}, {ContainerID: 1000, HostID: 200000, Size: 10}}
	b.Spec.Linux.UIDMappings, b.Spec.Linux.GIDMappings = ids, ids
}

func TestUserNamespace(t *testing.T) {
	b := sh(t, "id -u; id -g; awk '{print $1,$2,$3}' /proc/self/uid_map /proc/self/gid_map; touch /tmp/made; sleep 600")
	userns(b)
	if err := os.Chmod(b.Path("tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	p := b.Create()
	b.Must("start", b.ID)
	want := "0\n0\n0 100000 1000\n1000 200000 10\n0 100000 1000\n1000 200000 10\n"
	p.WaitOutput(want)
	var st unix.Stat_t
	if !box.Eventually(func() bool { return unix.Stat(b.Path("tmp/made"), &st) == nil }) || st.Uid != 100000 || st.Gid != 100000 {
		t.Errorf("a file made inside belongs to %d:%d on the host, expected 100000:100000", st.Uid, st.Gid)
	}
	var proc unix.Stat_t
	if err := unix.Stat(fmt.Sprintf("/proc/%d", b.State().Pid), &proc); err != nil || proc.Uid != 100000 {
		t.Errorf("the process belongs to uid %d (%v), expected 100000", proc.Uid, err)
	}
	if got := in(t, b, []string{"--user", "1000:1000"}, "sh", "-c", "id -u; id -g; touch /tmp/second"); got != "1000\n1000\n" {
		t.Errorf("exec --user: %q", got)
	}
	if err := unix.Stat(b.Path("tmp/second"), &st); err != nil || st.Uid != 200000 {
		t.Errorf("exec's file belongs to %d (%v), expected 200000", st.Uid, err)
	}
	// Every namespace belongs to the new user namespace: its root may set the
	// hostname there.
	if got := in(t, b, []string{"--cap", "CAP_SYS_ADMIN"}, "sh", "-c", "hostname inner && hostname"); got != "inner\n" {
		t.Errorf("hostname: %q", got)
	}
}

func TestUserNamespaceExitStatusAndDevices(t *testing.T) {
	b := sh(t, "echo x >/dev/null && head -c 3 /dev/zero | wc -c && ls -ln /dev/null | awk '{print $1,$5,$6}'; exit 5")
	userns(b)
	r := b.Run()
	if r.Status != 5 || !strings.HasPrefix(r.Stdout, "3\ncrw-rw-rw- 1, 3") {
		t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}
