package spec

import (
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// UnsetPids takes away a linux.resources.pids.limit of 0 where it means no limit: in a
// configuration of a version before 1.3. The member was no pointer until then, and engines
// wrote 0 for a limit that nobody had asked for; from 1.3 on it allows not one process more.
// r may be nil.
func UnsetPids(version string, r *specs.LinuxResources) {
	if r == nil || r.Pids == nil || r.Pids.Limit == nil || *r.Pids.Limit != 0 {
		return
	}
	minor, _, _ := strings.Cut(strings.TrimPrefix(version, "1."), ".")
	if n, err := strconv.Atoi(minor); err == nil && n < 3 {
		r.Pids = nil
	}
}
