package conformance

import (
	"fmt"
	"slices"
	"strings"
)

// A kind is whose fault a deviation is.
type kind string

const (
	wrong   kind = "the program is wrong"
	older   kind = "older specification"
	host    kind = "kernel or host"
	purpose kind = "on purpose"
)

// A deviation is why a program fails in some lines, or complains.
type deviation struct {
	kind kind
	// lines are the failed lines as outcome.failures has them.
	lines []string
	why   string
}

// A program is one directory of runtime-tools' validation/.
type program struct {
	name string
	// passed is the number of lines that pass. Some programs have none: they speak only
	// when something is wrong. Any number above 0 where it depends on the host.
	passed int
	// needs are cgroup v1 controllers, which are what the program looks at.
	needs []string
	// status is what the program ends with, 1 if it gives up.
	status     int
	deviations []deviation
	// said are error messages of runseal that explain the deviations, each with "runseal: ".
	said []string
	// privileged is set where config.json asks for all capabilities, see onHost.
	privileged bool
	// race is why the program can fail without anybody's fault: it gets several tries.
	race string
	// out is why the program is not run.
	out string
}

// some stands for any number of passing lines but none.
const some = -1

var table = []program{
	{name: "config_updates_without_affect", passed: 1},
	{name: "create", passed: 4},
	{name: "default", passed: 255},
	{name: "delete", passed: 3,
		deviations: []deviation{{
			kind: purpose,
			lines: []string{
				"attempting to `delete` a container that is not `stopped` MUST generate an error",
				"attempting to `delete` a container that is not `stopped` MUST have no effect on the container",
			},
			why: "runc and crun delete a created container without --force, and engines that give up between " +
				"create and start count on it. A running one is refused, which the same program shows.",
		}},
	},
	{name: "delete_only_create_resources", passed: 1, needs: []string{"pids"}},
	{name: "delete_resources", passed: 4, needs: []string{"pids"}},
	{name: "hooks",
		deviations: []deviation{{
			kind: wrong,
			lines: []string{
				"Hooks MUST be called in the listed order",
			},
			why: `It expects the words "post-start1" from a hook that writes "post-start1 called": no runtime can ` +
				"pass.",
		}},
	},
	{name: "hooks_stdin",
		out: "a race: it compares the pid that hooks see with the state after start, which has none when the process, `true`, has ended; and it expects a prestart hook to see the status created, which since 1.1 is creating",
	},
	{name: "hostname", passed: 4},
	{name: "kill", passed: 5},
	{name: "kill_no_effect", passed: 1},
	{name: "killsig", passed: 3,
		race: "it sends the signal when the shell is seen running, which may be before `trap`",
	},
	{name: "linux_cgroups_blkio", needs: []string{"blkio"}, status: 1,
		deviations: []deviation{{
			kind: host,
			why: "It asks for blockIO.leafWeight, a file of the CFQ scheduler, which Linux has not had since 5.0. " +
				"runc and crun fail in the same way.",
		}},
		said: []string{
			"runseal: linux.resources.blockIO.leafWeight: 300: blkio.leaf_weight: no such file or directory; this kernel or cgroup has no such limit, or its controller is not enabled",
		},
	},
	{name: "linux_cgroups_cpus", passed: 112, needs: []string{"cpu", "cpuset"}},
	{name: "linux_cgroups_devices", passed: 5, needs: []string{"devices"}},
	{name: "linux_cgroups_hugetlb", passed: some, needs: []string{"hugetlb"}},
	{name: "linux_cgroups_memory", needs: []string{"memory"},
		deviations: []deviation{{
			kind: purpose,
			lines: []string{
				"exit status 1 (6 times)",
			},
			why: "It asks for memory.kernel, which the specification does not recommend and Linux has not had " +
				"since 5.16. runseal refuses what it cannot do, as config.md (Valid values) demands; runc and " +
				"crun start the container without the limit.",
		}},
		said: []string{
			"runseal: linux.resources.memory.kernel: 50593792: separate limits for kernel memory are not supported; expected no value, or -1",
			"runseal: linux.resources.memory.kernel: 151781376: separate limits for kernel memory are not supported; expected no value, or -1",
		},
	},
	{name: "linux_cgroups_network", passed: some, needs: []string{"net_cls", "net_prio"}},
	{name: "linux_cgroups_pids", passed: 3, needs: []string{"pids"}},
	{name: "linux_cgroups_relative_blkio", needs: []string{"blkio"},
		deviations: []deviation{{
			kind: host,
			lines: []string{
				"exit status 1",
			},
			why: "It asks for blockIO.leafWeight, a file of the CFQ scheduler, which Linux has not had since 5.0. " +
				"runc and crun fail in the same way.",
		}},
		said: []string{
			"runseal: linux.resources.blockIO.leafWeight: 300: blkio.leaf_weight: no such file or directory; this kernel or cgroup has no such limit, or its controller is not enabled",
		},
	},
	{name: "linux_cgroups_relative_cpus", passed: 7, needs: []string{"cpu", "cpuset"}},
	{name: "linux_cgroups_relative_devices", passed: 5, needs: []string{"devices"}},
	{name: "linux_cgroups_relative_hugetlb", passed: 4, needs: []string{"hugetlb"}},
	{name: "linux_cgroups_relative_memory", needs: []string{"memory"},
		deviations: []deviation{{
			kind: purpose,
			lines: []string{
				"exit status 1",
			},
			why: "It asks for memory.kernel, which the specification does not recommend and Linux has not had " +
				"since 5.16. runseal refuses what it cannot do, as config.md (Valid values) demands; runc and " +
				"crun start the container without the limit.",
		}},
		said: []string{
			"runseal: linux.resources.memory.kernel: 50593792: separate limits for kernel memory are not supported; expected no value, or -1",
		},
	},
	{name: "linux_cgroups_relative_network", passed: 5, needs: []string{"net_cls", "net_prio"}},
	{name: "linux_cgroups_relative_pids", passed: 3, needs: []string{"pids"}},
	{name: "linux_devices", passed: 272},
	{name: "linux_masked_paths", passed: 4},
	{name: "linux_mount_label",
		out: "needs SELinux with the type svirt_sandbox_file_t; integration/labels tests labels on a machine that has it",
	},
	{name: "linux_ns_itype",
		deviations: []deviation{{
			kind: purpose,
			lines: []string{
				"cannot run validation tests: exit status 1",
			},
			why: "It leaves out all namespaces at once. Without a mount namespace the container's mounts would be the " +
				"host's: under runc and crun those of this program stay there, /proc, /dev and /sys of the bundle, " +
				"after delete. So runseal demands that one; the others can be left out (integration/lifecycle, " +
				"namespaces_test.go).",
		}},
		said: []string{
			`runseal: linux.namespaces: no entry of type "mount": expected one, because root and mounts must not be mounted on the host`,
		},
	},
	{name: "linux_ns_nopath", passed: 7},
	{name: "linux_ns_path", passed: 5},
	{name: "linux_ns_path_type", passed: 14},
	{name: "linux_process_apparmor_profile",
		out: "needs AppArmor with a loaded profile acme_secure_profile; what it looks at is no more than that a file is absent. integration/labels tests profiles on a machine that has it",
	},
	{name: "linux_readonly_paths", passed: 4},
	{name: "linux_rootfs_propagation", passed: 4, privileged: true},
	{name: "linux_seccomp", passed: 2},
	{name: "linux_sysctl", passed: 256},
	{name: "linux_uid_mappings", passed: 259},
	{name: "misc_props", passed: 2,
		deviations: []deviation{{
			kind: wrong,
			lines: []string{
				"implementations that are reading/processing this configuration file MUST NOT generate an error if they encounter an unknown annotation key",
			},
			why: "Its first container is to run /runtimetest, which it does not copy into the bundle: no runtime " +
				"can pass.",
		}},
		said: []string{
			`runseal: exec: "/runtimetest": statx: no such file or directory (config.json: process.args[0])`,
			`runseal: ociVersion: "invalid": not a version of the form x.y.z, expected a version 1.x.y such as 1.3.0`,
		},
	},
	{name: "mounts", status: 1,
		deviations: []deviation{{
			kind: purpose,
			why: "It asks for bind mounts with mode=755 and size=1k. The kernel ignores file system options " +
				"there, so a misspelt noexec would go unnoticed; runseal refuses them, as config.md (Valid " +
				"values) has it for what cannot be done.",
		}},
		said: []string{
			`runseal: mounts[9].options: "mode=755,size=1k": a bind mount takes no file system options`,
		},
	},
	{name: "pidfile",
		out: "a race: it waits until `true` is seen running, and expects kill to succeed after that; when the process has ended, an error is what the specification wants. integration/lifecycle tests pid files",
	},
	{name: "poststart",
		race: "the process and the hook each append a line, and the order is what it looks at",
	},
	{name: "poststart_fail",
		deviations: []deviation{{
			kind: older,
			lines: []string{
				"if any poststart hook fails, the runtime MUST log a warning, but the remaining hooks and lifecycle continue as if the hook had succeeded",
			},
			why: "Since 1.3 a poststart hook that fails is an error which stops the container (runtime.md, " +
				"Lifecycle, step 9).",
		}},
	},
	{name: "poststop"},
	{name: "poststop_fail"},
	{name: "prestart",
		deviations: []deviation{{
			kind: older,
			lines: []string{
				"Pre-start hooks MUST be called after the `start` operation is called",
			},
			why: "Since 1.1 prestart hooks are part of create (config.md, Prestart). runc and crun do the same.",
		}},
	},
	{name: "prestart_fail"},
	{name: "process", passed: 257},
	{name: "process_capabilities", passed: 255, privileged: true},
	{name: "process_capabilities_fail"},
	{name: "process_oom_score_adj", passed: 256},
	{name: "process_rlimits", passed: 266,
		deviations: []deviation{{
			kind: wrong,
			lines: []string{
				"has expected soft RLIMIT_NOFILE",
			},
			why: "runtimetest is a Go program, and Go since 1.19 raises its own soft limit of open files before " +
				"main begins. All runtimes fail; integration/lifecycle reads the limits from /proc.",
		}},
	},
	{name: "process_rlimits_fail"},
	{name: "process_user", passed: 256},
	{name: "root_readonly_true", passed: 256},
	{name: "start", passed: 6,
		deviations: []deviation{{
			kind: wrong,
			lines: []string{
				"exit status 1",
			},
			why: "Without process it expects create to succeed and start to fail, and then takes a start without " +
				"an error for right. runseal refuses at create, as runc and crun do: there would be nothing to " +
				"create.",
		}},
	},
	{name: "state", passed: 3},
}

// onHost is the row as a host that withholds capabilities makes it: runseal starts the
// container without them, as the specification wants it (config.md,
// process.capabilities), and the program misses them in each of the five sets.
func (p program) onHost(withheld []string) program {
	if !p.privileged || len(withheld) == 0 {
		return p
	}
	d := deviation{kind: host, why: "This host withholds " + strings.Join(withheld, ", ") + "."}
	format := "expected %s capability %s set"
	switch p.name {
	case "process_capabilities":
		p.passed -= 5 * len(withheld)
	case "linux_rootfs_propagation":
		// One line for all that is seen inside, in each of four containers.
		p.passed = 0
		d.lines = append(d.lines, "check root propagation (4 times)")
		format = "inside: " + format + " (4 times)"
	}
	for _, name := range withheld {
		for _, set := range []string{"ambient", "bounding", "effective", "inheritable", "permitted"} {
			d.lines = append(d.lines, fmt.Sprintf(format, set, name))
		}
	}
	p.deviations = append(slices.Clone(p.deviations), d)
	return p
}
