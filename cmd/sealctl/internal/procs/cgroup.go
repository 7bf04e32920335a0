package procs

import (
	"fmt"
	"strconv"
	"strings"
)

// Cgroup is a line of /proc/PID/cgroup (cgroups(7)): the place of a process in one
// hierarchy.
type Cgroup struct {
	Hierarchy   int    // 0 is version 2
	Controllers string // of version 1, separated by commas; "name=systemd" and the like; empty for version 2
	Path        string // as the reader's cgroup namespace sees it
}

// ParseCgroup reads the text of /proc/PID/cgroup. A path may hold any character but a
// newline, colons among them.
func ParseCgroup(text string) ([]Cgroup, error) {
	var list []Cgroup
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		f := strings.SplitN(line, ":", 3)
		if len(f) < 3 {
			return nil, fmt.Errorf("line %q: expected HIERARCHY:CONTROLLERS:PATH", line)
		}
		n, err := strconv.ParseUint(f[0], 10, 31)
		if err != nil {
			return nil, fmt.Errorf("line %q: expected the number of a hierarchy", line)
		}
		list = append(list, Cgroup{int(n), f[1], f[2]})
	}
	return list, nil
}
