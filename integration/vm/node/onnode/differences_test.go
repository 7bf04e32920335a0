package onnode

import "github.com/runseal/runseal/integration/internal/oracle"

// differences are the lines in which runseal may differ from runc, each for a reason.
var differences = []oracle.Difference{
	{Scenario: ".*", Key: "devices", Line: `-/dev/core .* /proc/kcore`,
		Why: "the specification does not name this link, and what it leads to is hidden"},
	{Scenario: ".*", Key: "mounts", Line: `-/null /proc/\S+ rw,nosuid - tmpfs tmpfs .*`,
		Why: "runc hides files behind the container's own null device"},
	{Scenario: ".*", Key: "mounts", Line: `\+/null /proc/\S+ ro,nosuid,noexec,\S+ master - devtmpfs devtmpfs .*`,
		Why: "runseal by the host's, which it has checked to be one (docs/ARCHITECTURE.md, safety rule 1)"},
	{Scenario: ".*", Key: "mounts", Line: `-/ (/proc/\S+|/sys/\S+) ro,relatime - tmpfs tmpfs ro,.*`,
		Why: "what hides a directory is empty and cannot be written"},
	{Scenario: ".*", Key: "mounts", Line: `\+/ (/proc/\S+|/sys/\S+) ro,nosuid,nodev,noexec,relatime - tmpfs none rw,.*`,
		Why: "under both, by other options"},
	{Scenario: ".*", Key: "mounts", Line: `-(/|PATH/rootfs) / rw,\w+ - .*`,
		Why: "without linux.rootfsPropagation runc's root is private"},
	{Scenario: ".*", Key: "mounts", Line: `\+(/|PATH/rootfs) / rw,\w+ master - .*`,
		Why: "and runseal's gets what the host mounts later on"},
	{Scenario: "run|life", Key: "events", Line: `[-+]delete`,
		Why: "the shim's last event, which can be lost when it ends"},
	{Scenario: "life", Key: ".* of the unit", Line: `-CollectMode=inactive`,
		Why: "runc leaves a unit that has failed to whoever finds it"},
	{Scenario: "life", Key: ".* of the unit", Line: `\+CollectMode=inactive-or-failed`,
		Why: "and of runseal's nothing is left"},
	{Scenario: "life", Key: ".* of the unit", Line: `-(DeviceAllow=.*|DevicePolicy=strict)`,
		Why: "runc has systemd make a filter of devices beside its own"},
	{Scenario: "life", Key: ".* of the unit", Line: `\+DevicePolicy=auto`,
		Why: "what systemd cannot express is not half told to it (runtime/cgroup/unitlimits.go)"},
	{Scenario: "life", Key: "resources.*", Line: `-(cpu\.weight: |CPUWeight=|cpu\.weight\.nice: )(20|7)`,
		Why: "runc 1.1 makes a weight of shares in a line from 1 to 10000"},
	{Scenario: "life", Key: "resources.*", Line: `\+(cpu\.weight: |CPUWeight=|cpu\.weight\.nice: )(59|2)`,
		Why: "as runc 1.3 does, 1024 shares, which are usual, are a weight of 100, which is usual"},
}
