package lifecycle

import (
	"runtime"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// without makes the runtime of this test run without CAP_SYS_TIME, as in a container or
// under a service manager that takes it. The bounding set is the thread's, and execve
// takes from it what the program gets, so the thread stays this goroutine's and ends with it.
func without(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_SYS_TIME, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
}

const (
	showCaps = "grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status"
	warning  = "runseal: warning: process.capabilities: CAP_SYS_TIME: cannot be granted, because this process does not have it; the container gets the others\n"
)

// caps is what showCaps prints, all sets being the same.
func caps(set string) string {
	var b strings.Builder
	for _, name := range []string{"Inh", "Prm", "Eff", "Bnd", "Amb"} {
		b.WriteString("Cap" + name + ":\t" + set + "\n")
	}
	return b.String()
}

// TestWithheldCapability: a capability that the runtime has not itself is missing in the
// container, with a warning, and the others are there.
func TestWithheldCapability(t *testing.T) {
	without(t)
	b := sh(t, showCaps)
	b.Spec.Process.Capabilities = box.Capabilities("CAP_CHOWN", "CAP_SYS_TIME", "CAP_KILL")
	b.Spec.Process.Capabilities.Ambient = b.Spec.Process.Capabilities.Bounding
	b.Spec.Process.Capabilities.Inheritable = b.Spec.Process.Capabilities.Bounding
	if r := b.Run(); r.Status != 0 || r.Stdout != caps("0000000000000021") || r.Stderr != warning {
		t.Errorf("exit status %d, stderr %q, stdout\n%s", r.Status, r.Stderr, r.Stdout)
	}
}

// TestAmbientWithoutInheritable: Debian 12's `runc spec` writes such a configuration.
func TestAmbientWithoutInheritable(t *testing.T) {
	b := sh(t, showCaps)
	b.Spec.Process.Capabilities = box.Capabilities("CAP_CHOWN", "CAP_KILL")
	b.Spec.Process.Capabilities.Ambient = []string{"CAP_CHOWN", "CAP_KILL"}
	b.Spec.Process.Capabilities.Inheritable = []string{"CAP_KILL"}
	const want = "runseal: warning: process.capabilities.ambient: CAP_CHOWN: cannot be granted, because it is not in permitted and inheritable too; the container gets the others\n"
	r := b.Run()
	if r.Status != 0 || r.Stderr != want {
		t.Errorf("exit status %d, stderr %q, expected %q", r.Status, r.Stderr, want)
	}
	for _, line := range []string{"CapInh:\t0000000000000020\n", "CapEff:\t0000000000000021\n", "CapAmb:\t0000000000000020\n"} {
		if !strings.Contains(r.Stdout, line) {
			t.Errorf("no line %q in\n%s", line, r.Stdout)
		}
	}
}

func TestWithheldCapabilityOfExec(t *testing.T) {
	without(t)
	b := sh(t, "sleep 60")
	b.Spec.Process.Capabilities = box.Capabilities("CAP_CHOWN")
	b.Up()
	if r := b.Do("exec", "--cap", "CAP_SYS_TIME", "--cap", "CAP_KILL", b.ID, "sh", "-c", showCaps); r.Status != 0 || r.Stderr != warning || !strings.Contains(r.Stdout, "CapEff:\t0000000000000021\n") {
		t.Errorf("exit status %d, stderr %q, stdout\n%s", r.Status, r.Stderr, r.Stdout)
	}
}

// TestWithheldCapabilityOfHook: a hook startContainer has what the container has, and there
// is one warning.
func TestWithheldCapabilityOfHook(t *testing.T) {
	without(t)
	b := sh(t, showCaps)
	b.Spec.Process.Capabilities = box.Capabilities("CAP_CHOWN", "CAP_SYS_TIME", "CAP_KILL")
	b.Spec.Hooks = &specs.Hooks{StartContainer: []specs.Hook{{
		Path: "/bin/sh", Args: []string{"sh", "-c", "grep -q '^CapEff:.0000000000000021$' /proc/self/status"},
	}}}
	if r := b.Run(); r.Status != 0 || !strings.Contains(r.Stdout, "CapEff:\t0000000000000021\n") || r.Stderr != warning {
		t.Errorf("exit status %d, stderr %q, stdout\n%s", r.Status, r.Stderr, r.Stdout)
	}
}

// TestWithheldCapabilityInAUserNamespace: there a process has all.
func TestWithheldCapabilityInAUserNamespace(t *testing.T) {
	without(t)
	b := sh(t, showCaps)
	b.Spec.Process.Capabilities = box.Capabilities("CAP_SYS_TIME")
	b.Spec.Linux.Namespaces = append(b.Spec.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
	m := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 0, Size: 65536}}
	b.Spec.Linux.UIDMappings, b.Spec.Linux.GIDMappings = m, m
	if r := b.Run(); r.Status != 0 || r.Stderr != "" || !strings.Contains(r.Stdout, "CapEff:\t0000000002000000\n") {
		t.Errorf("exit status %d, stderr %q, stdout\n%s", r.Status, r.Stderr, r.Stdout)
	}
}
