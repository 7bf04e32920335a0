package systemd

import (
	"fmt"
	"strconv"
	"strings"
)

// Field of config.json that names the unit, for errors.
const field = "linux.cgroupsPath"

// DefaultSlice takes the containers of root that name no slice. (Those of a
// user's own systemd would go to user.slice.)
const DefaultSlice = "system.slice"

// DefaultPrefix begins the unit names of containers without a cgroupsPath.
const DefaultPrefix = "runseal"

// maxUnitName is UNIT_NAME_MAX of systemd without the NUL.
const maxUnitName = 255

// Scope is where a container's processes go.
type Scope struct {
	Unit  string // "runseal-c1.scope"
	Slice string // "machine-a.slice"
}

// ParsePath reads linux.cgroupsPath as it is for the systemd driver,
// SLICE:PREFIX:NAME, for the scope PREFIX-NAME.scope in SLICE. An empty SLICE is
// [DefaultSlice]; an empty path is the scope runseal-ID.scope there. Errors name
// the field, the value and what was expected.
//
// NAME with the ending .slice is refused. Other runtimes then ask systemd for a
// slice with a process in it, which it does not make: slices are the inner nodes
// of its tree, and only scopes and services hold processes.
func ParsePath(path, id string) (Scope, error) {
	bad := func(format string, args ...any) (Scope, error) {
		return Scope{}, fmt.Errorf("%s: %s: %s", field, quote(path), fmt.Sprintf(format, args...))
	}
	if path == "" {
		s := Scope{DefaultPrefix + "-" + id + ".scope", DefaultSlice}
		if why := badUnitName(s.Unit); why != "" {
			return Scope{}, fmt.Errorf("%s: not given, so that systemd's unit would be named after the container id, %s: %s; expected %s, or another id",
				field, quote(id), why, form)
		}
		return s, nil
	}
	parts := strings.Split(path, ":")
	if len(parts) != 3 {
		return bad("expected %s with --systemd-cgroup", form)
	}
	s := Scope{Slice: parts[0]}
	if s.Slice == "" {
		s.Slice = DefaultSlice
	}
	if why := badSlice(s.Slice); why != "" {
		return bad("slice %s: %s", quote(s.Slice), why)
	}
	prefix, name := parts[1], parts[2]
	switch {
	case prefix == "":
		return bad("the prefix is empty, expected %s", form)
	case name == "":
		return bad("the name is empty, expected %s", form)
	case strings.HasSuffix(name, ".slice"):
		return bad("name %s: a slice holds units, not processes; expected a name without .slice, of a scope", quote(name))
	}
	s.Unit = prefix + "-" + name + ".scope"
	if why := badUnitName(s.Unit); why != "" {
		return bad("unit %s: %s", quote(s.Unit), why)
	}
	return s, nil
}

const form = "SLICE:PREFIX:NAME"

// Path returns the scope's cgroup below the root of the hierarchy, with a slash
// in front. Dashes in a slice's name are levels of the tree (systemd.slice(5)):
// a-b.slice is in a.slice.
func (s Scope) Path() string {
	var b strings.Builder
	if stem := strings.TrimSuffix(s.Slice, sliceSuffix); stem != "-" {
		for i := 0; i <= len(stem); i++ {
			if i == len(stem) || stem[i] == '-' {
				b.WriteByte('/')
				b.WriteString(stem[:i])
				b.WriteString(sliceSuffix)
			}
		}
	}
	b.WriteByte('/')
	b.WriteString(s.Unit)
	return b.String()
}

const sliceSuffix = ".slice"

// badSlice says what is wrong with a slice's name, or "".
func badSlice(name string) string {
	stem, ok := strings.CutSuffix(name, sliceSuffix)
	switch {
	case !ok:
		return "expected a name that ends in .slice"
	case stem == "-":
		return "" // the root
	case stem == "":
		return "expected a name before .slice"
	case stem[0] == '-' || stem[len(stem)-1] == '-' || strings.Contains(stem, "--"):
		return "a dash divides the levels of the tree, expected a name on each side of it"
	}
	for i := range name {
		if name[i] == '-' {
			if why := badCgroup(name[:i] + sliceSuffix); why != "" {
				return why
			}
		}
	}
	return badUnitName(name)
}

// badUnitName says what is wrong with the name of a unit that is no template and
// no instance of one, or "" (systemd.unit(5)).
func badUnitName(name string) string {
	if len(name) > maxUnitName {
		return strconv.Itoa(len(name)) + " bytes, expected at most " + strconv.Itoa(maxUnitName)
	}
	for _, c := range name {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == ':', c == '_', c == '.', c == '\\', c == '-':
		default:
			return strconv.QuoteRune(c) + ` cannot be part of it, expected A-Z a-z 0-9 : _ . \ -`
		}
	}
	return badCgroup(name)
}

// badCgroup says that a unit's cgroup has another name than the unit, or "": systemd
// puts an underscore before names that the kernel could have for its own files
// (cg_needs_escape in its sources). Should a version know more controllers than these,
// the scope is found to be elsewhere when it has been started.
func badCgroup(unit string) string {
	first, _, _ := strings.Cut(unit, ".")
	switch first {
	case "", "cgroup", "cpu", "cpuacct", "cpuset", "io", "blkio", "memory", "devices", "pids",
		"bpf-firewall", "bpf-devices", "bpf-foreign", "bpf-socket-bind", "bpf-restrict-network-interfaces", "bpf-bind-network-interface":
	default:
		if unit[0] != '_' {
			return ""
		}
	}
	return "systemd's cgroup for " + quote(unit) + " is " + quote("_"+unit) + ", expected a name that does not begin with _, . or a controller and a dot"
}

// quote keeps a value in an error message to one readable line.
func quote(s string) string {
	if len(s) > 80 {
		s = s[:77] + "..."
	}
	return strconv.Quote(s)
}
