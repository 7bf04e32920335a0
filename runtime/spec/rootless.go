package spec

import (
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Rootless changes a default configuration into one that asks for nothing which only
// root of the host can give: `runseal spec --rootless`, as `runc spec --rootless`. Root
// in the container is uid and gid outside, and nobody else is there. What goes for it:
//
//   - the network namespace, since nobody could connect it: the host's is used;
//   - a sysfs of its own, which takes a network namespace (mount_namespaces(7)): the
//     host's is bound, with all below it, which a user namespace may not take apart,
//     read-only as a whole if recursive says that this can be done (rro, Linux 5.12);
//   - the view of the cgroups, for the kernel does not mount a file system of version 2
//     on itself, and they are below the host's /sys: masked;
//   - mount options with ids that are not mapped, such as gid=5 of devpts;
//   - limits and device rules, for which the cgroup would have to be delegated.
func Rootless(s *specs.Spec, uid, gid uint32, recursive bool) {
	l := s.Linux
	l.Namespaces = slices.DeleteFunc(l.Namespaces, func(ns specs.LinuxNamespace) bool {
		return ns.Type == specs.NetworkNamespace || ns.Type == specs.UserNamespace
	})
	l.Namespaces = append(l.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
	l.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: uid, Size: 1}}
	l.GIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: gid, Size: 1}}
	l.Resources = nil
	s.Mounts = slices.DeleteFunc(s.Mounts, func(m specs.Mount) bool { return m.Type == "cgroup" })
	l.MaskedPaths = append(l.MaskedPaths, "/sys/fs/cgroup")
	for i := range s.Mounts {
		m := &s.Mounts[i]
		if m.Type == "sysfs" {
			m.Type, m.Source = "bind", "/sys"
			m.Options = append([]string{"rbind"}, m.Options...)
			if recursive {
				m.Options = append(m.Options, "rro")
			}
		}
		m.Options = slices.DeleteFunc(m.Options, func(o string) bool {
			return strings.HasPrefix(o, "uid=") || strings.HasPrefix(o, "gid=")
		})
	}
}
