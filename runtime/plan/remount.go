package plan

import (
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// This file is mount_setattr(2) for kernels before Linux 5.12, made of mount(2). That
// call differs in three ways:
//
//   - It takes a path and no descriptor. But the links in /proc/self/fd lead to what a
//     descriptor is open on and are not looked up anywhere, so from that directory, of a
//     procfs that is mounted nowhere, a descriptor's number is a path to it.
//   - The mount has to be attached. A bind mount is therefore there without its
//     attributes for some microseconds, which nobody can see who is not in the mount
//     namespace already. Below a mount with shared propagation, though, its copies in
//     the other mount namespaces stay without them.
//   - MS_REMOUNT|MS_BIND sets all attributes. Those to be kept are asked for before
//     (fstatfs(2)), by which one is kept that mount_setattr would not touch: on a
//     read-only file system the mount becomes read-only as well.

// statfsFlags is the offset of f_flags in struct statfs (64 bits).
const statfsFlags = 80

// kept are the attributes that are kept if they are not to be changed. The access time
// modes are not here: mount(2) keeps them by itself if none is given.
var kept = [...]struct {
	attr, ms uint64 // MOUNT_ATTR_*, MS_*
	st       uint32 // ST_* in f_flags
}{
	{unix.MOUNT_ATTR_RDONLY, unix.MS_RDONLY, unix.ST_RDONLY},
	{unix.MOUNT_ATTR_NOSUID, unix.MS_NOSUID, unix.ST_NOSUID},
	{unix.MOUNT_ATTR_NODEV, unix.MS_NODEV, unix.ST_NODEV},
	{unix.MOUNT_ATTR_NOEXEC, unix.MS_NOEXEC, unix.ST_NOEXEC},
	{unix.MOUNT_ATTR_NOSYMFOLLOW, unix.MS_NOSYMFOLLOW, stNoSymFollow},
}

// stNoSymFollow is ST_NOSYMFOLLOW of linux/statfs.h (Linux 5.10).
const stNoSymFollow = 0x2000

// openSelf opens /proc/self/fd in regSelf if it will be needed. In a user namespace the
// kernel may refuse a new procfs: without a pid namespace of the same owner, or when the
// host's is partly covered. Then the host's own has to do, while it can be reached and
// the mount namespace is a copy of the host's.
func (p *planner) openSelf() {
	if !p.in.Lacks.MountSetattr {
		return
	}
	p.Step("", "open /proc/self/fd of a private procfs")
	host, done := p.NewLabel(), p.NewLabel()
	create, mount := p.privateProc()
	p.Sys(unix.SYS_OPENAT, nsenter.Val(regProc), p.String("self/fd"), nsenter.Imm(openDir), nsenter.Imm(0)).Into(regSelf)
	p.closeReg(regProc)
	if p.ns.has(unix.CLONE_NEWUSER) && p.ns.create&unix.CLONE_NEWNS != 0 {
		create.On(uint16(unix.EPERM), host)
		mount.On(uint16(unix.EPERM), host)
		p.Jump(done)
		p.Place(host)
		p.Step("", "open /proc/self/fd")
		p.closeReg(regTree)
		p.Sys(unix.SYS_OPENAT, atCwd, p.String("/proc/self/fd"), nsenter.Imm(openDir), nsenter.Imm(0)).Into(regSelf)
		buf := p.statxBuffer()
		p.Sys(unix.SYS_FSTATFS, nsenter.Val(regSelf), buf)
		p.Check(buf, ^uint32(0), unix.PROC_SUPER_MAGIC, uint16(unix.EINVAL))
		p.Place(done)
	}
}

func (p *planner) closeSelf() {
	if p.in.Lacks.MountSetattr {
		p.closeReg(regSelf)
	}
}

// remount makes one change by mount(2).
func (p *planner) remount(r nsenter.Reg, c change) {
	if c.propagation != 0 {
		flags := c.propagation
		if c.recursive {
			flags |= unix.MS_REC
		}
		p.mountFD(r, nsenter.Imm(flags))
	}
	if c.set|c.clear == 0 {
		return
	}
	buf := p.statxBuffer()
	p.Sys(unix.SYS_FSTATFS, nsenter.Val(r), buf)
	has := buf.At(statfsFlags)
	flags := uint64(unix.MS_REMOUNT | unix.MS_BIND)
	for _, k := range kept {
		if c.set&k.attr != 0 {
			flags |= k.ms
		}
	}
	mode, keepMode := c.accessTime()
	p.Move(regFlags, nsenter.Imm(0))
	p.Keep(regFlags, has, 0, 0, flags|mode) // in any case
	for _, k := range kept {
		if (c.set|c.clear)&k.attr == 0 {
			p.Keep(regFlags, has, k.st, k.st, k.ms)
		}
	}
	if keepMode {
		const modes = unix.ST_NOATIME | unix.ST_RELATIME
		p.Keep(regFlags, has, modes, unix.ST_NOATIME, unix.MS_NOATIME)
		p.Keep(regFlags, has, modes, unix.ST_RELATIME, unix.MS_RELATIME)
		p.Keep(regFlags, has, modes, 0, unix.MS_STRICTATIME)
	} else if mode != 0 && (c.set|c.clear)&unix.MOUNT_ATTR_NODIRATIME == 0 {
		p.Keep(regFlags, has, unix.ST_NODIRATIME, unix.ST_NODIRATIME, unix.MS_NODIRATIME)
	}
	p.mountFD(r, nsenter.Val(regFlags))
	if c.recursive {
		p.alone(r)
	}
}

// accessTime gives the MS_* flags for how access times are recorded, and whether the
// mode is to be kept and has to be given for that: mount(2) keeps mode and nodiratime
// together or not at all.
func (c *change) accessTime() (flags uint64, keep bool) {
	if c.set&unix.MOUNT_ATTR_NODIRATIME != 0 {
		flags |= unix.MS_NODIRATIME
	}
	switch {
	case c.clear&unix.MOUNT_ATTR__ATIME == 0:
		return flags, (c.set|c.clear)&unix.MOUNT_ATTR_NODIRATIME != 0
	case c.set&unix.MOUNT_ATTR_NOATIME != 0:
		flags |= unix.MS_NOATIME
	case c.set&unix.MOUNT_ATTR_STRICTATIME != 0:
		flags |= unix.MS_STRICTATIME
	default:
		flags |= unix.MS_RELATIME
	}
	return flags, false
}

// mountFD is mount(2) on a descriptor.
func (p *planner) mountFD(r nsenter.Reg, flags nsenter.Arg) {
	p.Sys(unix.SYS_FCHDIR, nsenter.Val(regSelf))
	p.Sys(unix.SYS_MOUNT, p.String(""), p.Decimal(r, "(number)"), p.String(""), flags, p.String(""))
}

// alone lets the parent make sure that nothing is mounted below a mount whose tree was
// to be changed: the mount itself is all that mount(2) reaches.
func (p *planner) alone(r nsenter.Reg) {
	p.Move(RegPath, nsenter.Imm(len(p.paths)))
	p.paths = append(p.paths, Path{Field: p.Current().Field})
	p.Report(MarkAlone, r)
	p.Hold()
}
