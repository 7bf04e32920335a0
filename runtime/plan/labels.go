package plan

import (
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// labels asks the kernel's security module for the labels that the process has
// from its execve on. It is done first of all, through the host's own /proc: later
// the only /proc in reach is the container's. A fork keeps what is asked for here
// (proc_pid_attr(5)), so exec's process has it too.
//
// A label that the module refuses, such as a profile that is not loaded, ends the
// child here.
func (p *planner) labels(pr *specs.Process) {
	if profile := pr.ApparmorProfile; profile != "" {
		p.Step("process.apparmorProfile", "have the AppArmor profile %q, which must be loaded, from execve on", profile)
		p.writeFile("/proc/self/attr/apparmor/exec", "exec "+profile)
	}
	if label := pr.SelinuxLabel; label != "" {
		p.Step("process.selinuxLabel", "have the SELinux label %q from execve on", label)
		p.writeFile("/proc/self/attr/exec", label)
		if !p.in.NoKeyring {
			// Or the container could not use the keyring that is made for it.
			p.writeFile("/proc/self/attr/keycreate", label)
		}
	}
}

// context is linux.mountLabel as a mount option of a new file system, or "". A
// label may have commas, therefore the quotes.
func (p *planner) context() string {
	if p.spec.Linux == nil || p.spec.Linux.MountLabel == "" {
		return ""
	}
	return `context="` + p.spec.Linux.MountLabel + `"`
}

// labelled adds linux.mountLabel to a file system's options. The kernel's own
// file systems have their labels by policy.
func (p *planner) labelled(fstype, data string) string {
	label := p.context()
	switch fstype {
	case "proc", "sysfs", "mqueue", "cgroup", "cgroup2":
		return data
	}
	switch {
	case label == "":
		return data
	case data == "":
		return label
	}
	return data + "," + label
}

// labelQueue gives linux.mountLabel to a new mqueue file system, which knows no
// option for that but lets its root be relabelled, if the host's policy has labels
// for its files at all.
func (p *planner) labelQueue(m *mount) {
	if m.fstype != "mqueue" || p.context() == "" {
		return
	}
	label := p.spec.Linux.MountLabel
	p.Step("linux.mountLabel", "label %q as %q", m.Destination, label)
	p.Sys(unix.SYS_OPENAT2, nsenter.Val(regRoot), p.String(rel(m.Destination)),
		p.how(openHow{unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC, 0, inRoot}), nsenter.Imm(openHowSize)).Into(regTarget)
	p.Sys(unix.SYS_FSETXATTR, nsenter.Val(regTarget), p.String("security.selinux"), p.String(label), nsenter.Imm(len(label)), nsenter.Imm(0)).
		Ignore(uint16(unix.EOPNOTSUPP))
	p.closeReg(regTarget)
	m.step(p)
}
