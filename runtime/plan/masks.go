package plan

import (
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// masks covers linux.maskedPaths and makes linux.readonlyPaths read-only. What
// does not exist is passed over, as the specification has it.
func (p *planner) masks() {
	for i, name := range p.spec.Linux.ReadonlyPaths {
		p.Step(field("linux.readonlyPaths", i), "make %q read-only", name)
		p.readonlyPath(name)
	}
	if len(p.spec.Linux.MaskedPaths) == 0 {
		return
	}
	// Files are covered by the host's null device, never by a node that
	// the root could have supplied.
	p.Step("linux.maskedPaths", "mask paths with the host's /dev/null: it is not the null device")
	p.checkNode(atCwd, "/dev/null", unix.S_IFCHR, 1, 3)
	p.Move(regMask, nsenter.Imm(-1))
	for i, name := range p.spec.Linux.MaskedPaths {
		p.Step(field("linux.maskedPaths", i), "mask %q", name)
		p.maskedPath(name)
	}
}

func (p *planner) readonlyPath(name string) {
	missing := p.NewLabel()
	p.openIn(name, openAny, regTarget).On(uint16(unix.ENOENT), missing).On(uint16(unix.ENOTDIR), missing)
	p.Sys(unix.SYS_OPEN_TREE, nsenter.Val(regTarget), p.String(""),
		nsenter.Imm(unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH|unix.AT_RECURSIVE)).Into(regTree)
	p.setTree(regTree, change{set: unix.MOUNT_ATTR_RDONLY, recursive: true})
	p.attach(regTree)
	p.closeReg(regTree)
	p.closeReg(regTarget)
	p.Place(missing)
}

// maskedPath covers a directory with an empty read-only tmpfs, the same for
// all of them, and anything else with the null device.
func (p *planner) maskedPath(name string) {
	missing, file, first, cover, end := p.NewLabel(), p.NewLabel(), p.NewLabel(), p.NewLabel(), p.NewLabel()
	p.openIn(name, openDir, regTarget).On(uint16(unix.ENOENT), missing).On(uint16(unix.ENOTDIR), file)
	p.JumpNegative(regMask, first)
	p.Sys(unix.SYS_OPEN_TREE, nsenter.Val(regMask), p.String(""), nsenter.Imm(unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)).Into(regTree)
	p.Jump(cover)

	p.Place(first)
	p.Sys(unix.SYS_FSOPEN, p.String("tmpfs"), nsenter.Imm(unix.FSOPEN_CLOEXEC)).Into(regDir)
	if l := p.spec.Linux.MountLabel; l != "" {
		p.Sys(unix.SYS_FSCONFIG, nsenter.Val(regDir), nsenter.Imm(unix.FSCONFIG_SET_STRING), p.String("context"), p.String(l), nsenter.Imm(0))
	}
	p.Sys(unix.SYS_FSCONFIG, nsenter.Val(regDir), nsenter.Imm(unix.FSCONFIG_CMD_CREATE), nsenter.Imm(0), nsenter.Imm(0), nsenter.Imm(0))
	p.Sys(unix.SYS_FSMOUNT, nsenter.Val(regDir), nsenter.Imm(unix.FSMOUNT_CLOEXEC),
		nsenter.Imm(unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)).Into(regMask)
	p.closeReg(regDir)
	p.attach(regMask)
	p.closeReg(regTarget)
	p.Jump(end)

	p.Place(file)
	p.openIn(name, openAny, regTarget).On(uint16(unix.ENOENT), missing).On(uint16(unix.ENOTDIR), missing)
	p.cloneTree("/dev/null", false)
	// Read-only, or root in the container could change the mode and owner
	// of the host's node. Writing to the device works all the same.
	p.setTree(regTree, change{set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NOEXEC})

	p.Place(cover)
	p.attach(regTree)
	p.closeReg(regTree)
	p.closeReg(regTarget)
	p.Place(end)
	p.Place(missing)
}
