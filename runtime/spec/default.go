package spec

import (
	"syscall"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Default gives the configuration that `runseal spec` writes on this host. See
// DefaultOptions.Spec.
func Default() *specs.Spec {
	const cgroup2Magic = 0x63677270 // CGROUP2_SUPER_MAGIC, linux/magic.h
	var fs syscall.Statfs_t
	v2 := syscall.Statfs("/sys/fs/cgroup", &fs) == nil && fs.Type == cgroup2Magic
	return DefaultOptions{CgroupV2: v2}.Spec()
}

// DefaultOptions is everything on which the default configuration depends.
type DefaultOptions struct {
	// CgroupV2 says that the host has the unified cgroup hierarchy, where a
	// container can be given its own view of it.
	CgroupV2 bool
}

// Spec gives the default configuration: a shell in the bundle's rootfs
// directory, read-only, with few capabilities and the mounts that people know
// from `runc spec`. linux.seccomp is left to the caller, who knows the default
// profile. The result passes Validate, and shares no memory with
// another one.
func (o DefaultOptions) Spec() *specs.Spec {
	caps := func() []string { return []string{"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"} }
	s := &specs.Spec{
		Version: SpecVersion,
		Process: &specs.Process{
			Args: []string{"sh"},
			Env: []string{
				"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				"TERM=xterm",
			},
			Cwd: "/",
			Capabilities: &specs.LinuxCapabilities{
				Bounding:  caps(),
				Effective: caps(),
				Permitted: caps(),
			},
			Rlimits:         []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Hard: 1024, Soft: 1024}},
			NoNewPrivileges: true,
		},
		Root:     &specs.Root{Path: "rootfs", Readonly: true},
		Hostname: "runseal",
		Mounts:   defaultMounts(),
		Linux: &specs.Linux{
			// Nothing but the devices that every container has.
			Resources: &specs.LinuxResources{
				Devices: []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}},
			},
			Namespaces: []specs.LinuxNamespace{
				{Type: specs.PIDNamespace},
				{Type: specs.NetworkNamespace},
				{Type: specs.IPCNamespace},
				{Type: specs.UTSNamespace},
				{Type: specs.MountNamespace},
			},
			// What the kernel shows of the host there is of no use to a
			// container, and has been of use to attackers: key names, kernel
			// memory, timers, energy meters.
			MaskedPaths: []string{
				"/proc/acpi",
				"/proc/asound",
				"/proc/interrupts",
				"/proc/kcore",
				"/proc/keys",
				"/proc/latency_stats",
				"/proc/sched_debug",
				"/proc/scsi",
				"/proc/timer_list",
				"/proc/timer_stats",
				"/sys/devices/virtual/powercap",
				"/sys/firmware",
			},
			ReadonlyPaths: []string{
				"/proc/bus",
				"/proc/fs",
				"/proc/irq",
				"/proc/sys",
				"/proc/sysrq-trigger",
			},
		},
	}
	if o.CgroupV2 {
		s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.CgroupNamespace})
	}
	return s
}

// defaultMounts is the list of config-linux.md ("default filesystems") with what
// programs expect besides: mqueue and a read-only view of the cgroups.
func defaultMounts() []specs.Mount {
	return []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc"},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs",
			Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		// Group 5 is tty in every distribution; grantpt(3) relies on it.
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts",
			Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		{Destination: "/dev/shm", Type: "tmpfs", Source: "shm",
			Options: []string{"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
		{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue",
			Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/sys", Type: "sysfs", Source: "sysfs",
			Options: []string{"nosuid", "noexec", "nodev", "ro"}},
		{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup",
			Options: []string{"nosuid", "noexec", "nodev", "relatime", "ro"}},
	}
}
