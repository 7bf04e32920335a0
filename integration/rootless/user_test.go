package rootless

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// ids is a range of one mapping.
func ids(container, host, size uint32) specs.LinuxIDMapping {
	return specs.LinuxIDMapping{ContainerID: container, HostID: host, Size: size}
}

// own is a box of the user's, whose container has the user's id alone, as its root.
func own(t *testing.T, args ...string) *box.Box {
	t.Helper()
	b := box.New(t, args...)
	forUser(b)
	as(t, b, user)
	return b
}

// forUser changes what a user's container cannot have.
func forUser(b *box.Box) {
	b.SetNamespace(specs.LinuxNamespace{Type: specs.UserNamespace})
	l := b.Spec.Linux
	l.UIDMappings = []specs.LinuxIDMapping{ids(0, user, 1)}
	l.GIDMappings = []specs.LinuxIDMapping{ids(0, user, 1)}
	l.CgroupsPath = ""
	for i := range b.Spec.Mounts {
		m := &b.Spec.Mounts[i]
		var options []string
		for _, o := range m.Options {
			if !strings.HasPrefix(o, "gid=") { // devpts: the group is not mapped
				options = append(options, o)
			}
		}
		m.Options = options
	}
}

// many is a box of the user's, whose container has all ids that belong to the user.
func many(t *testing.T, args ...string) *box.Box {
	t.Helper()
	if _, err := exec.LookPath("newuidmap"); err != nil {
		if os.Getenv("RUNSEAL_VM") != "" {
			t.Skip("there is no newuidmap here")
		}
		t.Fatalf("%v (Debian package uidmap)", err)
	}
	b := own(t, args...)
	b.Spec.Linux.UIDMappings = []specs.LinuxIDMapping{ids(0, user, 1), ids(1, sub, subs-1)}
	b.Spec.Linux.GIDMappings = []specs.LinuxIDMapping{ids(0, user, 1), ids(1, sub, subs-1)}
	return b
}

func owner(t *testing.T, path string) string {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d:%d", st.Uid, st.Gid)
}

// TestRun: root inside, the user outside, under a filter.
func TestRun(t *testing.T) {
	for _, nnp := range []bool{true, false} {
		b := own(t, "/bin/sh", "-c", "id -u; id -g; cat /proc/self/uid_map; touch /made; grep Seccomp: /proc/self/status; mkdir /no || exit 7")
		b.Spec.Process.NoNewPrivileges = nnp
		b.Spec.Linux.Seccomp = box.Seccomp(specs.ActAllow, box.Errno(1, "mkdir", "mkdirat"))
		r := b.Run()
		want := fmt.Sprintf("0\n0\n%10d %10d %10d\nSeccomp:\t2\n", 0, user, 1)
		if r.Status != 7 || r.Stdout != want {
			t.Errorf("noNewPrivileges %v: exit status %d, stdout %q, stderr %q; expected 7 and %q", nnp, r.Status, r.Stdout, r.Stderr, want)
		}
		if got := owner(t, b.Path("made")); got != fmt.Sprintf("%d:%d", user, user) {
			t.Errorf("what it made belongs to %s", got)
		}
	}
}

// TestLife: every command on a container that has no cgroup.
func TestLife(t *testing.T) {
	b := own(t, "/bin/sh", "-c", "trap 'echo usr1' USR1; trap 'exit 3' TERM; sleep 600 & while :; do wait; done")
	p := b.Create()
	if s := b.State(); s.Status != "created" {
		t.Errorf("%+v", s)
	}
	b.Must("start", b.ID)
	pid := b.State().Pid
	if r := b.Must("exec", "--cap", "CAP_KILL", b.ID, "id", "-u"); r.Stdout != "0\n" {
		t.Errorf("exec: %+v", r)
	}
	if r := b.Must("list", "--quiet"); r.Stdout != b.ID+"\n" {
		t.Errorf("list: %+v", r)
	}
	if !box.Eventually(func() bool { return strings.Count(b.Must("ps", "--format", "json", b.ID).Stdout, ",") == 1 }) {
		t.Errorf("ps: %+v, expected two processes", b.Do("ps", "--format", "json", b.ID))
	}
	for _, args := range [][]string{{"pause"}, {"update", "--pids-limit", "9"}, {"events", "--stats"}} {
		r := b.Do(append(args, b.ID)...)
		if r.Status != 1 || !strings.Contains(r.Stderr, "cgroup") || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("%q: %+v, expected that there is no cgroup", args, r)
		}
	}
	b.Must("kill", "--all", b.ID, "USR1")
	p.WaitOutput("usr1")
	b.Must("kill", b.ID, "TERM")
	if status := b.WaitPid(pid); status != 3 {
		t.Errorf("exit status %d, expected 3", status)
	}
	if s := b.State(); s.Status != "stopped" {
		t.Errorf("%+v", s)
	}
	b.Must("delete", b.ID)

	b.Up()
	b.Must("kill", "--all", b.ID, "KILL")
	b.WaitFor("stopped")
	b.Must("delete", b.ID)
	b.Up()
	b.Must("delete", "--force", b.ID)
	b.NothingLeft()
}

// TestManyIDs: by newuidmap(1), files belong to whom they should.
func TestManyIDs(t *testing.T) {
	b := many(t, "/bin/sh", "-c", "id -u; id -g; id -G; touch /tmp/made; exec sleep 600")
	b.Spec.Process.User = specs.User{UID: 33, GID: 34, AdditionalGids: []uint32{5, 6}}
	if err := os.Mkdir(b.Path("tmp"), 0o755); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	if err := os.Chmod(b.Path("tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	b.Mount("tmpfs", "tmpfs", "/new", "mode=755")
	p := b.Create()
	b.Must("start", b.ID)
	p.WaitOutput("33\n34\n34 5 6\n")
	if !box.Eventually(func() bool { _, err := os.Lstat(b.Path("tmp", "made")); return err == nil }) {
		t.Fatal("the file was not made")
	}
	if got, want := owner(t, b.Path("tmp", "made")), fmt.Sprintf("%d:%d", sub+32, sub+33); got != want {
		t.Errorf("the file belongs to %s, expected %s", got, want)
	}
	if r := b.Must("exec", "--user", "0:7", b.ID, "sh", "-c", "id -u; id -g; touch /tmp/root"); r.Stdout != "0\n7\n" {
		t.Errorf("exec: %+v", r)
	}
	if got, want := owner(t, b.Path("tmp", "root")), fmt.Sprintf("%d:%d", user, sub+6); got != want {
		t.Errorf("root's file belongs to %s, expected %s", got, want)
	}
	b.Must("delete", "--force", b.ID)
	b.NothingLeft()
	// Others' files are in the way of the box's clean-up no more than of the user's.
	for _, name := range []string{"made", "root"} {
		if err := os.Remove(b.Path("tmp", name)); err != nil {
			t.Error(err)
		}
	}
}

// TestRefused: what cannot be is said before anything is made.
func TestRefused(t *testing.T) {
	limit := int64(10)
	for name, c := range map[string]struct {
		change  func(b *box.Box)
		message string
	}{
		"no user namespace": {func(b *box.Box) {
			b.DropNamespace(specs.UserNamespace)
			b.Spec.Linux.UIDMappings, b.Spec.Linux.GIDMappings = nil, nil
		}, `linux.namespaces: no user namespace: expected an entry of type "user", without which user 54321 can make no container`},
		"another's id": {func(b *box.Box) {
			b.Spec.Linux.UIDMappings[0].HostID = 0
			b.Wrap([]string{tests}, asEnv+"=54321", "PATH=/nonexistent")
		}, "linux.uidMappings: 1 entries: without root expected one entry with hostID 54321 and size 1, or the program newuidmap (Debian package uidmap), which is not in PATH"},
		"limits": {func(b *box.Box) {
			b.Spec.Linux.Resources.Pids = &specs.LinuxPids{Limit: &limit}
		}, "linux.resources.pids: needs a cgroup: "},
		"a cgroup": {func(b *box.Box) { b.Spec.Linux.CgroupsPath = "/elsewhere" }, `linux.cgroupsPath: "/elsewhere": `},
	} {
		t.Run(name, func(t *testing.T) {
			b := own(t, "/bin/true")
			c.change(b)
			refused(t, b, c.message)
		})
	}
	t.Run("systemd", func(t *testing.T) {
		b := own(t, "/bin/true")
		b.Global("--systemd-cgroup")
		refused(t, b, "--systemd-cgroup: ")
	})
}

// TestOthersIDs: newuidmap(1) does not map them, and what it says is in the error.
func TestOthersIDs(t *testing.T) {
	b := many(t, "/bin/true")
	b.Spec.Linux.UIDMappings[1].HostID = sub - 1000
	refused(t, b, "linux.uidMappings: /usr/bin/newuidmap ")
}

// TestSpec: what spec --rootless writes for a user, that user can run.
func TestSpec(t *testing.T) {
	b := box.New(t)
	as(t, b, user)
	b.Must("spec", "--rootless", "--bundle", b.Dir)
	r := b.Start(func(c *exec.Cmd) { c.Stdin = strings.NewReader("id -u; grep Seccomp: /proc/1/status; exit 3\n") }, "run", "--bundle", b.Dir, b.ID).Wait()
	if r.Status != 3 || r.Stdout != "0\nSeccomp:\t2\n" || r.Stderr != "" {
		t.Errorf("%+v", r)
	}
	b.NothingLeft()
}

// TestStateRoot: XDG_RUNTIME_DIR has the state of a user who names no other place.
func TestStateRoot(t *testing.T) {
	b := own(t, "/bin/sleep", "600")
	b.Create()
	b.Must("delete", "--force", b.ID)
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chown(d, user, user); err != nil {
			t.Fatal(err)
		}
	}
	command := func(xdg string, args ...string) (string, error) {
		cmd := exec.Command(tests, append([]string{box.Binary()}, args...)...)
		cmd.Dir = b.Dir
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", asEnv, user), "XDG_RUNTIME_DIR="+xdg, b.Mark())
		out, err := os.CreateTemp(t.TempDir(), "") // a pipe would be the container's too
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		cmd.Stdout, cmd.Stderr = out, out
		err = cmd.Run()
		text, _ := os.ReadFile(out.Name())
		return string(text), err
	}
	if out, err := command(dir, "run", "--detach", "--bundle", b.Dir, b.ID); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "runseal", b.ID, "state.json")); err != nil {
		t.Error(err)
	}
	if out, err := command(dir, "delete", "--force", b.ID); err != nil {
		t.Errorf("%v, %s", err, out)
	}
	out, err := command("", "list")
	if err == nil || !strings.Contains(out, "--root: expected a directory: for a user who is not root it has no default where XDG_RUNTIME_DIR is not set") {
		t.Errorf("%v, %q", err, out)
	}
}

// TestOOMScoreAdj: higher it can be, lower it stays as it was.
func TestOOMScoreAdj(t *testing.T) {
	for _, c := range []struct {
		ask  int
		want string
	}{{500, "500\n"}, {-500, "0\n"}} {
		b := own(t, "/bin/cat", "/proc/self/oom_score_adj")
		b.Spec.Process.OOMScoreAdj = &c.ask
		if r := b.Run(); r.Status != 0 || r.Stdout != c.want {
			t.Errorf("%d: %+v, expected %q", c.ask, r, c.want)
		}
	}
}
