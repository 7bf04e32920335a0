package rootless

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// engine makes a user namespace, as an engine has one that runs without root, and makes
// the runtime of a box be executed as its root. Ids 0 to 999 in there are the user's
// own and 999 further ones.
func engine(t *testing.T, b *box.Box) {
	t.Helper()
	as(t, b, user)
	holder := exec.Command("/bin/sleep", "600")
	if path, err := exec.LookPath("sleep"); err == nil {
		holder = exec.Command(path, "600")
	}
	ids := func(own int) []syscall.SysProcIDMap {
		return []syscall.SysProcIDMap{{ContainerID: 0, HostID: own, Size: 1}, {ContainerID: 1, HostID: sub, Size: 999}}
	}
	holder.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER, UidMappings: ids(user), GidMappings: ids(user),
		GidMappingsEnableSetgroups: true, Credential: &syscall.Credential{Uid: 0, Gid: 0}, Pdeathsig: syscall.SIGKILL,
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // before the box's own, which could not enter the namespace any more
		if r := b.Do("delete", "--force", b.ID); r.Status != 0 {
			t.Errorf("delete --force: %+v", r)
		}
		_ = holder.Process.Kill()
		_ = holder.Wait()
		if err := os.Remove(b.Root); err != nil {
			t.Error(err)
		}
	})
	nsenter, err := exec.LookPath("nsenter")
	if err != nil {
		t.Fatalf("%v (Debian package util-linux)", err)
	}
	b.Wrap([]string{nsenter, "-U", "-S", "0", "-G", "0", "-t", strconv.Itoa(holder.Process.Pid)})
}

// TestStateRootOfUserNamespace: rootless podman names no --root, and /run is not its own;
// the root of a system container is at home there.
func TestStateRootOfUserNamespace(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	state := filepath.Join(dir, "runseal")
	must(os.MkdirAll(filepath.Join(state, "of-the-engine"), 0o700))
	for _, d := range []string{filepath.Dir(dir), dir, state, filepath.Join(state, "of-the-engine")} {
		must(os.Chown(d, user, user))
	}
	for _, c := range []struct {
		userNS bool
		env    []string
		want   bool // the state below XDG_RUNTIME_DIR
	}{
		{true, []string{"XDG_RUNTIME_DIR=" + dir}, true},
		{true, []string{"XDG_RUNTIME_DIR=" + dir, "USER=somebody"}, true},
		{true, []string{"XDG_RUNTIME_DIR=" + dir, "USER=root"}, false},
		{true, []string{"XDG_RUNTIME_DIR="}, false},
		{false, []string{"XDG_RUNTIME_DIR=" + dir}, false},
		{false, nil, false},
	} {
		cmd := exec.Command(box.Binary(), "list", "--quiet")
		cmd.Dir, cmd.Env = "/", c.env
		if c.env == nil {
			cmd.Env = []string{"LANG=C"} // none would be the caller's
		}
		if c.userNS {
			one := []syscall.SysProcIDMap{{ContainerID: 0, HostID: user, Size: 1}}
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: one, GidMappings: one, Credential: &syscall.Credential{NoSetGroups: true}}
		}
		out, err := cmd.CombinedOutput()
		if got := err == nil && strings.Contains(string(out), "of-the-engine\n"); got != c.want {
			t.Errorf("%+v: %v, %q", c, err, out)
		}
	}
}

// TestRootOfUserNamespace: a container in the engine's own user namespace, and one in a
// further one.
func TestRootOfUserNamespace(t *testing.T) {
	for _, nested := range []bool{false, true} {
		t.Run(fmt.Sprintf("nested %v", nested), func(t *testing.T) {
			b := box.New(t, "/bin/sh", "-c", "id -u; cat /proc/self/uid_map; touch /made; echo x > /dev/null && exec sleep 600")
			b.Spec.Linux.CgroupsPath = ""
			low := -500
			b.Spec.Process.OOMScoreAdj = &low
			b.Spec.Linux.Seccomp = box.Seccomp(specs.ActAllow, box.Errno(1, "mkdir"))
			maps := fmt.Sprintf("%10d %10d %10d\n%10d %10d %10d\n", 0, user, 1, 1, sub, 999)
			made := user
			if nested {
				b.SetNamespace(specs.LinuxNamespace{Type: specs.UserNamespace})
				b.Spec.Linux.UIDMappings = []specs.LinuxIDMapping{ids(0, 100, 10)}
				b.Spec.Linux.GIDMappings = []specs.LinuxIDMapping{ids(0, 100, 10)}
				maps, made = fmt.Sprintf("%10d %10d %10d\n", 0, 100, 10), sub+99
			}
			engine(t, b)
			if err := os.Chmod(b.Rootfs, 0o777); err != nil {
				t.Fatal(err)
			}
			p := b.Create()
			b.Must("start", b.ID)
			p.WaitOutput("0\n")
			if !box.Eventually(func() bool { return p.Output() == "0\n"+maps }) {
				t.Errorf("stdout %q, expected %q", p.Output(), "0\n"+maps)
			}
			if !box.Eventually(func() bool { _, err := os.Lstat(b.Path("made")); return err == nil }) {
				t.Fatal("it made no file")
			}
			if got, want := owner(t, b.Path("made")), fmt.Sprintf("%d:%d", made, made); got != want {
				t.Errorf("its file belongs to %s, expected %s", got, want)
			}
			// busybox executes itself as /proc/self/exe and then takes the applet's name.
			comm := fmt.Sprintf("/proc/%d/comm", b.State().Pid)
			if !box.Eventually(func() bool { name, _ := os.ReadFile(comm); return string(name) == "sleep\n" }) {
				t.Fatal("its process does not become sleep")
			}
			if r := b.Must("exec", b.ID, "sh", "-c", "grep Seccomp: /proc/self/status; cat /proc/1/comm"); r.Stdout != "Seccomp:\t2\nsleep\n" {
				t.Errorf("exec: %+v", r)
			}
			if r := b.Must("ps", "--format", "json", b.ID); r.Stdout != fmt.Sprintf("[%d]\n", b.State().Pid) {
				t.Errorf("ps: %+v", r)
			}
			b.Must("kill", b.ID, "KILL")
			b.WaitFor("stopped")
			b.Must("delete", b.ID)
			b.NothingLeft()
			if err := os.Remove(b.Path("made")); err != nil {
				t.Error(err)
			}
		})
	}
}
