package cgroup

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Where cgroups are mounted, by convention of every distribution and of the
// cgroups library.
const (
	root        = "/sys/fs/cgroup"
	hybridMount = root + "/unified"
)

// Mode is how the host has mounted its cgroups.
type Mode int

const (
	V1     Mode = iota + 1 // version 1 hierarchies only
	Hybrid                 // version 1, and version 2 without controllers at /sys/fs/cgroup/unified
	V2                     // version 2 only, at /sys/fs/cgroup
)

// String returns "v1", "hybrid" or "v2".
func (m Mode) String() string {
	switch m {
	case V1:
		return "v1"
	case Hybrid:
		return "hybrid"
	case V2:
		return "v2"
	}
	return fmt.Sprintf("cgroup.Mode(%d)", int(m))
}

// Layout is what Detect found.
type Layout struct {
	Mode        Mode
	Hierarchies []Hierarchy // version 1, in mount order; empty in mode V2
	Unified     string      // mount point of version 2: "" in mode V1
	UnifiedOwn  string      // this process's version 2 cgroup as /proc/self/cgroup has it, "/a/b"
}

// Hierarchy is one version 1 hierarchy: what is needed to find this process in
// it, and to mount it again inside a container.
type Hierarchy struct {
	Controllers []string // {"cpu", "cpuacct"} or {"name=systemd"}
	Mountpoint  string   // "/sys/fs/cgroup/cpu,cpuacct"
	Root        string   // the cgroup that is mounted there, "/" but for nested containers
	Own         string   // this process's cgroup as /proc/self/cgroup has it
}

// Name is the directory's name below /sys/fs/cgroup, "cpu,cpuacct".
func (h *Hierarchy) Name() string { return filepath.Base(h.Mountpoint) }

// MountOptions is the data argument that mounts the same hierarchy again,
// "cpu,cpuacct" or "none,name=systemd" (cgroups(7)).
func (h *Hierarchy) MountOptions() string {
	s := strings.Join(h.Controllers, ",")
	for _, c := range h.Controllers {
		if !strings.HasPrefix(c, "name=") {
			return s
		}
	}
	return "none," + s
}

// Aliases are the symbolic links beside a directory of several controllers by
// which programs find each one: "cpu" and "cpuacct" for "cpu,cpuacct".
func (h *Hierarchy) Aliases() []string {
	if len(h.Controllers) < 2 {
		return nil
	}
	var out []string
	for _, c := range h.Controllers {
		if c = strings.TrimPrefix(c, "name="); c != h.Name() {
			out = append(out, c)
		}
	}
	return out
}

// OwnDir is the directory of this process's own cgroup. It fails when the
// process is outside of what is mounted (a nested container that sees only part
// of the hierarchy and was then moved out of it).
func (h *Hierarchy) OwnDir() (string, error) {
	rel, err := filepath.Rel(h.Root, h.Own)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return "", fmt.Errorf("the runtime's own cgroup %q is outside of %q, which is mounted on %s", h.Own, h.Root, h.Mountpoint)
	}
	return filepath.Join(h.Mountpoint, rel), nil
}

// Detect reads how cgroups are mounted for this process: two statfs(2) and, on
// version 1, one read each of /proc/self/cgroup and /proc/self/mountinfo.
func Detect() (Layout, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(root, &fs); err != nil {
		return Layout{}, fmt.Errorf("no cgroup file system: %s: %w", root, err)
	}
	self, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return Layout{}, fmt.Errorf("finding the runtime's own cgroup: %w", err)
	}
	if fs.Type == unix.CGROUP2_SUPER_MAGIC {
		return parseLayout(V2, self, nil)
	}
	mode := V1
	if unix.Statfs(hybridMount, &fs) == nil && fs.Type == unix.CGROUP2_SUPER_MAGIC {
		mode = Hybrid
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return Layout{}, fmt.Errorf("finding the cgroup hierarchies: %w", err)
	}
	return parseLayout(mode, self, mounts)
}

// parseLayout is the pure part of Detect: self is /proc/self/cgroup, mounts is
// /proc/self/mountinfo (proc(5)).
func parseLayout(mode Mode, self, mounts []byte) (Layout, error) {
	l := Layout{Mode: mode}
	own, unifiedOwn, err := parseSelf(string(self))
	if err != nil {
		return Layout{}, err
	}
	switch mode {
	case V2:
		l.Unified, l.UnifiedOwn = root, unifiedOwn
		if unifiedOwn == "" {
			return Layout{}, errors.New("/proc/self/cgroup has no line for cgroup v2")
		}
		return l, nil
	case Hybrid:
		l.Unified, l.UnifiedOwn = hybridMount, unifiedOwn
	}
	for len(mounts) > 0 {
		line, rest, _ := bytes.Cut(mounts, []byte("\n"))
		mounts = rest
		h, ok := parseMount(line, own)
		if !ok {
			continue
		}
		// A hierarchy can be mounted several times. The one in the usual place
		// is the one that programs, and the library, look at.
		i := slices.IndexFunc(l.Hierarchies, func(o Hierarchy) bool { return slices.Equal(o.Controllers, h.Controllers) })
		switch {
		case i < 0:
			l.Hierarchies = append(l.Hierarchies, h)
		case filepath.Dir(h.Mountpoint) == root && filepath.Dir(l.Hierarchies[i].Mountpoint) != root:
			l.Hierarchies[i] = h
		}
	}
	if len(l.Hierarchies) == 0 {
		return Layout{}, errors.New("no cgroup hierarchy is mounted")
	}
	return l, nil
}

// membership is one line of /proc/self/cgroup.
type membership struct {
	controllers []string
	path        string
}

// parseSelf reads lines of the form ID:CONTROLLERS:PATH; a path may hold colons.
func parseSelf(text string) (v1 []membership, v2 string, err error) {
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		id, rest, ok1 := strings.Cut(line, ":")
		ctrl, path, ok2 := strings.Cut(rest, ":")
		if !ok1 || !ok2 || !strings.HasPrefix(path, "/") {
			return nil, "", fmt.Errorf("/proc/self/cgroup: %q: expected ID:CONTROLLERS:PATH", line)
		}
		if id == "0" && ctrl == "" {
			v2 = path
			continue
		}
		v1 = append(v1, membership{strings.Split(ctrl, ","), path})
	}
	return v1, v2, nil
}

// parseMount returns the hierarchy that one line of mountinfo describes, and
// false for any other kind of mount:
//
//	33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
func parseMount(line []byte, own []membership) (Hierarchy, bool) {
	i := bytes.Index(line, []byte(" - cgroup "))
	if i < 0 {
		return Hierarchy{}, false
	}
	left := strings.Fields(string(line[:i]))
	right := strings.Fields(string(line[i+3:]))
	if len(left) < 6 || len(right) < 3 || right[0] != "cgroup" {
		return Hierarchy{}, false
	}
	options := strings.Split(right[len(right)-1], ",")
	for _, m := range own {
		match := true
		for _, c := range m.controllers {
			match = match && slices.Contains(options, c)
		}
		if match {
			return Hierarchy{
				Controllers: m.controllers,
				Mountpoint:  unescape(left[4]),
				Root:        unescape(left[3]),
				Own:         m.path,
			}, true
		}
	}
	return Hierarchy{}, false
}

// unescape undoes the octal escapes of mountinfo (\040 for a space).
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			v, ok := 0, true
			for _, d := range []byte(s[i+1 : i+4]) {
				ok = ok && d >= '0' && d <= '7'
				v = v<<3 | int(d-'0')
			}
			if ok && v <= 0xff {
				b = append(b, byte(v))
				i += 3
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}
