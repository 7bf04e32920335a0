package plan

import (
	"maps"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/spec"
)

// hostname sets the names of the container's uts namespace.
func (p *planner) hostname() {
	if h := p.spec.Hostname; h != "" {
		p.Step("hostname", "set the hostname to %q", h)
		p.Sys(unix.SYS_SETHOSTNAME, p.String(h), nsenter.Imm(len(h)))
	}
	if d := p.spec.Domainname; d != "" {
		p.Step("domainname", "set the domainname to %q", d)
		p.Sys(unix.SYS_SETDOMAINNAME, p.String(d), nsenter.Imm(len(d)))
	}
}

// sysctls writes linux.sysctl through a procfs of our own that is mounted
// nowhere: what the root or the host have mounted at /proc cannot redirect the
// write. Which keys are allowed was decided by validation.
func (p *planner) sysctls() {
	if p.spec.Linux == nil || len(p.spec.Linux.Sysctl) == 0 {
		return
	}
	p.Step("linux.sysctl", "mount a private procfs")
	p.privateProc()
	for _, key := range slices.Sorted(maps.Keys(p.spec.Linux.Sysctl)) {
		name, _ := spec.SysctlPath(key) // malformed keys were refused by validation
		value := p.spec.Linux.Sysctl[key]
		p.Step("linux.sysctl["+strconv.Quote(key)+"]", "set sysctl %s to %q", key, value)
		p.Sys(unix.SYS_OPENAT2, nsenter.Val(regProc), p.String("sys/"+name),
			p.how(openHow{unix.O_WRONLY | unix.O_CLOEXEC, 0, unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV}),
			nsenter.Imm(openHowSize)).Into(regTree)
		p.Sys(unix.SYS_WRITE, nsenter.Val(regTree), p.String(value), nsenter.Imm(len(value)))
		p.closeReg(regTree)
	}
	p.closeReg(regProc)
}

// privateProc makes a procfs in regProc that is mounted nowhere. It returns the calls
// that the kernel may refuse; regTree is open then.
func (p *planner) privateProc() (create, mount nsenter.Call) {
	p.Sys(unix.SYS_FSOPEN, p.String("proc"), nsenter.Imm(unix.FSOPEN_CLOEXEC)).Into(regTree)
	create = p.Sys(unix.SYS_FSCONFIG, nsenter.Val(regTree), nsenter.Imm(unix.FSCONFIG_CMD_CREATE), nsenter.Imm(0), nsenter.Imm(0), nsenter.Imm(0))
	mount = p.Sys(unix.SYS_FSMOUNT, nsenter.Val(regTree), nsenter.Imm(unix.FSMOUNT_CLOEXEC), nsenter.Imm(unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)).Into(regProc)
	p.closeReg(regTree)
	return create, mount
}
