package spec

import (
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// What Rootless makes is valid and done by this version, and nothing in it is only root's.
func TestRootless(t *testing.T) {
	for _, v2 := range []bool{false, true} {
		recursive := v2
		s := DefaultOptions{CgroupV2: v2}.Spec()
		Rootless(s, 1000, 100, recursive)
		if err := Validate(s); err != nil {
			t.Fatal(err)
		}
		has := func(typ specs.LinuxNamespaceType) bool {
			return slices.ContainsFunc(s.Linux.Namespaces, func(ns specs.LinuxNamespace) bool { return ns.Type == typ })
		}
		if !has(specs.UserNamespace) || has(specs.NetworkNamespace) || !has(specs.PIDNamespace) || has(specs.CgroupNamespace) != v2 {
			t.Errorf("namespaces %v", s.Linux.Namespaces)
		}
		want := func(id uint32) []specs.LinuxIDMapping { return []specs.LinuxIDMapping{{HostID: id, Size: 1}} }
		if !slices.Equal(s.Linux.UIDMappings, want(1000)) || !slices.Equal(s.Linux.GIDMappings, want(100)) {
			t.Errorf("mappings %v, %v", s.Linux.UIDMappings, s.Linux.GIDMappings)
		}
		if s.Linux.Resources != nil {
			t.Errorf("resources %+v", s.Linux.Resources)
		}
		for _, m := range s.Mounts {
			if m.Type == "sysfs" || m.Type == "cgroup" || m.Destination == "/sys" && (m.Source != "/sys" || m.Options[0] != "rbind" || !slices.Contains(m.Options, "ro") || slices.Contains(m.Options, "rro") != recursive) {
				t.Errorf("mount %+v", m)
			}
			if o := strings.Join(m.Options, ","); strings.Contains(o, "id=") {
				t.Errorf("%s: %s", m.Destination, o)
			}
		}
		if !slices.Contains(s.Linux.MaskedPaths, "/sys/fs/cgroup") {
			t.Errorf("the host's cgroups are not masked: %q", s.Linux.MaskedPaths)
		}
		if other := (DefaultOptions{CgroupV2: v2}).Spec(); !slices.Contains(other.Mounts[2].Options, "gid=5") {
			t.Errorf("another default configuration has changed: %q", other.Mounts[2].Options)
		}
	}
}
