package main

import "golang.org/x/sys/unix"

// A feature is something that not every kernel has.
type feature struct {
	name    string
	since   string // version of Linux
	usedFor string // by runseal
	without string // what runseal does on a kernel that lacks it
	// optional: newer kernels can lack it too, by their configuration, or by how cgroups
	// are mounted.
	optional bool
	here     func(*host) bool
}

const (
	required = "a container is not started; the error names the call and Linux 5.10"
	refused  = "an error that names the field of config.json"
	nothing  = "(nothing is lost)"
)

// table is in the order of the versions. What every kernel has had for long is left out.
var table = []feature{
	{name: "seccomp: kill_process", since: "4.14", usedFor: "SCMP_ACT_KILL_PROCESS", without: required, here: seccompAction(unix.SECCOMP_RET_KILL_PROCESS)},
	{name: "seccomp: log", since: "4.14", usedFor: "SCMP_ACT_LOG", without: required, here: seccompAction(unix.SECCOMP_RET_LOG)},
	{name: "seccomp: SCMP_ACT_NOTIFY", since: "5.0", usedFor: "handing calls to an agent", without: refused, here: seccompFlags(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER)},
	{name: "pidfd_send_signal(2)", since: "5.1", usedFor: "signals that reach no other process", without: required, here: call(unix.SYS_PIDFD_SEND_SIGNAL)},
	{name: "open_tree(2), move_mount(2), fsopen(2), fsconfig(2), fsmount(2)", since: "5.2", usedFor: "mounts by descriptor, not by path", without: required,
		here: calls(unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT)},
	{name: "cgroup.freeze", since: "5.2", usedFor: "pausing a container; killing one that forks as fast as it is killed", without: refused, optional: true, here: cgroupFile("cgroup.freeze")},
	{name: "clone3(2), pidfd_open(2)", since: "5.3", usedFor: "making the container's process; finding it again", without: required, here: calls(unix.SYS_CLONE3, unix.SYS_PIDFD_OPEN)},
	{name: "cgroup v2: hugetlb", since: "5.6", usedFor: "linux.resources.hugepageLimits", without: refused, optional: true, here: controller("hugetlb")},
	{name: "openat2(2)", since: "5.6", usedFor: "paths of the container, which never lead out of its root", without: required, here: call(unix.SYS_OPENAT2)},
	{name: "pidfd_getfd(2)", since: "5.6", usedFor: "the listener of SCMP_ACT_NOTIFY", without: refused, here: call(unix.SYS_PIDFD_GETFD)},
	{name: "time namespaces", since: "5.6", usedFor: "linux.namespaces, linux.timeOffsets", without: refused, optional: true, here: file("/proc/self/timens_offsets")},
	{name: "CLONE_INTO_CGROUP", since: "5.7", usedFor: "a process that is in its version 2 cgroup from its first instruction on", without: required, here: cloneIntoCgroup},
	{name: "faccessat2(2)", since: "5.8", usedFor: "whether the program may be executed, before the container is started", without: required, here: call(unix.SYS_FACCESSAT2)},
	{name: "setns(2) with a pidfd", since: "5.8", usedFor: "exec: all namespaces at once", without: "exec fails", here: setnsPidfd},
	{name: "close_range(2)", since: "5.9", usedFor: "no descriptor of the host in the container's process", without: required, here: call(unix.SYS_CLOSE_RANGE)},
	{name: "seccomp: SECCOMP_IOCTL_NOTIF_ADDFD", since: "5.9", usedFor: "package seccomp/notify: AddFD", without: "an error", here: addFD(0)},
	{name: "nosymfollow", since: "5.10", usedFor: "the mount option", without: "the kernel's error", here: statfsSymFollow},
	{name: "CLOSE_RANGE_CLOEXEC", since: "5.11", usedFor: "closing at execve what is still open", without: "fcntl(2) for each descriptor that may be open", here: closeRangeCloexec},
	{name: "mount_setattr(2)", since: "5.12", usedFor: "attributes and propagation of a bind mount before it can be seen; read-only root and paths; the read-only clone that runseal executes itself from",
		without: "mount(2) once the mount is there; a tree of several mounts cannot be changed by rro, rnosuid and the like, nor made a read-only path: an error; a sealed memfd", here: call(unix.SYS_MOUNT_SETATTR)},
	{name: "idmapped mounts", since: "5.12", usedFor: "mounts[].uidMappings, gidMappings, idmap and ridmap; which file systems differs: tmpfs since 6.3", without: refused, here: setattr(unix.MOUNT_ATTR_IDMAP)},
	{name: "cgroup v2: misc", since: "5.13", usedFor: "linux.resources.unified", without: refused, optional: true, here: controller("misc")},
	{name: "nosymfollow by mount_setattr(2)", since: "5.14", usedFor: "the mount option on bind mounts", without: "on 5.12 and 5.13 an error; before, mount(2)", here: setattr(unix.MOUNT_ATTR_NOSYMFOLLOW)},
	{name: "cgroup.kill", since: "5.14", usedFor: "killing all of a cgroup at once", without: "each process by its pidfd, from the fourth round on with the cgroup frozen", optional: true, here: cgroupFile("cgroup.kill")},
	{name: "cpu.max.burst", since: "5.14", usedFor: "linux.resources.cpu.burst", without: refused, optional: true, here: cgroupFile("cpu.max.burst")},
	{name: "seccomp: SECCOMP_ADDFD_FLAG_SEND", since: "5.14", usedFor: "package seccomp/notify: SendFD", without: "an error", here: addFD(unix.SECCOMP_ADDFD_FLAG_SEND)},
	{name: "cpu.idle (version 2)", since: "5.15", usedFor: "linux.resources.cpu.idle", without: refused, optional: true, here: cgroupFile("cpu.idle")},
	{name: "memory.peak", since: "5.19", usedFor: "events: the most memory that was in use", without: "the figure is 0", optional: true, here: cgroupFile("memory.peak")},
	{name: "memory.reclaim", since: "5.19", usedFor: "linux.resources.unified", without: refused, optional: true, here: cgroupFile("memory.reclaim")},
	{name: "seccomp: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", since: "5.19", usedFor: "linux.seccomp.flags", without: refused,
		here: seccompFlags(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)},
	{name: "pids.peak", since: "6.1", usedFor: "not used", without: nothing, optional: true, here: cgroupFile("pids.peak")},
	{name: "MFD_EXEC", since: "6.3", usedFor: "the sealed memfd, where vm.memfd_noexec wants it", without: nothing, here: memfdExec},
	{name: "seccomp: SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP", since: "6.6", usedFor: "package seccomp/notify: faster answers", without: "an error", here: syncWakeUp},
	{name: "statmount(2), listmount(2)", since: "6.8", usedFor: "not used: /proc/PID/mountinfo is read where mounts are looked at", without: nothing, here: calls(unix.SYS_STATMOUNT, unix.SYS_LISTMOUNT)},
	{name: "open_tree_attr(2)", since: "6.15", usedFor: "not used: open_tree(2) and mount_setattr(2)", without: nothing, here: call(unix.SYS_OPEN_TREE_ATTR)},
}
