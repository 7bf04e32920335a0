package cgroup

import (
	"maps"
	"slices"
	"strings"
)

// unified is a map from file name to content, for version 2.
func (c *conv) unified(files map[string]string) {
	if len(files) == 0 {
		return
	}
	c.out.Unified = make(map[string]string, len(files))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		value := files[name]
		if c.l.Mode != V2 {
			c.bad("unified", name, "expected cgroup v2, this host is in mode %s", c.l.Mode)
		}
		controller, _, ok := strings.Cut(name, ".")
		switch {
		case !ok || controller == "" || strings.ContainsAny(name, "/\n\x00"):
			c.bad("unified", name, "expected the name of a cgroup file, CONTROLLER.PARAMETER")
		case controller == "cgroup" && name != "cgroup.max.depth" && name != "cgroup.max.descendants" && name != "cgroup.pressure":
			// cgroup.procs would pull any process of the host into the
			// container's cgroup, cgroup.freeze would stop the start for ever.
			c.bad("unified", name, "expected a limit; files that move, kill or freeze processes are not limits")
		case strings.ContainsRune(value, 0):
			c.bad("unified", name, "its value holds a NUL")
		}
		c.out.Unified[name] = value
	}
}
