package onnode

import "os"

// A subject is a runtime with a cgroup driver.
type subject struct {
	runtime string // runc, which is the oracle, or runseal
	driver  string // cgroupfs or systemd
}

// subjects in the order in which a scenario starts them; the oracle comes first.
var subjects = []subject{
	{"runc", cgroupfs},
	{"runseal", cgroupfs},
	{"runc", systemd},
	{"runseal", systemd},
}

// reference is the runtime that others are compared with.
const reference = "runc"

// compared says whether a node compares a scenario's subjects with the oracle's under a
// cgroup driver. A life takes runc a minute of emulation, so one node does it for each
// driver; with "" in the variable one node does both.
func compared(s scenario, driver string) bool {
	only := os.Getenv("RUNSEAL_IT_ORACLE")
	return !s.every || only == "" || only == driver
}

const (
	cgroupfs = "cgroupfs"
	systemd  = "systemd"
)

func (s subject) String() string { return s.runtime + "-" + s.driver }

// binary is what ctr gets as --runc-binary.
func (s subject) binary() string {
	if s.runtime == "runseal" {
		return node.runseal
	}
	return s.runtime
}

// flags of `ctr run` for a container with that id.
func (s subject) flags(id string) []string {
	flags := []string{"--runc-binary", s.binary()}
	if s.driver == systemd {
		// slice:prefix:name, which is the unit prefix-name.scope.
		return append(flags, "--runc-systemd-cgroup", "--cgroup", "system.slice:node:"+id)
	}
	return append(flags, "--cgroup", s.cgroupsPath(id))
}

// cgroupsPath is config.json's linux.cgroupsPath.
func (s subject) cgroupsPath(id string) string {
	if s.driver == systemd {
		return "system.slice:node:" + id
	}
	return "/node/" + id
}

// cgroup is where the container's cgroup has to be in the hierarchy.
func (s subject) cgroup(id string) string {
	if s.driver == systemd {
		return "/system.slice/node-" + id + ".scope"
	}
	return "/node/" + id
}
