package labels

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

const (
	label      = "system_u:system_r:container_t:s0:c1,c2"
	mountLabel = "system_u:object_r:container_file_t:s0:c1,c2"
)

// loadSelinux loads the policy, in permissive mode until it is in force.
func loadSelinux(t *testing.T) bool {
	t.Helper()
	if module(t) != "selinux" || os.Getenv("RUNSEAL_LSM") == "" {
		return false
	}
	if own, err := os.ReadFile("/proc/self/attr/current"); err == nil && strings.HasPrefix(string(own), "system_u:") {
		return true
	}
	policy, err := os.ReadFile(selinuxPolicy)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("/sys/fs/selinux/load", policy, 0); err != nil {
		t.Fatalf("load the policy: %v", err)
	}
	if err := os.WriteFile("/sys/fs/selinux/enforce", []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	return true
}

func TestSelinuxLabel(t *testing.T) {
	if !loadSelinux(t) {
		return
	}
	for _, nnp := range []bool{true, false} {
		b := box.New(t, "sh", "-c", self)
		b.Spec.Process.SelinuxLabel, b.Spec.Process.NoNewPrivileges = label, nnp
		expect(t, b, label)
	}
}

func TestSelinuxLabelThatIsNotInThePolicy(t *testing.T) {
	if !loadSelinux(t) {
		return
	}
	b := box.New(t, "true")
	b.Spec.Process.SelinuxLabel = "system_u:system_r:nobody_knows_t:s0"
	if r := b.Run(); r.Status != 1 || !strings.Contains(r.Stderr, "(config.json: process.selinuxLabel)") {
		t.Errorf("status %d, stderr %q", r.Status, r.Stderr)
	}
}

// The file systems that are made for the container have the mount label: a tmpfs
// with its files, the terminals, the message queues and what covers masked paths.
func TestSelinuxMountLabel(t *testing.T) {
	if !loadSelinux(t) {
		return
	}
	b := box.New(t, "sh", "-c", "touch /dev/file; sleep 1000")
	b.Spec.Linux.MountLabel = mountLabel
	b.Spec.Linux.MaskedPaths = append(b.Spec.Linux.MaskedPaths, "/sys/kernel")
	pid := b.Up()
	for _, name := range []string{"/dev", "/dev/null", "/dev/pts", "/dev/mqueue", "/dev/shm", "/sys/kernel"} {
		if got := fileLabel(t, pid, name); got != mountLabel {
			t.Errorf("%s: %q, expected %q", name, got, mountLabel)
		}
	}
	for _, name := range []string{"/proc", "/sys"} {
		if got := fileLabel(t, pid, name); got == mountLabel {
			t.Errorf("%s: %q, expected the label that the policy gives", name, got)
		}
	}
	c := box.New(t, "sleep", "1000")
	if got := fileLabel(t, c.Up(), "/dev/shm"); got != "system_u:object_r:kernel_t:s0" {
		t.Errorf("without a mount label: %q", got)
	}
}

// fileLabel is the label of a container's file, seen from outside.
func fileLabel(t *testing.T, pid int, name string) string {
	t.Helper()
	buf := make([]byte, 256)
	n, err := unix.Getxattr("/proc/"+strconv.Itoa(pid)+"/root"+name, "security.selinux", buf)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return strings.TrimRight(string(buf[:n]), "\x00")
}

func TestSelinuxExec(t *testing.T) {
	if !loadSelinux(t) {
		return
	}
	b := box.New(t, "sleep", "1000")
	b.Spec.Process.SelinuxLabel, b.Spec.Linux.MountLabel = label, mountLabel
	b.Up()
	if r := b.Do("exec", b.ID, "sh", "-c", self); r.Status != 0 || !strings.HasPrefix(r.Stdout, label) {
		t.Errorf("%+v", r)
	}
	const own = "system_u:system_r:container_t:s0:c1"
	if r := b.Do("exec", "--process-label", own, b.ID, "sh", "-c", self); r.Status != 0 || strings.TrimRight(r.Stdout, "\x00\n") != own {
		t.Errorf("--process-label: %+v", r)
	}
}
