package scenario

import "github.com/runseal/runseal/integration/internal/oracle"

// differences are the lines in which runseal may differ from runc: the scenario's name is
// ENGINE/SCENARIO.
var differences = []oracle.Difference{
	{Scenario: ".*", Key: ".*mounts", Line: `-/(proc|sys)/\S+ rw,nosuid(,noexec)? - tmpfs tmpfs rw,size=65536k,mode=755\S*`,
		Why: "runc hides files behind the container's own null device"},
	{Scenario: ".*", Key: ".*mounts", Line: `\+/(proc|sys)/\S+ ro,nosuid,noexec,\S+ - devtmpfs devtmpfs rw,\S+`,
		Why: "runseal by the host's, which it has checked to be one (docs/ARCHITECTURE.md, safety rule 1)"},
	{Scenario: ".*", Key: ".*mounts", Line: `-(/proc/\S+|/sys/\S+) ro,relatime - tmpfs tmpfs ro\S*`,
		Why: "what hides a directory is empty and cannot be written"},
	{Scenario: ".*", Key: ".*mounts", Line: `\+(/proc/\S+|/sys/\S+) ro,nosuid,nodev,noexec,relatime - tmpfs none rw\S*`,
		Why: "under both, by other options"},
	{Scenario: "(podman|docker|cri)/.*", Key: ".*mounts", Line: `(-/sys/fs/cgroup rw|\+/sys/fs/cgroup ro),nosuid,nodev,noexec,relatime - tmpfs tmpfs rw,mode=755\S*`,
		Why: "config.json says ro; runc leaves the directory of the hierarchies of version 1 read-write"},
	{Scenario: ".*", Key: ".*status", Line: `-SigIgn:\t[0-9a-f]{16}`,
		Why: "runc's process ignores what the engine's caller has ignored"},
	{Scenario: ".*", Key: ".*status", Line: `\+SigIgn:\t0{16}`, Why: "all signals of runseal's are at their default"},
	{Scenario: "podman/systemd", Key: "mounts", Line: `[-+]/sys/fs/cgroup/systemd ro,nosuid,nodev,noexec,relatime - cgroup (systemd|cgroup) rw,name=systemd`,
		Why: "the source of a mount of version 1, which nobody looks at"},
}
