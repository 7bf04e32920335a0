package runtime

import (
	"fmt"
	"path"
	"slices"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// delegates says whether the container's cgroup is to be the container's own: it
// has a new cgroup namespace, and the file system is mounted in it to be written
// to (runtime-spec, config-linux.md, "Cgroup ownership").
func delegates(s *specs.Spec) bool {
	if s.Linux == nil || !slices.ContainsFunc(s.Linux.Namespaces, func(n specs.LinuxNamespace) bool {
		return n.Type == specs.CgroupNamespace && n.Path == ""
	}) {
		return false
	}
	return slices.ContainsFunc(s.Mounts, func(m specs.Mount) bool {
		return m.Source == "cgroup" && (m.Type == "cgroup" || m.Type == "cgroup2") && path.Clean(m.Destination) == "/sys/fs/cgroup" &&
			!slices.Contains(m.Options, "ro") && !slices.Contains(m.Options, "rro")
	})
}

// delegate gives the cgroup to the user that the container's process has become,
// who is somebody else for the host if there is a user namespace. The kernel knows
// who that is whether the mappings are ours or those of a namespace that was
// joined.
func (c *created) delegate() error {
	uid, err := userOf(c.child.Pid)
	if err == nil {
		err = c.cgroup.Delegate(uid)
	}
	if err != nil {
		return fmt.Errorf("linux.cgroupsPath: give the cgroup to the container's user: %w", err)
	}
	return nil
}

// userOf returns a process's effective user id, the second of four.
func userOf(pid int) (int, error) {
	ids, err := statusField(pid, "Uid")
	if err != nil {
		return 0, err
	}
	if len(ids) != 4 {
		return 0, fmt.Errorf("process %d has no effective user id", pid)
	}
	return strconv.Atoi(ids[1])
}
