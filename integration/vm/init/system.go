package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/vm/internal/wire"
)

// mountAll gives the machine a root that pivot_root(2) accepts, and the usual
// file systems. The initial root, a tmpfs or ramfs that is not mounted on
// anything, is none (pivot_root(2), EINVAL); a bind mount of it, moved on top of
// it, is one, and nothing has to be copied.
func mountAll() error {
	const top = "/.root"
	if err := os.Mkdir(top, 0o755); err != nil {
		return err
	}
	if err := errors.Join(
		mount("/", top, "", unix.MS_BIND, ""),
		os.Chdir(top),
		mount(top, "/", "", unix.MS_MOVE, ""),
		unix.Chroot("."),
		os.Chdir("/"),
		// As systemd has it: what is mounted here is seen in new namespaces.
		mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""),
	); err != nil {
		return err
	}
	for _, m := range []struct {
		fstype, target, options string
		flags                   uintptr
		optional                bool // not in every kernel's configuration
	}{
		{"proc", "/proc", "", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, false},
		{"sysfs", "/sys", "", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, false},
		{"devtmpfs", "/dev", "mode=0755", unix.MS_NOSUID, false},
		{"devpts", "/dev/pts", "mode=0620,gid=5,ptmxmode=0666", unix.MS_NOSUID | unix.MS_NOEXEC, false},
		{"tmpfs", "/dev/shm", "mode=1777", unix.MS_NOSUID | unix.MS_NODEV, false},
		{"mqueue", "/dev/mqueue", "", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, true},
		{"tmpfs", "/run", "mode=0755", unix.MS_NOSUID | unix.MS_NODEV, false},
		{"tmpfs", "/tmp", "mode=1777", unix.MS_NOSUID | unix.MS_NODEV, false},
		{"cgroup2", "/sys/fs/cgroup", "nsdelegate", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, false},
		{"bpf", "/sys/fs/bpf", "mode=0700", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, true},
		{"securityfs", "/sys/kernel/security", "", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, true},
		{"selinuxfs", "/sys/fs/selinux", "", unix.MS_NOSUID | unix.MS_NOEXEC, true},
	} {
		err := os.MkdirAll(m.target, 0o755)
		if err == nil {
			err = mount(m.fstype, m.target, m.fstype, m.flags, m.options)
		}
		if err != nil && !m.optional {
			return err
		}
	}
	return nil
}

func mount(source, target, fstype string, flags uintptr, options string) error {
	if err := unix.Mount(source, target, fstype, flags, options); err != nil {
		return fmt.Errorf("mount %s %s on %s: %w", fstype, source, target, err)
	}
	return nil
}

// loadModules loads /vm/modules/*, which the runner has numbered.
func loadModules() error {
	files, err := filepath.Glob("/vm/modules/*.ko")
	if err != nil {
		return err
	}
	slices.Sort(files)
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		err = unix.FinitModule(int(f.Fd()), "", 0)
		f.Close()
		if err != nil && err != unix.EEXIST {
			return fmt.Errorf("load %s: %w", path, err)
		}
	}
	return nil
}

// prepare does what a distribution's start-up would have done by now.
func prepare() error {
	for _, l := range [][2]string{{"/proc/self/fd", "/dev/fd"}, {"/proc/self/fd/0", "/dev/stdin"}, {"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"}} {
		if err := os.Symlink(l[0], l[1]); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	os.Setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	os.Setenv("HOME", "/root")
	// Not /tmp, which is nodev here as on most machines: some tests make devices.
	os.Setenv("TMPDIR", "/var/tmp")
	if err := errors.Join(os.MkdirAll("/root", 0o700), os.MkdirAll("/var/tmp", 0o755), os.Chmod("/var/tmp", os.ModeSticky|0o777)); err != nil {
		return err
	}
	if out, err := exec.Command("/bin/busybox", "--install", "-s", "/bin").CombinedOutput(); err != nil {
		return fmt.Errorf("busybox --install: %w\n%s", err, out)
	}
	if err := unix.Sethostname([]byte("vm")); err != nil {
		return err
	}
	// Containers get controllers from the root's children only if it gives them.
	controllers, err := os.ReadFile("/sys/fs/cgroup/cgroup.controllers")
	if err != nil {
		return err
	}
	if err := enable("/sys/fs/cgroup", string(controllers)); err != nil {
		return err
	}
	return errors.Join(keepDeviceFilter(), loopbackUp(), readOnly("/usr/local/sbin", wire.ReadOnly))
}

// readOnly shows a directory elsewhere, in a mount that is read-only.
func readOnly(dir, at string) error {
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	if err := mount(dir, at, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	return mount("", at, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
}

// loopbackUp sets IFF_UP on lo (netdevice(7)).
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr); err != nil {
		return fmt.Errorf("loopback up: %w", err)
	}
	return nil
}
