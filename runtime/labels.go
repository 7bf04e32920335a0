package runtime

import (
	"fmt"
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// checkLabels refuses labels of a security module that this kernel does not run:
// a container must not start without a confinement that it was to have.
func checkLabels(pr *specs.Process, linux *specs.Linux) error {
	if pr.ApparmorProfile != "" && !apparmorEnabled() {
		return fmt.Errorf("process.apparmorProfile: %q: AppArmor is not enabled on this host", pr.ApparmorProfile)
	}
	if pr.SelinuxLabel != "" && !selinuxEnabled() {
		return fmt.Errorf("process.selinuxLabel: %q: SELinux is not enabled on this host", pr.SelinuxLabel)
	}
	if linux != nil && linux.MountLabel != "" && !selinuxEnabled() {
		return fmt.Errorf("linux.mountLabel: %q: SELinux is not enabled on this host", linux.MountLabel)
	}
	return nil
}

// apparmorEnabled reads the module's own parameter, "Y" or "N".
func apparmorEnabled() bool {
	text, err := os.ReadFile("/sys/module/apparmor/parameters/enabled")
	return err == nil && len(text) > 0 && text[0] == 'Y'
}

// selinuxEnabled looks for selinuxfs where it is mounted by convention
// (selinux(8)). Before a policy is loaded every label is "kernel".
func selinuxEnabled() bool {
	var fs unix.Statfs_t
	if unix.Statfs("/sys/fs/selinux", &fs) != nil || fs.Type != unix.SELINUX_MAGIC {
		return false
	}
	own, err := os.ReadFile("/proc/self/attr/current")
	return err == nil && string(own) != "kernel" && string(own) != "kernel\x00"
}
