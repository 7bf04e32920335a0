package lifecycle

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestMaskedPaths(t *testing.T) {
	b := sh(t, "cat /masked/file; ls /masked/dir; wc -c </proc/version; ls /sys/firmware; echo x >/masked/file; touch /masked/dir/x; grep ' /masked/' /proc/self/mountinfo | wc -l")
	b.File("masked/file", "secret\n", 0o644)
	b.File("masked/dir/name", "secret\n", 0o644)
	b.Spec.Linux.MaskedPaths = []string{"/masked/file", "/masked/dir", "/masked/missing", "/proc/version", "/sys/firmware"}
	r := b.Run()
	if r.Stdout != "0\n2\n" || strings.Contains(r.Stdout+r.Stderr, "secret") {
		t.Errorf("stdout %q, stderr %q; expected nothing of the masked files", r.Stdout, r.Stderr)
	}
	if data, err := os.ReadFile(b.Path("masked/file")); err != nil || string(data) != "secret\n" {
		t.Errorf("the masked file on the host is now %q, %v", data, err)
	}
	if entries, err := os.ReadDir(b.Path("masked/dir")); err != nil || len(entries) != 1 {
		t.Errorf("the masked directory on the host has now %v, %v", entries, err)
	}
}

func TestReadonlyPaths(t *testing.T) {
	b := sh(t, "touch /kept/file; touch /kept/new; echo 1 >/proc/sys/kernel/domainname; touch /free/new && echo free")
	b.File("kept/file", "", 0o644)
	b.File("free/file", "", 0o644)
	b.Spec.Linux.ReadonlyPaths = []string{"/kept", "/proc/sys", "/missing"}
	r := b.Run()
	if r.Stdout != "free\n" || strings.Count(r.Stderr, "Read-only file system") != 3 {
		t.Errorf("stdout %q, stderr %q", r.Stdout, r.Stderr)
	}
}

// The default devices and links of the specification.
func TestDefaultDevices(t *testing.T) {
	b := sh(t, `cd /dev; for d in null zero full random urandom tty; do stat -c '%n %F %t:%T %a %u:%g' $d; done
		for l in fd stdin stdout stderr ptmx; do echo "$l $(readlink $l)"; done`)
	want := `null character special file 1:3 666 0:0
zero character special file 1:5 666 0:0
full character special file 1:7 666 0:0
random character special file 1:8 666 0:0
urandom character special file 1:9 666 0:0
tty character special file 5:0 666 0:0
fd /proc/self/fd
stdin /proc/self/fd/0
stdout /proc/self/fd/1
stderr /proc/self/fd/2
ptmx pts/ptmx
`
	if out := output(t, b); out != want {
		t.Errorf("got\n%s\nexpected\n%s", out, want)
	}
}

func TestDefaultDevicesWork(t *testing.T) {
	b := sh(t, "echo x >/dev/null && head -c 4 /dev/zero | wc -c && head -c 4 /dev/urandom | wc -c && echo out >>/dev/stdout && { echo x >/dev/full; true; }")
	r := b.Run()
	if r.Status != 0 || r.Stdout != "4\n4\nout\n" || !strings.Contains(r.Stderr, "No space left") {
		t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

func TestConfiguredDevices(t *testing.T) {
	mode := os.FileMode(0o640)
	uid, gid := uint32(7), uint32(8)
	major, minor := int64(1), int64(5)
	b := sh(t, "stat -c '%F %t:%T %a %u:%g' /dev/mine /dev/sub/block /dev/pipe; head -c 3 /dev/mine | wc -c; mknod /dev/other c 1 5 && head -c 3 /dev/other | wc -c; head -c 1 /dev/sub/block")
	b.Spec.Linux.Devices = []specs.LinuxDevice{
		{Path: "/dev/mine", Type: "c", Major: 1, Minor: 5, FileMode: &mode, UID: &uid, GID: &gid},
		{Path: "/dev/sub/block", Type: "b", Major: 254, Minor: 77, FileMode: &mode},
		{Path: "/dev/pipe", Type: "p", FileMode: &mode},
	}
	b.Spec.Linux.Resources = &specs.LinuxResources{Devices: []specs.LinuxDeviceCgroup{
		{Allow: false, Access: "rwm"}, {Allow: true, Type: "c", Major: &major, Minor: &minor, Access: "rwm"},
	}}
	r := b.Run()
	want := "character special file 1:5 640 7:8\nblock special file fe:4d 640 0:0\nfifo 0:0 640 0:0\n3\n3\n"
	if r.Stdout != want || !strings.Contains(r.Stderr, "/dev/sub/block: Operation not permitted") {
		t.Errorf("stdout %q, stderr %q; expected %q and a block device that cannot be opened", r.Stdout, r.Stderr, want)
	}
}

// A device that no rule allows can be neither made nor opened.
func TestDevicesAreDenied(t *testing.T) {
	b := sh(t, "mknod /dev/kmsg c 1 11 && cat /dev/kmsg | head -1; mknod /dev/disk b 254 0 && head -c 1 /dev/disk; echo end")
	r := b.Run()
	if r.Stdout != "end\n" || strings.Count(r.Stderr, "Operation not permitted") != 2 {
		t.Errorf("stdout %q, stderr %q", r.Stdout, r.Stderr)
	}
}

func TestPidsLimitIsEnforced(t *testing.T) {
	b := sh(t, "i=0; while [ $i -lt 40 ]; do sleep 20 & i=$((i+1)); done; echo forked all")
	limit := int64(12)
	b.Spec.Linux.Resources = &specs.LinuxResources{
		Devices: []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}}, Pids: &specs.LinuxPids{Limit: &limit},
	}
	r := b.Run()
	if strings.Contains(r.Stdout, "forked all") || !strings.Contains(r.Stderr, "Resource temporarily unavailable") && !strings.Contains(r.Stderr, "can't fork") {
		t.Errorf("exit status %d, stdout %q, stderr %q; expected fork to be refused", r.Status, r.Stdout, r.Stderr)
	}
	b.NothingLeft()
}

func TestMemoryLimitIsEnforced(t *testing.T) {
	b := sh(t, "sleep 0.1; dd if=/dev/zero of=/dev/null bs=64M count=1; echo $?; true")
	limit := int64(16 << 20)
	b.Spec.Linux.Resources = &specs.LinuxResources{
		Devices: []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}}, Memory: &specs.LinuxMemory{Limit: &limit, Swap: &limit},
	}
	r := b.Run()
	if r.Status != 137 && r.Stdout != "137\n" {
		t.Errorf("exit status %d, stdout %q, stderr %q; expected a process killed for memory", r.Status, r.Stdout, r.Stderr)
	}
}

// limits are found in the files of the container's cgroup, whichever version.
func TestLimitsAreWritten(t *testing.T) {
	b := sh(t, "sleep 600")
	pids, memory, shares := int64(33), int64(64<<20), uint64(512)
	b.Spec.Linux.Resources = &specs.LinuxResources{
		Devices: []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}},
		Pids:    &specs.LinuxPids{Limit: &pids}, Memory: &specs.LinuxMemory{Limit: &memory}, CPU: &specs.LinuxCPU{Shares: &shares},
	}
	b.Up()
	found := map[string]string{}
	for _, dir := range b.Cgroups() {
		for _, f := range []string{"pids.max", "memory.limit_in_bytes", "memory.max", "cpu.shares"} {
			if data, err := os.ReadFile(dir + "/" + f); err == nil {
				found[f] = strings.TrimSpace(string(data))
			}
		}
	}
	if found["pids.max"] != "33" {
		t.Errorf("pids.max is %q in %v", found["pids.max"], found)
	}
	if found["memory.limit_in_bytes"] != fmt.Sprint(memory) && found["memory.max"] != fmt.Sprint(memory) {
		t.Errorf("no memory limit of %d in %v", memory, found)
	}
	if v, ok := found["cpu.shares"]; ok && v != "512" {
		t.Errorf("cpu.shares is %q", v)
	}
}

// The whole file system below the container's cgroup path is its own, and its
// process is in it in every hierarchy that is mounted here. (The kernel lists the
// others too: mounted elsewhere, or unmounted while they had cgroups.)
func TestCgroupMembership(t *testing.T) {
	b := sh(t, "sleep 600")
	pid := b.Up()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		t.Fatal(err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	var mounted []string // the last field of each cgroup mount: "rw,cpu,cpuacct"
	for _, line := range strings.Split(string(mounts), "\n") {
		if i := strings.Index(line, " - cgroup "); i >= 0 {
			mounted = append(mounted, line[strings.LastIndexByte(line, ' ')+1:]+",")
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		f := strings.SplitN(line, ":", 3)
		here := len(f) == 3 && slices.ContainsFunc(mounted, func(opts string) bool { return strings.Contains(opts, ","+f[1]+",") })
		if here = here || f[0] == "0" && strings.Contains(string(mounts), " - cgroup2 "); here && f[2] != b.Cgroup {
			t.Errorf("hierarchy %s: cgroup %s, expected %s", f[1], f[2], b.Cgroup)
		}
	}
	if len(b.Cgroups()) == 0 {
		t.Error("no cgroup has been made")
	}
}

// A read-only root with the usual mounts and Docker-like user: what most
// containers of this world look like.
func TestOrdinaryContainer(t *testing.T) {
	b := sh(t, "id -u; touch /x 2>/dev/null || echo read-only; df /tmp | tail -1 | awk '{print $1}'; echo done >/tmp/file && cat /tmp/file")
	b.Spec.Process.User = specs.User{UID: 1000, GID: 1000}
	b.Spec.Root.Readonly = true
	b.Mount("tmpfs", "scratch", "/tmp", "nosuid,nodev,mode=1777")
	b.Spec.Linux.Seccomp = box.Seccomp(specs.ActAllow, box.Errno(1, "acct", "reboot"))
	if out := output(t, b); out != "1000\nread-only\nscratch\ndone\n" {
		t.Errorf("got %q", out)
	}
}
