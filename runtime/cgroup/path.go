package cgroup

import (
	"fmt"
	"path/filepath"
	"strings"
)

// defaultParent is where containers without a cgroupsPath go.
const defaultParent = "runseal"

// resolve turns cgroupsPath into one directory per controller.
func resolve(l Layout, cgroupsPath, id string) (map[string]string, error) {
	inner := cgroupsPath
	if inner == "" {
		if id == "" || id == "." || strings.ContainsRune(id, '/') {
			return nil, fmt.Errorf("container id %q: cannot be the name of a cgroup", cut(id))
		}
		inner = "/" + defaultParent + "/" + id
	}
	if err := checkPath(inner); err != nil {
		return nil, err
	}
	absolute := strings.HasPrefix(inner, "/")
	paths := make(map[string]string, len(l.Hierarchies)+2)
	for i := range l.Hierarchies {
		h := &l.Hierarchies[i]
		base := h.Mountpoint
		if !absolute {
			var err error
			if base, err = h.OwnDir(); err != nil {
				return nil, fmt.Errorf("linux.cgroupsPath: %q is relative: %w", inner, err)
			}
		}
		for _, c := range h.Controllers {
			if joined(c) {
				paths[c] = filepath.Join(base, inner)
			}
		}
	}
	switch {
	case l.Unified == "":
	case absolute:
		paths[""] = filepath.Join(l.Unified, inner)
	case l.UnifiedOwn == "/.." || strings.HasPrefix(l.UnifiedOwn, "/../"): // cgroup_namespaces(7)
		return nil, fmt.Errorf("linux.cgroupsPath: %q is relative: the runtime's own cgroup %q is outside of what is mounted on %s", inner, cut(l.UnifiedOwn), l.Unified)
	case l.Mode == V2:
		// The runtime's own cgroup has at least the runtime in it, and a version
		// 2 cgroup with processes gives no controllers to children (cgroups(7),
		// "no internal processes"). The cgroups library does the same.
		paths[""] = filepath.Join(l.Unified, filepath.Dir(l.UnifiedOwn), inner)
	default:
		paths[""] = filepath.Join(l.Unified, l.UnifiedOwn, inner)
	}
	return paths, nil
}

// checkPath rejects what could leave the place that cgroupsPath names, or name
// a hierarchy's root, whose limits and processes are the host's.
func checkPath(p string) error {
	const field = "linux.cgroupsPath"
	if len(p) > 3072 { // leaves room for the mount point below PATH_MAX
		return fmt.Errorf("%s: %q: %d bytes, expected at most 3072", field, cut(p), len(p))
	}
	if strings.ContainsAny(p, "\n\x00") {
		return fmt.Errorf("%s: %q: expected a path without newline and NUL", field, cut(p))
	}
	named := false
	for rest, more := p, true; more; {
		var name string
		name, rest, more = strings.Cut(rest, "/")
		switch {
		case name == "..":
			return fmt.Errorf(`%s: %q: expected a path without ".."`, field, cut(p))
		case len(name) > 255:
			return fmt.Errorf("%s: %q: a name has %d bytes, expected at most 255", field, cut(p), len(name))
		case name != "" && name != ".":
			named = true
		}
	}
	if !named {
		return fmt.Errorf("%s: %q: expected a path below the root of the hierarchy", field, cut(p))
	}
	return nil
}

// joined says whether containers are put into the hierarchy of this controller.
// It is the list of the cgroups library, which makes no directories in others
// (such as name=openrc): a container stays where its parent is in those.
func joined(controller string) bool {
	switch controller {
	case "blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "hugetlb", "memory", "misc",
		"name=systemd", "net_cls", "net_prio", "perf_event", "pids", "rdma":
		return true
	}
	return false
}

// cut keeps values in error messages to one readable line.
func cut(s string) string {
	if len(s) > 80 {
		return s[:77] + "..."
	}
	return s
}
