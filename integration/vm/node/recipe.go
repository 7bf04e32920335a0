package node

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// codeVersion is part of an image's name. It counts up when the code that follows a
// recipe does something else than before.
const codeVersion = 1

// recipe is all that an image is made from, but for the archive's state.
type recipe struct {
	Code     int
	Suite    string
	Packages []string          // what debootstrap installs beside its minimal system
	Remove   []string          // patterns of paths (path/filepath.Match) that tests do not need
	Mask     []string          // units that are not to start
	Links    map[string]string // symbolic links: path to target
	Files    map[string]string // path to content
}

// hash names the recipe: 12 hexadecimal digits.
func (r *recipe) hash() string {
	text, err := json.Marshal(r) // maps by sorted keys
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])[:12]
}

// packages beside those that are essential. busybox-static is the containers' root file
// system; procps and kmod are what containerd's and systemd's own units call.
var packages = []string{
	"systemd", "systemd-sysv", "dbus",
	"containerd", "runc", "crun",
	"busybox-static", "kmod", "procps",
}

// also are further packages of a suite: pods with a network of their own, which containerd
// 2 has to give those that have a user namespace, need programs that make it.
var also = map[string][]string{
	"forky": {"containernetworking-plugins"},
}

// remove are documents, languages, what was only needed to install, and the generators,
// which systemd executes at each start and daemon-reload to find units for devices,
// consoles and file systems.
var remove = []string{
	"/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*",
	"/usr/share/lintian", "/usr/share/bash-completion", "/usr/share/zsh", "/usr/share/i18n",
	"/usr/lib/*-linux-gnu/gconv", "/usr/lib/*-linux-gnu/perl-base",
	"/var/lib/apt/lists/*", "/var/cache/apt/*", "/var/cache/debconf/*", "/var/log/*",
	"/debootstrap",
	"/usr/lib/systemd/system-generators/*",
}

// mask are units of sysinit.target and basic.target that a machine without devices,
// network and people can do without: each start of a program is some tenths of a second
// under emulation. What stays are process 1, the bus and containerd.
var mask = []string{
	"apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer",
	"dev-hugepages.mount", "dev-mqueue.mount", "kmod-static-nodes.service", "ldconfig.service",
	"proc-sys-fs-binfmt_misc.automount", "sys-fs-fuse-connections.mount", "sys-kernel-config.mount",
	"sys-kernel-debug.mount", "sys-kernel-tracing.mount", "tmp.mount",
	"systemd-ask-password-console.path", "systemd-ask-password-wall.path", "systemd-ask-password.socket",
	"systemd-binfmt.service", "systemd-boot-random-seed.service", "systemd-bootctl.socket",
	"systemd-confext.service", "systemd-creds.socket", "systemd-factory-reset.socket",
	"systemd-firstboot.service", "systemd-hibernate-clear.service", "systemd-hostnamed.socket",
	"systemd-hwdb-update.service", "systemd-journal-catalog-update.service",
	"systemd-journal-flush.service", "systemd-journalctl.socket", "systemd-journald-audit.socket",
	"systemd-journald-dev-log.socket", "systemd-journald.service", "systemd-journald.socket",
	"systemd-logind-varlink.socket", "systemd-machine-id-commit.service", "systemd-modules-load.service",
	"systemd-mute-console.socket", "systemd-network-generator.service", "systemd-pcrextend.socket",
	"systemd-pcrlock.socket", "systemd-pcrmachine.service", "systemd-pcrphase-sysinit.service",
	"systemd-pcrphase.service", "systemd-pstore.service", "systemd-random-seed.service",
	"systemd-remount-fs.service", "systemd-repart.service", "systemd-sysctl.service",
	"systemd-sysext.service", "systemd-sysext.socket", "systemd-sysinstall.socket",
	"systemd-sysusers.service", "systemd-timesyncd.service", "systemd-tmpfiles-clean.timer",
	"systemd-tmpfiles-setup-dev-early.service", "systemd-tmpfiles-setup-dev.service",
	"systemd-tmpfiles-setup.service", "systemd-tpm2-setup-early.service", "systemd-tpm2-setup.service",
	"systemd-udev-load-credentials.service", "systemd-udev-settle.service", "systemd-udev-trigger.service",
	"systemd-udevd-control.socket", "systemd-udevd-kernel.socket", "systemd-udevd-varlink.socket",
	"systemd-udevd.service", "systemd-update-done.service", "systemd-update-utmp.service",
}

// containerd 1 and 2 name their plugins differently.
//
//go:embed containerd-1.toml
var containerd1 string

//go:embed containerd-2.toml
var containerd2 string

// containerd 2 merges what is imported, so one node has its configuration in two files.
//
//go:embed conf.d-2.toml
var confd2 string

//go:embed vm.service
var service string

//go:embed vm.target
var target string

// containerdConfig by suite; a suite that is not here is none that can be built.
var containerdConfig = map[string]string{
	"trixie": containerd1,
	"forky":  containerd2,
}

// confd by suite is what config.toml imports.
var confd = map[string]string{"forky": confd2}

func newRecipe(suite string) *recipe {
	r := &recipe{
		Code: codeVersion, Suite: suite, Packages: slices.Concat(packages, also[suite]), Remove: remove, Mask: mask,
		Links: map[string]string{
			"/etc/systemd/system/default.target": "vm.target",
		},
		Files: map[string]string{
			"/etc/containerd/config.toml":    containerdConfig[suite],
			"/etc/fstab":                     "",
			"/etc/hostname":                  "node\n",
			"/etc/hosts":                     "127.0.0.1 localhost node\n",
			"/etc/systemd/system/vm.service": service,
			"/etc/systemd/system/vm.target":  target,
			// Any number, so that systemd does not take each boot for the first one.
			"/etc/machine-id": "72756e7365616c2d766d2d6e6f646531\n",
			// There is no journal.
			"/etc/systemd/system.conf.d/vm.conf": "[Manager]\nDefaultStandardOutput=null\n",
			// containerd's own unit asks kmod for a module that init has loaded.
			"/etc/systemd/system/containerd.service.d/vm.conf": "[Service]\nExecStartPre=\nStandardError=append:/var/log/containerd.log\n",
		},
	}
	if text := confd[suite]; text != "" {
		r.Files["/etc/containerd/conf.d/50-node.toml"] = text
	}
	return r
}
