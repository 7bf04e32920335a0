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
//     host's is bound, with all below it, which a user namespace may not take apart;
//   - mount options with ids that are not mapped, such as gid=5 of devpts;
//   - limits and device rules, for which the cgroup would have to be delegated.
func Rootless(s *specs.Spec, uid, gid uint32) {
	l := s.Linux
	l.Namespaces = slices.DeleteFunc(l.Namespaces, func(ns specs.LinuxNamespace) bool {
		return ns.Type == specs.NetworkNamespace || ns.Type == specs.UserNamespace
	})
	l.Namespaces = append(l.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
	l.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: uid, Size: 1}}
	l.GIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: gid, Size: 1}}
	l.Resources = nil
	for i := range s.Mounts {
		m := &s.Mounts[i]
		if m.Type == "sysfs" {
			m.Type, m.Source = "bind", "/sys"
			m.Options = append([]string{"rbind"}, m.Options...)
		}
		m.Options = slices.DeleteFunc(m.Options, func(o string) bool {
			return strings.HasPrefix(o, "uid=") || strings.HasPrefix(o, "gid=")
		})
	}
}
