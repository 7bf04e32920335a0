package labels

import (
	"os"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestMain(m *testing.M) { box.Main(m) }

// module is the security module with labels that this machine runs: "apparmor",
// "selinux" or "".
func module(t *testing.T) string {
	t.Helper()
	list, err := os.ReadFile("/sys/kernel/security/lsm")
	if err != nil {
		list = nil // no securityfs: taken for none
	}
	for _, name := range strings.Split(string(list), ",") {
		if name == "apparmor" || name == "selinux" {
			return name
		}
	}
	return ""
}

// TestModule holds the machine against what the caller knows of it.
func TestModule(t *testing.T) {
	if want, ok := os.LookupEnv("RUNSEAL_LSM"); ok && module(t) != want {
		t.Fatalf("this machine has the security module %q, expected %q", module(t), want)
	}
}

// Without its module a label is refused before anything is made.
func TestRefusedWithoutTheModule(t *testing.T) {
	for _, c := range []struct {
		module, field string
		set           func(b *box.Box)
	}{
		{"apparmor", "process.apparmorProfile", func(b *box.Box) { b.Spec.Process.ApparmorProfile = "some-profile" }},
		{"selinux", "process.selinuxLabel", func(b *box.Box) { b.Spec.Process.SelinuxLabel = "system_u:system_r:container_t:s0" }},
		{"selinux", "linux.mountLabel", func(b *box.Box) { b.Spec.Linux.MountLabel = "system_u:object_r:container_file_t:s0" }},
	} {
		if module(t) == c.module {
			continue // its own tests are below
		}
		b := box.New(t, "true")
		c.set(b)
		r := b.Run()
		if r.Status != 1 || !strings.Contains(r.Stderr, c.field+": ") || !strings.Contains(r.Stderr, "is not enabled on this host") {
			t.Errorf("%s: status %d, stderr %q; expected 1 and that the module is not enabled", c.field, r.Status, r.Stderr)
		}
	}
}

// The same holds for the flags of exec, which name their field of the process.
func TestExecRefusedWithoutTheModule(t *testing.T) {
	b := box.New(t, "sleep", "1000")
	b.Up()
	for _, c := range []struct{ module, field, flag, value string }{
		{"apparmor", "process.apparmorProfile", "--apparmor", "some-profile"},
		{"selinux", "process.selinuxLabel", "--process-label", "system_u:system_r:container_t:s0"},
	} {
		if module(t) == c.module {
			continue
		}
		r := b.Do("exec", c.flag, c.value, b.ID, "true")
		if r.Status != 255 || !strings.Contains(r.Stderr, c.field+": \""+c.value+"\": ") || !strings.Contains(r.Stderr, "is not enabled on this host") {
			t.Errorf("%s: status %d, stderr %q; expected 255 and that the module is not enabled", c.flag, r.Status, r.Stderr)
		}
	}
}

// expect runs the box and compares what the container prints.
func expect(t *testing.T, b *box.Box, want string) {
	t.Helper()
	if r := b.Run(); r.Status != 0 || strings.TrimSpace(strings.ReplaceAll(r.Stdout, "\x00", "")) != want {
		t.Errorf("status %d, stdout %q, stderr %q; expected 0 and %q", r.Status, r.Stdout, r.Stderr, want)
	}
}
