package plan

import (
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// pivot makes regRoot the root of the mount namespace and lets go of the
// host's tree. pivot_root(".", ".") stacks the old root on the new one, so
// nothing has to be made inside the container for it (pivot_root(2)).
func (p *planner) pivot() {
	p.Step("root.path", "change the root")
	p.Sys(unix.SYS_FCHDIR, nsenter.Val(regRoot))
	if p.in.NoPivot {
		p.moveRoot()
	} else {
		p.Sys(unix.SYS_PIVOT_ROOT, p.String("."), p.String("."))
		flag := propagationFlag(p.spec.Linux.RootfsPropagation)
		if flag&unix.MS_SHARED != 0 {
			// The host's mounts are still peers of the host's own:
			// unmounting them here must not unmount them there.
			p.Sys(unix.SYS_FCHDIR, nsenter.Val(regOld))
			p.mountCall("", ".", "", unix.MS_SLAVE|unix.MS_REC, "")
			p.closeReg(regOld) // nothing of the host stays open
		}
		p.Sys(unix.SYS_UMOUNT2, p.String("."), nsenter.Imm(unix.MNT_DETACH))
	}
	p.Sys(unix.SYS_CHDIR, p.String("/"))
	if flag := propagationFlag(p.spec.Linux.RootfsPropagation); flag != 0 {
		// The root alone: the mounts in it have got their own.
		p.Step("linux.rootfsPropagation", "set the propagation of the root")
		p.mountCall("", "/", "", flag&^unix.MS_REC, "")
	}
}

// moveRoot is --no-pivot: for hosts whose own root cannot be pivoted, such as
// an initramfs. The host's mounts stay, hidden below; /proc and /sys are taken
// away, because through them a process could reach the host, or covered where a
// user namespace may not unmount them.
func (p *planner) moveRoot() {
	if propagationFlag(p.spec.Linux.RootfsPropagation)&unix.MS_SHARED != 0 {
		// What is unmounted or covered here must stay on the host.
		p.mountCall("", "/", "", unix.MS_SLAVE, "")
		for _, dir := range []string{"/proc", "/sys"} {
			p.mountCall("", dir, "", unix.MS_SLAVE|unix.MS_REC, "").Ignore(uint16(unix.EINVAL), uint16(unix.ENOENT))
		}
	}
	for _, dir := range []string{"/proc", "/sys"} {
		gone, locked := p.NewLabel(), p.NewLabel()
		p.Sys(unix.SYS_UMOUNT2, p.String(dir), nsenter.Imm(unix.MNT_DETACH)).
			On(uint16(unix.ENOENT), gone).On(uint16(unix.EINVAL), locked).On(uint16(unix.EPERM), locked)
		p.Jump(gone)
		p.Place(locked)
		p.mountCall("tmpfs", dir, "tmpfs", unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "size=0k")
		p.Place(gone)
	}
	p.Sys(unix.SYS_MOUNT, p.String("."), p.String("/"), p.String(""), nsenter.Imm(unix.MS_MOVE), p.String(""))
	p.Sys(unix.SYS_CHROOT, p.String("."))
}
