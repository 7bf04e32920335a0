package runtime

import (
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/spec"
)

// checkNamespaces looks at the namespaces given by path: each must be one of its
// type, and what config.json wants to change in it must not be the runtime's
// own. The path is the caller's and is not raced: this finds mistakes.
func checkNamespaces(s *specs.Spec) error {
	if s.Linux == nil {
		return nil
	}
	for i, ns := range s.Linux.Namespaces {
		if ns.Path == "" {
			if err := checkTime(i, ns.Type); err != nil {
				return err
			}
			continue
		}
		field := fmt.Sprintf("linux.namespaces[%d].path", i)
		own, err := ownNamespace(field, ns)
		if err != nil {
			return err
		}
		if !own {
			continue
		}
		if about := changes(s, ns.Type); about != "" {
			return fmt.Errorf("%s: %q is the runtime's own %s namespace, in which %s is not allowed, expected another one", field, ns.Path, ns.Type, about)
		}
	}
	return nil
}

// checkTime makes sure that the kernel has time namespaces if number i in
// linux.namespaces is to be a new one.
func checkTime(i int, t specs.LinuxNamespaceType) error {
	if t != specs.TimeNamespace {
		return nil
	}
	if err := unix.Access("/proc/self/timens_offsets", unix.F_OK); err != nil {
		return fmt.Errorf(`linux.namespaces[%d].type: "time": the kernel has no time namespaces, expected Linux 5.6 or newer with CONFIG_TIME_NS (/proc/self/timens_offsets: %w)`, i, err)
	}
	return nil
}

// ownNamespace checks the type of a namespace and tells whether the runtime is
// in it. O_NONBLOCK: a FIFO must not block.
func ownNamespace(field string, ns specs.LinuxNamespace) (bool, error) {
	// To open a device can have effects, and namespaces are regular files.
	var named unix.Stat_t
	err := unix.Stat(ns.Path, &named)
	if err == nil && named.Mode&unix.S_IFMT != unix.S_IFREG {
		return false, fmt.Errorf("%s: %q: expected a namespace of type %q", field, ns.Path, ns.Type)
	}
	fd := -1
	if err == nil {
		fd, err = unix.Open(ns.Path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		return false, fmt.Errorf("%s: open %q: %w", field, ns.Path, err)
	}
	defer unix.Close(fd)
	want := plan.Flags(&specs.Linux{Namespaces: []specs.LinuxNamespace{ns}})
	if t, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE); err != nil || uint64(t) != want {
		return false, fmt.Errorf("%s: %q: expected a namespace of type %q", field, ns.Path, ns.Type)
	}
	var here, there unix.Stat_t
	if err := unix.Fstat(fd, &there); err != nil {
		return false, fmt.Errorf("%s: %q: %w", field, ns.Path, err)
	}
	if err := unix.Stat("/proc/self/ns/"+procName(ns.Type), &here); err != nil {
		return false, fmt.Errorf("%s: %w", field, err)
	}
	return here.Dev == there.Dev && here.Ino == there.Ino, nil
}

// procName is a namespace's name in /proc/PID/ns.
func procName(t specs.LinuxNamespaceType) string {
	switch t {
	case specs.NetworkNamespace:
		return "net"
	case specs.MountNamespace:
		return "mnt"
	}
	return string(t) // pid, ipc, uts, user, cgroup, time
}

// changes names what config.json would change in a namespace of this type, or
// "" if it only uses it.
func changes(s *specs.Spec, t specs.LinuxNamespaceType) string {
	if t == specs.MountNamespace {
		return "mounting and changing the root"
	}
	if t == specs.UTSNamespace {
		switch {
		case s.Hostname != "":
			return "setting hostname"
		case s.Domainname != "":
			return "setting domainname"
		}
	}
	if t == specs.NetworkNamespace && len(s.Linux.NetDevices) > 0 {
		return "moving linux.netDevices"
	}
	for key := range s.Linux.Sysctl {
		name, _ := spec.SysctlPath(key)
		var of specs.LinuxNamespaceType = specs.IPCNamespace
		switch {
		case strings.HasPrefix(name, "net/"):
			of = specs.NetworkNamespace
		case name == "kernel/domainname" || name == "kernel/hostname":
			of = specs.UTSNamespace
		}
		if of == t {
			return fmt.Sprintf("setting linux.sysctl[%q]", key)
		}
	}
	return ""
}
