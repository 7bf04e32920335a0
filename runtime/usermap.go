package runtime

import (
	"fmt"
	"os"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/plan"
)

// mapUsers writes the mappings of the child's new user namespace.
func (c *created) mapUsers() error {
	l := c.spec.Linux
	if err := writeMap(c.child.Pid, "uid_map", "linux.uidMappings", l.UIDMappings); err != nil {
		return err
	}
	return writeMap(c.child.Pid, "gid_map", "linux.gidMappings", l.GIDMappings)
}

// setRlimits sets process.rlimits on a process that cannot do it itself.
func setRlimits(pid int, pr *specs.Process) error {
	return plan.Rlimits(pr, func(field string, resource int, limit unix.Rlimit) error {
		if err := unix.Prlimit(pid, resource, &limit, nil); err != nil {
			return fmt.Errorf("%s: set a resource limit: %w", field, err)
		}
		return nil
	})
}

// writeMap writes one mapping file with a single write(2), which is all that
// user_namespaces(7) allows.
func writeMap(pid int, file, field string, m []specs.LinuxIDMapping) error {
	var text []byte
	for _, r := range m {
		text = strconv.AppendUint(text, uint64(r.ContainerID), 10)
		text = append(text, ' ')
		text = strconv.AppendUint(text, uint64(r.HostID), 10)
		text = append(text, ' ')
		text = strconv.AppendUint(text, uint64(r.Size), 10)
		text = append(text, '\n')
	}
	if page := os.Getpagesize(); len(text) >= page {
		return fmt.Errorf("%s: %d entries are %d bytes of text, expected less than a page, %d bytes, which is what the kernel takes", field, len(m), len(text), page)
	}
	if err := os.WriteFile("/proc/"+strconv.Itoa(pid)+"/"+file, text, 0); err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	return nil
}
