package features

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestOwnCgroupIsTheRoot: with a cgroup namespace the container sees its cgroup as
// the root of all, from its first process and from exec's.
func TestOwnCgroupIsTheRoot(t *testing.T) {
	b := sh(t, "cat /proc/self/cgroup; echo ready; sleep 600")
	ownCgroups(b, "ro")
	p := b.Create()
	b.Must("start", b.ID)
	p.WaitOutput("ready\n")
	for who, text := range map[string]string{"the container": strings.TrimSuffix(p.Output(), "ready\n"), "exec": in(t, b, nil, "cat", "/proc/self/cgroup")} {
		for controllers, path := range groups(text) {
			// In a hierarchy that it has no cgroup of its own in, it is where we are.
			if path != "/" {
				t.Errorf("%s is in %q of %q", who, path, controllers)
			}
		}
	}
}

// TestRefusedBirth: what the kernel has against a process in the cgroup is said.
func TestRefusedBirth(t *testing.T) {
	enable := func(t *testing.T, dir string) {
		t.Helper()
		must(t, os.WriteFile(dir+"/cgroup.subtree_control", []byte("+pids +memory"), 0))
	}
	for _, c := range []struct {
		name  string
		set   func(t *testing.T, b *box.Box, parent string)
		want  string // DIR: the container's cgroup, UP: the one above it
		field string
	}{
		{"a full parent", func(t *testing.T, b *box.Box, parent string) {
			must(t, os.WriteFile(parent+"/pids.max", []byte("0"), 0))
		}, "create the container's process: resource temporarily unavailable: UP/pids.max allows 0", "linux.cgroupsPath"},
		{"a cgroup that distributes", func(t *testing.T, b *box.Box, parent string) {
			must(t, os.Mkdir(unified(b), 0o755))
			enable(t, parent)
			enable(t, unified(b))
		}, "create the container's process: device or resource busy: cgroup DIR gives controllers (memory pids) to those below it and so takes no process itself", "linux.cgroupsPath"},
		{"a threaded parent", func(t *testing.T, b *box.Box, parent string) {
			given, err := os.ReadFile(parent + "/cgroup.subtree_control")
			must(t, err)
			for _, c := range strings.Fields(string(given)) {
				must(t, os.WriteFile(parent+"/cgroup.subtree_control", []byte("-"+c), 0))
			}
			must(t, os.MkdirAll(parent+"/threads", 0o755))
			must(t, os.WriteFile(parent+"/threads/cgroup.type", []byte("threaded"), 0))
			b.Spec.Linux.Resources = nil
		}, `create the container's process: operation not supported: cgroup DIR is of type "domain invalid", expected "domain"`, "linux.cgroupsPath"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := sh(t, "sleep 600")
			if unified(b) == "" {
				return // on version 1 a process joins after its birth
			}
			parent := filepath.Dir(unified(b)) + "/" + strings.ReplaceAll(c.name, " ", "-")
			must(t, os.MkdirAll(parent, 0o755))
			b.Spec.Linux.CgroupsPath = strings.TrimPrefix(parent, "/sys/fs/cgroup") + "/" + b.ID
			b.Cgroup = b.Spec.Linux.CgroupsPath
			must(t, os.WriteFile(filepath.Dir(parent)+"/cgroup.subtree_control", []byte("+pids +memory"), 0))
			t.Cleanup(func() {
				os.Remove(parent + "/threads")
				must(t, os.Remove(parent))
			})
			want := strings.NewReplacer("UP", parent, "DIR", unified(b)).Replace(c.want) + " (config.json: " + c.field + ")\n"
			for _, command := range []func() box.Result{func() box.Result { return b.TryCreate().Wait() }, func() box.Result { return b.Run() }} {
				c.set(t, b, parent)
				if r := command(); r.Status == 0 || !strings.HasSuffix(r.Stderr, want) {
					t.Errorf("exit status %d, stderr\n%s\nexpected\n%s", r.Status, r.Stderr, want)
				}
				b.NothingLeft()
			}
		})
	}
}

// TestPidNamespaceByPathIsFull: a container in another's pid namespace is two
// processes for a moment.
func TestPidNamespaceByPathIsFull(t *testing.T) {
	pod := sh(t, "sleep 600")
	pid := pod.Up()
	b := sh(t, "true")
	b.SetNamespace(specs.LinuxNamespace{Type: specs.PIDNamespace, Path: "/proc/" + itoa(pid) + "/ns/pid"})
	one, two := int64(1), int64(2)
	b.Spec.Linux.Resources.Pids = &specs.LinuxPids{Limit: &one}
	if r := b.Run(); r.Status == 0 || !strings.HasSuffix(r.Stderr, "/pids.max allows 1 (config.json: linux.resources.pids.limit)\n") {
		t.Errorf("pids.limit 1: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	b.Spec.Linux.Resources.Pids.Limit = &two
	if r := b.Run(); r.Status != 0 {
		t.Errorf("pids.limit 2: exit status %d, stderr %q", r.Status, r.Stderr)
	}
}

// TestRelativeCgroupsPath: version 2 has it beside the runtime's own cgroup, since
// that has a process and can give no controllers; version 1 below it.
func TestRelativeCgroupsPath(t *testing.T) {
	b := sh(t, "cat /proc/self/cgroup")
	limit := int64(7)
	b.Spec.Linux.Resources.Pids = &specs.LinuxPids{Limit: &limit}
	root := "/sys/fs/cgroup/unified"
	if unified(b) != "" {
		root = "/sys/fs/cgroup"
	}
	own := filepath.Dir(b.Cgroup) + "/caller"
	must(t, os.MkdirAll(root+own, 0o755))
	fd, err := unix.Open(root+own, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	t.Cleanup(func() { must(t, os.Remove(root+own)) })
	b.Spec.Linux.CgroupsPath = b.ID + "/rel"
	p := foreground(b, func(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: fd} })
	r := p.Wait()
	want := own + "/" + b.ID + "/rel"
	if unified(b) != "" {
		want = b.Cgroup + "/rel"
	}
	if got := groups(r.Stdout)[""]; r.Status != 0 || got != want {
		t.Errorf("exit status %d, stderr %q, cgroup %q, expected %q", r.Status, r.Stderr, got, want)
	}
	for _, dir := range b.Cgroups() {
		must(t, os.Remove(dir)) // who names parents removes them
	}
}
