package onnode

// differences are the lines in which runseal may differ from runc, each for a reason.
var differences = []struct {
	scenario, key string // regular expressions for the whole name
	line          string // the same; "-" begins a line of runc's, "+" one of the other's
	why           string
}{
	{".*", "devices", `-/dev/core .* /proc/kcore`,
		"the specification does not name this link, and what it leads to is hidden"},
	{".*", "tried", `-open device net/tun no such device`,
		"the specification's default devices are without it: a container that needs it lists it"},
	{".*", "tried", `\+open device net/tun operation not permitted`, "the same"},
	{".*", "mounts", `-/null /proc/\S+ rw,nosuid - tmpfs tmpfs .*`,
		"runc hides files behind the container's own null device"},
	{".*", "mounts", `\+/null /proc/\S+ ro,nosuid,noexec,\S+ master - devtmpfs devtmpfs .*`,
		"runseal by the host's, which it has checked to be one (docs/ARCHITECTURE.md, safety rule 1)"},
	{".*", "mounts", `-/ (/proc/\S+|/sys/\S+) ro,relatime - tmpfs tmpfs ro,.*`, "what hides a directory is empty and cannot be written"},
	{".*", "mounts", `\+/ (/proc/\S+|/sys/\S+) ro,nosuid,nodev,noexec,relatime - tmpfs none rw,.*`, "under both, by other options"},
	{".*", "mounts", `-(/|PATH/rootfs) / rw,\w+ - .*`,
		"without linux.rootfsPropagation runc's root is private"},
	{".*", "mounts", `\+(/|PATH/rootfs) / rw,\w+ master - .*`,
		"and runseal's gets what the host mounts later on"},
	{"run|life", "events", `[-+]delete`, "the shim's last event, which can be lost when it ends"},
	{"life", ".* of the unit", `-CollectMode=inactive`, "runc leaves a unit that has failed to whoever finds it"},
	{"life", ".* of the unit", `\+CollectMode=inactive-or-failed`, "and of runseal's nothing is left"},
	{"life", ".* of the unit", `-(DeviceAllow=.*|DevicePolicy=strict)`,
		"runc has systemd make a filter of devices beside its own"},
	{"life", ".* of the unit", `\+DevicePolicy=auto`, "what systemd cannot express is not half told to it (runtime/cgroup/unitlimits.go)"},
	{"life", "resources.*", `-(cpu\.weight: |CPUWeight=|cpu\.weight\.nice: )(20|7)`,
		"runc 1.1 makes a weight of shares in a line from 1 to 10000"},
	{"life", "resources.*", `\+(cpu\.weight: |CPUWeight=|cpu\.weight\.nice: )(59|2)`,
		"as runc 1.3 does, 1024 shares, which are usual, are a weight of 100, which is usual"},
}
