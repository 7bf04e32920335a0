package labels

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// Where integration/vm puts the compiled policies of testdata.
const (
	apparmorPolicy = "/vm/files/apparmor.bin"
	selinuxPolicy  = "/vm/files/selinux.bin"
)

const (
	profile = "runseal-test"
	other   = "runseal-other"
	self    = "cat /proc/self/attr/current"
)

// loadApparmor loads the profiles once; on a machine without AppArmor the caller
// has nothing to test.
func loadApparmor(t *testing.T) bool {
	t.Helper()
	if module(t) != "apparmor" || os.Getenv("RUNSEAL_LSM") == "" {
		return false // TestRefusedWithoutTheModule is about such a machine
	}
	policy, err := os.ReadFile(apparmorPolicy)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("/sys/kernel/security/apparmor/.replace", policy, 0); err != nil {
		t.Fatal(err)
	}
	return true
}

func TestApparmorProfile(t *testing.T) {
	if !loadApparmor(t) {
		return
	}
	for _, nnp := range []bool{true, false} {
		b := box.New(t, "sh", "-c", self+"; cat /denied/file 2>&1; true")
		b.File("/denied/file", "seen", 0o644)
		b.Spec.Process.ApparmorProfile, b.Spec.Process.NoNewPrivileges = profile, nnp
		expect(t, b, profile+" (enforce)\ncat: can't open '/denied/file': Permission denied")
	}
	b := box.New(t, "sh", "-c", self+"; cat /denied/file")
	b.File("/denied/file", "seen", 0o644)
	expect(t, b, "unconfined\nseen")
}

func TestApparmorUserNamespaceAndFilter(t *testing.T) {
	if !loadApparmor(t) {
		return
	}
	b := box.New(t, "sh", "-c", self)
	b.Spec.Process.ApparmorProfile = profile
	b.Spec.Linux.Seccomp = box.Seccomp(specs.ActAllow, box.Errno(1, "acct"))
	b.Spec.Linux.Namespaces = append(b.Spec.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
	ids := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
	b.Spec.Linux.UIDMappings, b.Spec.Linux.GIDMappings = ids, ids
	expect(t, b, profile+" (enforce)")
}

func TestApparmorProfileThatIsNotLoaded(t *testing.T) {
	if !loadApparmor(t) {
		return
	}
	b := box.New(t, "true")
	b.Spec.Process.ApparmorProfile = "no-such-profile"
	r := b.Run()
	if r.Status != 1 || !strings.Contains(r.Stderr, `"no-such-profile", which must be loaded`) || !strings.Contains(r.Stderr, "process.apparmorProfile") {
		t.Errorf("status %d, stderr %q", r.Status, r.Stderr)
	}
}

// exec's process has the container's profile, or the one of its own process
// object.
func TestApparmorExec(t *testing.T) {
	if !loadApparmor(t) {
		return
	}
	b := box.New(t, "sleep", "1000")
	b.Spec.Process.ApparmorProfile = profile
	b.Up()
	if r := b.Do("exec", b.ID, "sh", "-c", self); r.Status != 0 || !strings.HasPrefix(r.Stdout, profile+" (enforce)") {
		t.Errorf("%+v", r)
	}
	if r := b.Do("exec", "--apparmor", other, b.ID, "sh", "-c", self); r.Status != 0 || !strings.HasPrefix(r.Stdout, other+" (enforce)") {
		t.Errorf("--apparmor: %+v", r)
	}
	pr := *b.Spec.Process
	pr.ApparmorProfile, pr.Args = other, []string{"sh", "-c", self}
	file := filepath.Join(t.TempDir(), "process.json")
	text, err := json.Marshal(&pr)
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r := b.Do("exec", "--process", file, b.ID); r.Status != 0 || !strings.HasPrefix(r.Stdout, other+" (enforce)") {
		t.Errorf("%+v", r)
	}
}
