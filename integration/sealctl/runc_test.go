package sealctl

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/bundle"
	"github.com/runseal/runseal/integration/internal/box"
)

// runc starts a detached container of runc in its default state root, and returns its
// id and bundle.
func runc(t *testing.T, p *specs.LinuxSeccomp) (id, dir string) {
	t.Helper()
	path, err := exec.LookPath("runc")
	if err != nil {
		t.Skip("runc is not installed")
	}
	id = fmt.Sprintf("runseal-it-runc-%d", os.Getpid())
	b := bundle.Test(t, bundle.Args("/bin/sleep", "1000"), bundle.Capabilities(box.DefaultCaps()...), bundle.Seccomp(p),
		bundle.OCIVersion("1.0.2"), func(s *specs.Spec) { s.Process.Terminal = false })
	t.Cleanup(func() {
		if out, err := exec.Command(path, "delete", "--force", id).CombinedOutput(); err != nil {
			t.Errorf("runc delete: %v, %s", err, out)
		}
		if left, _ := filepath.Glob("/sys/fs/cgroup/*/" + id); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	cmd := exec.Command(path, "run", "--detach", "--bundle", b.Dir, id)
	errs, err := os.CreateTemp(t.TempDir(), "stderr") // a pipe would stay open in the container
	if err != nil {
		t.Fatal(err)
	}
	defer errs.Close()
	cmd.Stderr = errs
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(errs.Name())
		t.Fatalf("runc run: %v, %s", err, text)
	}
	return id, b.Dir
}

// A container of another runtime is found by its id, its configuration in its bundle,
// and its profile is recognised in the filter that libseccomp has made of it.
func TestRunc(t *testing.T) {
	s := newTool(t)
	id, dir := runc(t, dockerDefault(t))
	var e entry
	// runc does not wait for the execve of what it starts.
	box.Eventually(func() bool { e = s.ps()[id]; return e.Command == "/bin/sleep 1000" })
	if e.Runtime != "runc" || e.Mode != "filter" || e.Filters != 1 || len(e.Profiles) != 0 || e.Command != "/bin/sleep 1000" || e.Processes != 1 {
		t.Errorf("%+v", e)
	}
	if e = s.ps("--recognize")[id]; e.profile() != "runtime/default kernel" {
		t.Errorf("recognized as %q", e.profile())
	}
	r := s.inspect(id[:len(id)-1])
	if r.Container != id || r.Runtime != "runc" || r.Config.Path != filepath.Join(dir, "config.json") || len(r.Kernel.Filters) != 1 ||
		!r.Kernel.AsConfigured.Equal || !strings.Contains(r.Kernel.AsConfigured.Text, "(proved); calls of other architectures kill the thread") {
		t.Errorf("%+v", r)
	}
	// verify makes the same allowance, says so, and none with --exact.
	if text := s.must("verify", id); !strings.Contains(text, "decides all calls as the profile says; calls of other architectures kill the thread") {
		t.Error(text)
	}
	if status, text, _ := s.do("verify", "--exact", id); status != 1 || !strings.Contains(text, "--kill-thread expects that") {
		t.Errorf("verify --exact: exit status %d, %s", status, text)
	}
	if status, text, _ := s.do("verify", "--profile", "crio/default", id); status != 1 || !strings.Contains(text, "the policy says") {
		t.Errorf("verify with another profile: exit status %d, %s", status, text)
	}
	// What is made of the filter is proved by verify, too, which leaves nothing out.
	status, made, stderr := s.do("inspect", "-o", "oci", id)
	if status != 0 || !strings.Contains(stderr, "kill the thread here") {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	file := filepath.Join(t.TempDir(), "made.json")
	if err := os.WriteFile(file, []byte(made), 0o600); err != nil {
		t.Fatal(err)
	}
	if text := s.must("verify", "--kill-thread", "--profile", file, id); !strings.Contains(text, "proved") {
		t.Error(text)
	}
}

// Calls that runc's libseccomp does not know are open, if the default allows: verify says
// so, and not that runc kills the thread where runseal kills the process.
func TestRuncLeavesOpen(t *testing.T) {
	s := newTool(t)
	id, _ := runc(t, &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Architectures: []specs.Arch{specs.ArchX86_64}, Syscalls: []specs.LinuxSyscall{
		{Names: []string{"mseal", "listmount", "setxattrat", "mount"}, Action: specs.ActErrno},
	}})
	box.Eventually(func() bool { return s.ps()[id].Command == "/bin/sleep 1000" })
	status, text, stderr := s.do("verify", id)
	if status == 0 && strings.Contains(text, "proved") {
		t.Skip("runc's libseccomp knows all of mseal, listmount and setxattrat")
	}
	if status != 1 || !strings.Contains(text, "the program returns SCMP_ACT_ALLOW, the policy says SCMP_ACT_ERRNO(1 EPERM)") {
		t.Errorf("exit status %d, %s%s", status, text, stderr)
	}
}
