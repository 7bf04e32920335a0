package systemd

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// limits fills linux.resources with one value of each kind, and returns what the
// files have to say.
func limits(u *unitBox) []string {
	r := u.Spec.Linux.Resources
	r.Memory = &specs.LinuxMemory{Limit: ptr(int64(64 << 20)), Reservation: ptr(int64(32 << 20)), Swap: ptr(int64(64 << 20))}
	// 50.5 percent: before version 257 systemd's files have whole percent.
	r.CPU = &specs.LinuxCPU{Shares: ptr(uint64(1024)), Quota: ptr(int64(50500)), Period: ptr(uint64(100000)), Cpus: "0", Mems: "0"}
	r.Pids = &specs.LinuxPids{Limit: ptr(int64(33))}
	r.Unified = map[string]string{"memory.high": "50331648", "memory.oom.group": "1", "cgroup.max.depth": "7"}
	return []string{
		"memory.max=67108864", "memory.low=33554432", "memory.swap.max=0", "memory.high=50331648", "memory.oom.group=1",
		"cpu.weight=100", "cpu.max=50500 100000", "cpuset.cpus=0", "cpuset.mems=0", "pids.max=33", "cgroup.max.depth=7",
	}
}

// TestScope: the unit is as asked for, its cgroup has the exact values, and the
// container is in it from its first instruction: its cgroup namespace has no other
// root.
func TestScope(t *testing.T) {
	t.Parallel()
	u := scope(t, "cat /proc/self/cgroup; sleep 600")
	u.SetNamespace(specs.LinuxNamespace{Type: specs.CgroupNamespace})
	files := limits(u)
	p := u.Create()
	pid := u.State().Pid
	u.want(t, "ActiveState=active", "Slice=system.slice", "Delegate=yes", "DefaultDependencies=no", "CollectMode=inactive-or-failed",
		"Description=runseal container "+u.ID, "Transient=yes", "MemoryAccounting=yes", "TasksAccounting=yes", "IOAccounting=yes",
		"MemoryMax=67108864", "MemoryLow=33554432", "MemorySwapMax=0", "MemoryHigh=50331648", "OOMPolicy=kill",
		"CPUWeight=100", "CPUQuotaPeriodUSec=100ms", "AllowedCPUs=0", "AllowedMemoryNodes=0", "TasksMax=33",
		"DevicePolicy=auto", "ControlGroup=/system.slice/"+u.Unit)
	quota := "CPUQuotaPerSecUSec=505ms"
	if version(t) < 257 {
		quota = "CPUQuotaPerSecUSec=510ms"
	}
	u.want(t, quota)
	u.files(t, files...)
	u.files(t, fmt.Sprint("cgroup.procs=", pid))
	u.Must("start", u.ID)
	p.WaitOutput("0::/\n")
	u.Must("delete", "--force", u.ID)
	u.NothingLeft()
	u.gone(t)
}

// TestDefaultName: without a cgroupsPath, and in a slice that is two levels deep.
func TestDefaultName(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	u.Spec.Linux.CgroupsPath = ""
	u.Unit = "runseal-" + u.ID + ".scope"
	u.Dir = "/sys/fs/cgroup/system.slice/" + u.Unit
	pid := u.Up()
	u.want(t, "ActiveState=active")
	u.files(t, fmt.Sprint("cgroup.procs=", pid))
}

func TestSliceTree(t *testing.T) {
	u := scope(t, "sleep 600")
	u.place("runsealit-a.slice", "runsealit.slice/runsealit-a.slice")
	pid := u.Up()
	u.want(t, "ActiveState=active", "Slice=runsealit-a.slice")
	u.files(t, fmt.Sprint("cgroup.procs=", pid))
	u.Must("delete", "--force", u.ID)
	u.gone(t)
	systemctl(t, "stop", "runsealit.slice")
}

func TestRootSlice(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	u.place("-.slice", "/")
	pid := u.Up()
	u.want(t, "ActiveState=active", "Slice=-.slice")
	u.files(t, fmt.Sprint("cgroup.procs=", pid))
}

// TestRun: in the foreground, with the unit gone at its end, and the exit status
// of the container's process.
func TestRun(t *testing.T) {
	t.Parallel()
	u := scope(t, "exit 7")
	if r := u.Run(); r.Status != 7 {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	u.NothingLeft()
	u.gone(t)
}

// TestExec: a further process is in the scope, from its first instruction too.
func TestExec(t *testing.T) {
	u := scope(t, "sleep 600")
	u.SetNamespace(specs.LinuxNamespace{Type: specs.CgroupNamespace})
	u.Up()
	if r := u.Must("exec", u.ID, "cat", "/proc/self/cgroup"); r.Stdout != "0::/\n" {
		t.Errorf("%q", r.Stdout)
	}
	u.Must("exec", "--detach", u.ID, "sleep", "601")
	if procs := strings.Fields(u.file(t, "cgroup.procs")); len(procs) != 2 {
		t.Errorf("processes %v, expected 2", procs)
	}
	u.ReapOrphans()
}

// denied is a script that succeeds if the device rules are in force: a loop device
// that may be opened is there, or is not (ENXIO), but not forbidden (EPERM).
const denied = "{ mknod /tmp/loop0 b 7 0; head -c 1 /tmp/loop0; } 2>&1 | grep 'Operation not permitted'"

// TestDevices: our device rules are in force, beside whatever systemd has.
func TestDevices(t *testing.T) {
	t.Parallel()
	u := scope(t, "mknod /tmp/null c 1 3; cat /tmp/null && echo null; "+denied)
	u.Mount("tmpfs", "tmpfs", "/tmp", "")
	if r := u.Run(); r.Status != 0 || !strings.HasPrefix(r.Stdout, "null\n") {
		t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

// TestUserNamespace: the child waits for its scope before it waits for its ids.
func TestUserNamespace(t *testing.T) {
	t.Parallel()
	u := scope(t, "cat /proc/self/uid_map; cat /proc/self/cgroup")
	u.SetNamespace(specs.LinuxNamespace{Type: specs.UserNamespace})
	u.SetNamespace(specs.LinuxNamespace{Type: specs.CgroupNamespace})
	u.Spec.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 0, Size: 1 << 16}}
	u.Spec.Linux.GIDMappings = u.Spec.Linux.UIDMappings
	if r := u.Run(); r.Status != 0 || !strings.HasSuffix(r.Stdout, "0::/\n") {
		t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

// TestHugepages: a controller that systemd does not know.
func TestHugepages(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/sys/kernel/mm/hugepages/hugepages-2048kB"); err != nil {
		t.Skip("this machine has no huge pages of 2 MB")
	}
	u := scope(t, "sleep 600")
	u.Spec.Linux.Resources.HugepageLimits = []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 4 << 20}}
	u.Up()
	u.files(t, "hugetlb.2MB.max=4194304")
}
