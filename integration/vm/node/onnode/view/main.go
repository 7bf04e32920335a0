// Command view prints what a process finds in its container, in sections that begin with
// a line "== NAME". It only looks and tries; what is right is for the tests to say. A
// shell script with the same questions would start fifty programs.
//
//	view [DISK-MAJOR DISK-MINOR]
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"

	"golang.org/x/sys/unix"
)

// init keeps main on the first thread, which /proc/self is: to another one the kernel
// shows less (timerslack_ns wants CAP_SYS_NICE). The thread that gets a mount namespace
// is then the one that uses it, too.
func init() { runtime.LockOSThread() }

func main() {
	file("status", "/proc/self/status", "Umask", "Uid", "Gid", "Groups", "Cap", "NoNewPrivs", "Seccomp:", "Seccomp_filters", "Cpus_allowed_list", "Mems_allowed_list")
	file("cgroup", "/proc/self/cgroup")
	file("mounts", "/proc/self/mountinfo")
	file("limits", "/proc/self/limits")
	section("devices")
	tree("/dev")
	tree("/dev/pts")
	section("descriptors")
	descriptors()
	section("environment")
	env := os.Environ()
	sort.Strings(env)
	for _, v := range env {
		if !strings.HasPrefix(v, "ONNODE=") {
			fmt.Println(v)
		}
	}
	section("names")
	host, err := os.Hostname()
	fmt.Println(host, err)
	dir, err := os.Getwd()
	fmt.Println(dir, err)
	section("settings")
	for _, name := range []string{
		"/proc/self/oom_score_adj", "/proc/self/coredump_filter", "/proc/self/timerslack_ns", "/proc/self/personality",
		"/proc/self/attr/current", "/proc/self/loginuid", "/proc/self/setgroups",
		"/proc/sys/net/ipv4/ping_group_range", "/proc/sys/net/ipv4/ip_unprivileged_port_start",
		"/proc/sys/kernel/domainname", "/proc/sys/kernel/shmmax", "/proc/sys/fs/mqueue/msg_max",
	} {
		text, err := os.ReadFile(name)
		fmt.Printf("%s %q %v\n", name, text, err)
	}
	section("network")
	names("/sys/class/net")
	section("hidden")
	for _, name := range []string{"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sysrq-trigger", "/proc/acpi", "/proc/scsi", "/proc/interrupts", "/sys/firmware", "/sys/devices/virtual/powercap"} {
		hidden(name)
	}
	section("tried")
	try()
	section("end")
}

func section(name string) { fmt.Println("== " + name) }

// file prints a file, or the lines of it that begin with one of some words.
func file(name, path string, begin ...string) {
	section(name)
	text, err := os.ReadFile(path)
	if err != nil {
		fmt.Println(err)
	}
	for line := range strings.Lines(string(text)) {
		keep := len(begin) == 0
		for _, b := range begin {
			keep = keep || strings.HasPrefix(line, b)
		}
		if keep {
			fmt.Print(line)
		}
	}
}

// tree prints a directory's entries with mode, owner and device number or target.
func tree(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		fmt.Println(err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			fmt.Println(path, err)
			continue
		}
		target, _ := os.Readlink(path)
		fmt.Printf("%s %o %d:%d %d:%d %s\n", path, st.Mode, st.Uid, st.Gid, unix.Major(st.Rdev), unix.Minor(st.Rdev), target)
	}
}

// names prints what a directory has.
func names(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		fmt.Println(err)
	}
	for _, e := range entries {
		fmt.Println(e.Name())
	}
}

// descriptors prints what is open; the runtime of this program opens more than it was
// given (an epoll), which are known by their flags.
func descriptors() {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		fmt.Println(err)
	}
	for _, e := range entries {
		info, _ := os.ReadFile("/proc/self/fdinfo/" + e.Name())
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err != nil || strings.HasPrefix(target, "/proc/") || strings.HasPrefix(target, "anon_inode:[event") {
			continue
		}
		kind, _, _ := strings.Cut(target, ":")
		_, flags, _ := strings.Cut(string(info), "flags:")
		flags, _, _ = strings.Cut(flags, "\n")
		fmt.Println(e.Name(), kind, strings.TrimSpace(flags))
	}
}

// hidden prints whether anything can be read of a path.
func hidden(path string) {
	st, err := os.Stat(path)
	if err != nil {
		fmt.Println(path, err)
		return
	}
	if st.IsDir() {
		entries, err := os.ReadDir(path)
		fmt.Println(path, "directory", len(entries) > 0, err)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	n, err := f.Read(make([]byte, 1))
	fmt.Println(path, st.Mode().Type()&os.ModeDevice != 0, n, err)
}
