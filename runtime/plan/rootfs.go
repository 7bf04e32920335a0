package plan

import (
	"fmt"
	"path"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// propagationFlag maps rootfsPropagation and the propagation mount options to
// mount(2) flags; 0 for anything else.
func propagationFlag(name string) uint64 {
	switch name {
	case "private":
		return unix.MS_PRIVATE
	case "rprivate":
		return unix.MS_PRIVATE | unix.MS_REC
	case "slave":
		return unix.MS_SLAVE
	case "rslave":
		return unix.MS_SLAVE | unix.MS_REC
	case "shared":
		return unix.MS_SHARED
	case "rshared":
		return unix.MS_SHARED | unix.MS_REC
	case "unbindable":
		return unix.MS_UNBINDABLE
	case "runbindable":
		return unix.MS_UNBINDABLE | unix.MS_REC
	}
	return 0
}

// rootfs makes the root a mount of its own in the new mount namespace and
// opens it as regRoot.
func (p *planner) rootfs() error {
	p.openSelf()
	// Mounts of the container must not reach the host, nor its unmounting of
	// the host's tree: slave, recursively, whatever the root itself is to be.
	// Only shared is different, for containers whose mounts are meant to be
	// seen by the host; pivot takes care of the unmounting then.
	initial := uint64(unix.MS_SLAVE | unix.MS_REC)
	if flag := propagationFlag(p.spec.Linux.RootfsPropagation); flag == unix.MS_PRIVATE|unix.MS_REC || flag&unix.MS_SHARED != 0 {
		initial = flag
	}
	p.Step("linux.rootfsPropagation", "set the propagation of the host's mounts in the new mount namespace")
	p.mountCall("", "/", "", initial, "")
	if initial&unix.MS_SHARED != 0 {
		// What the root itself is mounted on must not pass the root on,
		// and pivot_root(2) refuses a shared parent.
		parent, err := p.in.ParentMount(p.in.Rootfs)
		if err != nil {
			return fmt.Errorf("root.path: find the mount point of %q: %w", p.in.Rootfs, err)
		}
		p.mountCall("", parent, "", unix.MS_PRIVATE, "")
		if !p.in.NoPivot {
			p.Step("", "keep hold of the host's root")
			p.Sys(unix.SYS_OPENAT, atCwd, p.String("/"), nsenter.Imm(openDir), nsenter.Imm(0)).Into(regOld)
		}
	}
	p.Step("root.path", "make %q a mount", p.in.Rootfs)
	p.Sys(unix.SYS_OPEN_TREE, atCwd, p.String(p.in.Rootfs), nsenter.Imm(unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)).Into(regRoot)
	if initial&unix.MS_SHARED != 0 {
		p.setTree(regRoot, change{propagation: unix.MS_PRIVATE})
	}
	p.Sys(unix.SYS_MOVE_MOUNT, nsenter.Val(regRoot), p.String(""), atCwd, p.String(p.in.Rootfs), nsenter.Imm(unix.MOVE_MOUNT_F_EMPTY_PATH))
	p.attached(regRoot)
	return nil
}

// finishRoot is what comes last inside the root: directories that must exist,
// read-only flags, and the change of root itself.
func (p *planner) finishRoot() {
	if cwd := p.spec.Process.Cwd; path.Clean(cwd) != "/" {
		p.Step("process.cwd", "make the working directory %q", cwd)
		p.target(cwd, true, 0)
		p.closeReg(regTarget)
	}
	for _, l := range p.late {
		p.Step(l.field, "make the mount on %q read-only", l.path)
		p.openIn(l.path, openAny, regTarget)
		p.setAttr(regTarget, change{set: unix.MOUNT_ATTR_RDONLY})
		p.closeReg(regTarget)
	}
	if p.spec.Root.Readonly {
		p.Step("root.readonly", "make the root read-only")
		p.setAttr(regRoot, change{set: unix.MOUNT_ATTR_RDONLY})
	}
	p.closeSelf()
	p.pivot()
}

// lateReadOnly is a mount in which other mounts had to be made first.
type lateReadOnly struct{ path, field string }

// mountCall is mount(2).
func (p *planner) mountCall(source, target, fstype string, flags uint64, data string) nsenter.Call {
	return p.Sys(unix.SYS_MOUNT, p.String(source), p.String(target), p.String(fstype), nsenter.Imm(flags), p.String(data))
}
