package features

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// Ids 0 to numIDs-1 inside are firstID and up on the host.
const (
	firstID = 300000
	numIDs  = 65536
)

func mapping() []specs.LinuxIDMapping {
	return []specs.LinuxIDMapping{{ContainerID: 0, HostID: firstID, Size: numIDs}}
}

// usersOf gives the box a new user namespace and its root file system to that
// namespace's root.
func usersOf(b *box.Box) {
	b.SetNamespace(specs.LinuxNamespace{Type: specs.UserNamespace})
	b.Spec.Linux.UIDMappings, b.Spec.Linux.GIDMappings = mapping(), mapping()
	if err := os.Chown(b.Rootfs, firstID, firstID); err != nil {
		panic(err)
	}
}

// look prints what the inside sees of its user namespace: ids, owners, the
// devices at work, and a message queue.
const look = `id -u; id -g; awk '{print $1,$2,$3}' /proc/self/uid_map /proc/self/gid_map
for f in / /proc/1 /dev /dev/pts /dev/shm /dev/mqueue /tmp/file; do stat -c '%n %u:%g' $f; done
echo x >/dev/null && head -c 3 /dev/zero | wc -c; head -c 5 /dev/urandom | wc -c; echo x >/dev/full 2>/dev/null || echo full
touch /dev/mqueue/q /dev/shm/s /made && stat -c '%n %u:%g' /dev/mqueue/q /dev/shm/s /made
hostname
`

const looks = `0
0
0 300000 65536
0 300000 65536
/ 0:0
/proc/1 0:0
/dev 0:0
/dev/pts 0:0
/dev/shm 0:0
/dev/mqueue 0:0
/tmp/file 1000:1001
3
5
full
/dev/mqueue/q 0:0
/dev/shm/s 0:0
/made 0:0
sealed
`

// prepared is a box that runs look and then goes on, with a file to see.
func prepared(t *testing.T) *box.Box {
	t.Helper()
	b := sh(t, look+"echo ready; sleep 600")
	usersOf(b)
	b.File("tmp/file", "", 0o644)
	must(t, os.Chown(b.Path("tmp/file"), firstID+1000, firstID+1001))
	return b
}

// inside checks a running container that prepared has made: its output, the
// owner on the host of what it made, and exec.
func inside(t *testing.T, b *box.Box, p *box.Process, want string) {
	t.Helper()
	p.WaitOutput("ready\n")
	if got := p.Output(); got != want+"ready\n" {
		t.Errorf("inside is\n%s\nexpected\n%s", got, want)
	}
	pid := b.State().Pid
	for _, name := range []string{b.Path("made"), fmt.Sprintf("/proc/%d", pid)} {
		var st unix.Stat_t
		if err := unix.Stat(name, &st); err != nil || st.Uid != firstID || st.Gid != firstID {
			t.Errorf("%s belongs to %d:%d on the host (%v), expected %d:%d", name, st.Uid, st.Gid, err, firstID, firstID)
		}
	}
	for _, ns := range []string{"user", "pid", "mnt", "net", "ipc", "uts"} {
		want, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, ns))
		must(t, err)
		if got := strings.TrimSpace(in(t, b, nil, "readlink", "/proc/self/ns/"+ns)); got != want {
			t.Errorf("exec is in %s, the container in %s", got, want)
		}
	}
	if got := in(t, b, []string{"--user", "5:6"}, "sh", "-c", "id -u; id -g; grep Groups: /proc/self/status; cat /proc/1/comm; touch /tmp/by5 2>&1; stat -c %u /tmp/by5"); got != "5\n6\nGroups:\t \nsleep\n5\n" {
		t.Errorf("exec --user 5:6 sees %q", got)
	}
	var st unix.Stat_t
	if err := unix.Stat(b.Path("tmp/by5"), &st); err != nil || st.Uid != firstID+5 || st.Gid != firstID+6 {
		t.Errorf("the file of exec's user belongs to %d:%d on the host (%v), expected %d:%d", st.Uid, st.Gid, err, firstID+5, firstID+6)
	}
	c := newConsole(t)
	e := b.Start(c.attach, "exec", "-t", b.ID, "/bin/sh", "-c", "tty; stat -c %u /dev/pts/0; exit 4")
	if r := e.Wait(); r.Status != 4 {
		t.Errorf("exec -t: exit status %d, expected 4", r.Status)
	}
	c.slave.Close()
	if got := c.rest(); got != "/dev/pts/0\n0\n" {
		t.Errorf("exec -t: the terminal shows %q", got)
	}
}

func TestUserNamespaceWithMappings(t *testing.T) {
	b := prepared(t)
	p := b.Create()
	b.Must("start", b.ID)
	inside(t, b, p, looks)
	b.Must("delete", "--force", b.ID)
	b.NothingLeft()
}

// A terminal in a user namespace, for a user that is not its root.
func TestUserNamespaceTerminal(t *testing.T) {
	for _, uid := range []uint32{0, 1000} {
		b := sh(t, "tty; stat -c %u /dev/pts/0; echo by console >/dev/console; echo by tty >/dev/tty")
		usersOf(b)
		b.Spec.Process.Terminal = true
		b.Spec.Process.User = specs.User{UID: uid, GID: uid}
		if got, want := output(t, b), fmt.Sprintf("/dev/pts/0\r\n%d\r\nby console\r\nby tty\r\n", uid); got != want {
			t.Errorf("uid %d: the terminal shows %q, expected %q", uid, got, want)
		}
	}
}

// holder starts a process in new namespaces of a user namespace, as an engine
// does it to pin a pod's before there is a container.
func holder(t *testing.T, flags uintptr) int {
	t.Helper()
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: firstID, Size: numIDs}}
	cmd := exec.Command("sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWUSER | flags, UidMappings: ids, GidMappings: ids, GidMappingsEnableSetgroups: true, Pdeathsig: unix.SIGKILL,
	}
	must(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd.Process.Pid
}

// pod makes the box join the namespaces of a process, and leaves the others new.
func pod(b *box.Box, pid int, types ...specs.LinuxNamespaceType) {
	for _, typ := range types {
		file := map[specs.LinuxNamespaceType]string{
			specs.UserNamespace: "user", specs.NetworkNamespace: "net", specs.IPCNamespace: "ipc", specs.UTSNamespace: "uts", specs.PIDNamespace: "pid",
		}[typ]
		b.SetNamespace(specs.LinuxNamespace{Type: typ, Path: fmt.Sprintf("/proc/%d/ns/%s", pid, file)})
	}
}

// What containerd 2 makes of a pod with a user namespace: user, network and uts
// by path, pid, ipc, mount and cgroup new, with and without the mappings said
// once more.
func TestUserNamespaceByPath(t *testing.T) {
	for _, mapped := range []bool{true, false} {
		t.Run(fmt.Sprintf("mappings given: %v", mapped), func(t *testing.T) {
			pid := holder(t, unix.CLONE_NEWNET|unix.CLONE_NEWUTS)
			b := prepared(t)
			if !mapped {
				b.Spec.Linux.UIDMappings, b.Spec.Linux.GIDMappings = nil, nil
			}
			pod(b, pid, specs.UserNamespace, specs.NetworkNamespace, specs.UTSNamespace)
			b.SetNamespace(specs.LinuxNamespace{Type: specs.CgroupNamespace})
			b.Mount("cgroup", "cgroup", "/sys/fs/cgroup", "nosuid,noexec,nodev,relatime,ro")
			p := b.Create()
			b.Must("start", b.ID)
			inside(t, b, p, looks)
			for ns, same := range map[string]bool{"user": true, "net": true, "ipc": false, "uts": true, "pid": false, "mnt": false, "cgroup": false} {
				own, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", b.State().Pid, ns))
				must(t, err)
				pods, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, ns))
				must(t, err)
				host, err := os.Readlink("/proc/self/ns/" + ns)
				must(t, err)
				if (own == pods) != same || own == host {
					t.Errorf("namespace %s is %s, the pod's %s, the host's %s", ns, own, pods, host)
				}
			}
			b.Must("delete", "--force", b.ID)
			b.NothingLeft()
		})
	}
}

// The pod is a container itself; the second one shares all but mount and pid,
// or pid as well, and ends with its own exit status.
func TestUserNamespaceOfAnotherContainer(t *testing.T) {
	a := prepared(t)
	p := a.Create()
	a.Must("start", a.ID)
	p.WaitOutput("ready\n")
	shared := []specs.LinuxNamespaceType{specs.UserNamespace, specs.NetworkNamespace, specs.IPCNamespace, specs.UTSNamespace}
	for _, c := range []struct {
		name  string
		types []specs.LinuxNamespaceType
		want  string
	}{
		{"new pid", shared, "0\n300000\nsealed\n0 0\n1\n"},
		{"shared pid", append(shared[:len(shared):len(shared)], specs.PIDNamespace), "0\n300000\nsealed\n0 0\nother\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := sh(t, `id -u; awk '{print $2}' /proc/self/uid_map; hostname; echo $(stat -c %u /dev/mqueue /dev/mqueue/q); if test $$ = 1; then echo 1; else echo other; fi; touch /made; exit 6`)
			usersOf(b)
			pod(b, a.State().Pid, c.types...)
			r := b.Run()
			if r.Status != 6 || r.Stdout != c.want || r.Stderr != "" {
				t.Errorf("exit status %d, stdout %q, stderr %q; expected 6 and %q", r.Status, r.Stdout, r.Stderr, c.want)
			}
			var st unix.Stat_t
			if err := unix.Stat(b.Path("made"), &st); err != nil || st.Uid != firstID {
				t.Errorf("a file made inside belongs to %d on the host (%v), expected %d", st.Uid, err, firstID)
			}
			b.NothingLeft()
		})
	}
	if s := a.State().Status; s != "running" {
		t.Errorf("the first container is %q afterwards", s)
	}
}

// Failures inside a joined user namespace leave nothing either: there a second
// process has taken the place of the first.
func TestUserNamespaceByPathFailure(t *testing.T) {
	for name, change := range map[string]func(*box.Box){
		"program": func(b *box.Box) { b.Spec.Process.Args = []string{"/no/such"} },
		"mount":   func(b *box.Box) { b.Mount("no-such-fs", "x", "/mnt", "") },
	} {
		t.Run(name, func(t *testing.T) {
			b := sh(t, "true")
			usersOf(b)
			change(b)
			pod(b, holder(t, unix.CLONE_NEWNET), specs.UserNamespace, specs.NetworkNamespace)
			for _, r := range []box.Result{b.Run(), b.TryCreate().Wait()} {
				if r.Status == 0 || strings.Count(r.Stderr, "\n") != 1 {
					t.Errorf("exit status %d, stderr %q; expected an error of one line", r.Status, r.Stderr)
				}
				b.NothingLeft()
			}
		})
	}
}

// A working directory that belongs to nobody in the user namespace: its root may look it up
// and not enter it, and neither may the user. The program must not run anywhere else.
func TestCwdNotEntered(t *testing.T) {
	b := sh(t, "pwd")
	usersOf(b)
	must(t, os.Mkdir(b.Path("secret"), 0o700))
	b.Spec.Process.Cwd = "/secret"
	r := b.Run()
	if r.Status == 0 || r.Stdout != "" || !strings.Contains(r.Stderr, "process.cwd") || !strings.Contains(r.Stderr, "permission denied") {
		t.Errorf("run: exit status %d, output %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
	b.NothingLeft()

	b.Spec.Process.Cwd = "/"
	b.Spec.Process.Args = []string{"/bin/sleep", "600"}
	b.Up()
	r = b.Do("exec", "--cwd", "/secret", b.ID, "/bin/pwd")
	if r.Status == 0 || r.Stdout != "" || !strings.Contains(r.Stderr, "process.cwd") || !strings.Contains(r.Stderr, "permission denied") {
		t.Errorf("exec: exit status %d, output %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}
