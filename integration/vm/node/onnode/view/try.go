package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// try does what a container may or may not do, and prints how that ended.
func try() {
	say := func(what string, err error) {
		if err == nil {
			fmt.Println(what, "works")
			return
		}
		fmt.Println(what, err)
	}
	say("unshare a mount namespace", unix.Unshare(unix.CLONE_NEWNS))
	say("mount", unix.Mount("none", "/mnt", "tmpfs", 0, ""))
	say("remount /proc/sys", unix.Mount("", "/proc/sys", "", unix.MS_REMOUNT|unix.MS_BIND, ""))
	say("umount /proc/sys", unix.Unmount("/proc/sys", unix.MNT_DETACH))
	say("chroot", unix.Chroot("/"))
	say("set the clock", unix.Settimeofday(&unix.Timeval{Sec: -1}))
	say("raise a limit", unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1 << 20, Max: 1 << 20}))
	say("a raw socket", socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP))
	say("a vsock", socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0))
	_, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_SESSION_KEYRING, false)
	say("keyctl", err)
	_, err = os.ReadFile("/proc/1/environ")
	say("read /proc/1/environ", err)
	for _, d := range []struct {
		name         string
		mode         uint32
		major, minor uint32
	}{
		{"full", unix.S_IFCHR, 1, 7},
		{"mem", unix.S_IFCHR, 1, 1},
		{"kmsg", unix.S_IFCHR, 1, 11},
		{"net/tun", unix.S_IFCHR, 10, 200},
		{"fuse", unix.S_IFCHR, 10, 229},
		{"console", unix.S_IFCHR, 5, 1},
		{"disk", unix.S_IFBLK, argument(1), argument(2)},
	} {
		if d.name == "disk" && len(os.Args) < 3 {
			continue
		}
		path := "/tmp/device"
		os.Remove(path)
		err := unix.Mknod(path, d.mode|0o600, int(unix.Mkdev(d.major, d.minor)))
		say("make device "+d.name, err)
		if err == nil {
			fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
			say("open device "+d.name, err)
			unix.Close(fd)
		}
	}
	os.Remove("/tmp/device")
	for _, path := range []string{"/bin/x", "/dev/x", "/sys/x", "/proc/x", "/x", "/run/x", "/tmp/x", "/dev/shm/x", "/dev/mqueue/x", "/sys/fs/cgroup/x"} {
		say("make "+path, errors.Join(os.Mkdir(path, 0o755), os.Remove(path)))
	}
	f, err := os.OpenFile("/proc/sys/kernel/printk", os.O_WRONLY, 0)
	say("open a sysctl", err)
	f.Close()
	f, err = os.OpenFile("/proc/sysrq-trigger", os.O_WRONLY, 0)
	say("open sysrq-trigger", err)
	f.Close()
	f, err = os.OpenFile("/sys/fs/cgroup/cgroup.procs", os.O_WRONLY, 0)
	say("open cgroup.procs", err)
	f.Close()
}

func socket(domain, typ, proto int) error {
	fd, err := unix.Socket(domain, typ, proto)
	if err == nil {
		unix.Close(fd)
	}
	return err
}

// argument is a number of the command line, or 0.
func argument(i int) uint32 {
	if i >= len(os.Args) {
		return 0
	}
	n, _ := strconv.ParseUint(os.Args[i], 10, 32)
	return uint32(n)
}
