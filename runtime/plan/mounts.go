package plan

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

func (p *planner) mounts() error {
	for i, s := range p.spec.Mounts {
		m := parseMount(i, s)
		if err := m.checkDestination(); err != nil {
			return err
		}
		if err := p.checkIDMap(m); err != nil {
			return err
		}
		m.step(p)
		var err error
		switch {
		case m.remount:
			p.openIn(m.Destination, openAny, regTarget)
			p.setAttr(regTarget, attrs(m.flags, m.cleared))
			p.recursiveAttrs(m, regTarget)
			p.propagate(m, regTarget)
			p.closeReg(regTarget)
		case m.bind:
			err = p.mountBind(m)
		case m.fstype == "cgroup", m.fstype == "cgroup2" && p.in.Cgroup.V2:
			err = p.mountCgroup(m)
		case m.fstype == "":
			err = fmt.Errorf("%s.type: missing, and no bind option is given", m.field)
		default:
			if err = m.checkData(p.labelled(m.fstype, m.data)); err == nil {
				p.mountFS(m)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// maxData is how much of a file system's options mount(2) takes: a page with a NUL at its
// end. What is beyond that the kernel cuts off, and the label stands last.
const maxData = 4095

func (m *mount) checkData(data string) error {
	if len(data) > maxData {
		return fmt.Errorf("%s.options: %d bytes of file system options, linux.mountLabel included; expected at most %d (mount(2))", m.field, len(data), maxData)
	}
	return nil
}

// checkDestination refuses mounts that would cover what the runtime or the
// container relies on in /proc. A whole procfs may go on /proc, and single
// files that tools such as lxcfs replace.
func (m *mount) checkDestination() error {
	dest := m.Destination // clean
	if dest == "/" {
		return fmt.Errorf("%s.destination: %q: the root itself is given by root.path, expected a path below it", m.field, m.Destination)
	}
	if dest != "/proc" && !strings.HasPrefix(dest, "/proc/") {
		return nil
	}
	if dest == "/proc" {
		if m.fstype == "proc" || m.bind {
			return nil
		}
		return fmt.Errorf("%s.destination: %q: expected type \"proc\" or a bind mount of a procfs, not %q", m.field, m.Destination, m.fstype)
	}
	switch dest {
	case "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime",
		"/proc/loadavg", "/proc/slabinfo", "/proc/sys/kernel/ns_last_pid", "/proc/net/dev":
		return nil
	}
	return fmt.Errorf("%s.destination: %q: mounts inside /proc are not allowed, expected a path outside of it", m.field, m.Destination)
}

// mountFS mounts a file system of its own. The target is entered by descriptor
// and mounted on as ".": no path is resolved a second time.
func (p *planner) mountFS(m *mount) {
	var flags uint64
	if m.fstype == "proc" || m.fstype == "sysfs" {
		// A symlink at /proc would have us mount, and later write,
		// somewhere else.
		flags = unix.O_NOFOLLOW
	}
	keep := m.keepsMode()
	if keep {
		p.targetMode(m, flags)
	} else {
		p.target(m.Destination, true, flags)
	}
	p.refuseProc(m)
	if m.copyUp && m.fstype == "tmpfs" {
		// The parent copies what lies below: see MarkCopyUp.
		p.openIn(m.Destination, openDir, regDir)
	}
	p.Sys(unix.SYS_FCHDIR, nsenter.Val(regTarget))
	p.closeReg(regTarget)
	mflags := m.flags
	if mflags&unix.MS_RDONLY != 0 && (m.fstype == "tmpfs" || m.Destination == "/dev") {
		// Mount points, devices and links still have to be made in it.
		mflags &^= unix.MS_RDONLY
		p.late = append(p.late, lateReadOnly{m.Destination, m.field})
	}
	p.mountCall(m.source, ".", m.fstype, mflags, p.labelled(m.fstype, m.data))
	p.labelQueue(m)
	if keep {
		p.setMode(m)
	}
	if m.copyUp && m.fstype == "tmpfs" {
		p.openIn(m.Destination, openDir, regTarget)
		p.Move(RegPath, nsenter.Imm(len(p.paths)))
		p.paths = append(p.paths, Path{rel(m.Destination), true, m.field})
		p.Report(MarkCopyUp, regDir, regTarget)
		p.Hold()
		p.closeReg(regTarget)
		p.closeReg(regDir)
	}
	if m.rset|m.rclear != 0 || len(m.propagation) > 0 {
		p.openIn(m.Destination, openAny, regTarget)
		p.recursiveAttrs(m, regTarget)
		p.propagate(m, regTarget)
		p.closeReg(regTarget)
	}
}

// mountBind attaches a clone of a host tree. Its attributes are set while it
// is still detached, so it is never seen without them (but for old kernels, see
// remount).
func (p *planner) mountBind(m *mount) error {
	if m.source == "" {
		return fmt.Errorf("%s.source: missing: a bind mount needs one", m.field)
	}
	source := m.source
	if !path.IsAbs(source) {
		source = path.Join(p.in.Bundle, source)
	}
	dir, err := p.in.IsDir(source)
	if err != nil {
		return fmt.Errorf("%s.source: %w", m.field, err)
	}
	if m.data != "" {
		return fmt.Errorf("%s.options: %q: a bind mount takes no file system options", m.field, m.data)
	}
	if m.idmap != nil {
		p.mappedTree(m, source)
	} else {
		p.bindTree(m, source)
	}
	if c := attrs(m.flags, m.cleared); c != (change{}) {
		p.setTree(regTree, c)
	}
	if c := attrs(m.rset, m.rclear); c != (change{}) {
		c.recursive = true
		p.setTree(regTree, c)
	}
	var flags uint64
	if m.Destination == "/proc" || m.Destination == "/sys" {
		flags = unix.O_NOFOLLOW // as in mountFS
	}
	p.target(m.Destination, dir, flags)
	p.refuseProc(m)
	if m.Destination == "/proc" {
		buf := p.statxBuffer()
		p.Sys(unix.SYS_FSTATFS, nsenter.Val(regTree), buf)
		p.Step(m.field+".source", "bind %q to \"/proc\": it is not a procfs", m.source)
		p.Check(buf, ^uint32(0), unix.PROC_SUPER_MAGIC, uint16(unix.EINVAL))
		m.step(p)
	}
	p.attach(regTree)
	p.propagate(m, regTree)
	p.closeReg(regTree)
	p.closeReg(regTarget)
	return nil
}

// refuseProc makes a mount fail whose destination led, by symlinks of the
// root, into a procfs: there it could cover /proc/self/attr and the like.
func (p *planner) refuseProc(m *mount) {
	if dest := m.Destination; dest == "/proc" || strings.HasPrefix(dest, "/proc/") {
		return // decided by checkDestination
	}
	buf := p.statxBuffer()
	p.Sys(unix.SYS_FSTATFS, nsenter.Val(regTarget), buf)
	p.Step(m.field+".destination", "mount on %q: symlinks of the root lead into a procfs", m.Destination)
	p.Deny(buf, ^uint32(0), unix.PROC_SUPER_MAGIC, uint16(unix.ELOOP))
	m.step(p)
}

// step names what is being done for the mount.
func (m *mount) step(p *planner) {
	if m.bind {
		p.Step(m.field, "bind %q to %q", m.source, m.Destination)
	} else {
		p.Step(m.field, "mount %s on %q", m.fstype, m.Destination)
	}
}

func (p *planner) recursiveAttrs(m *mount, r nsenter.Reg) {
	if c := attrs(m.rset, m.rclear); c != (change{}) {
		c.recursive = true
		p.setAttr(r, c)
	}
}

func (p *planner) propagate(m *mount, r nsenter.Reg) {
	for _, flag := range m.propagation {
		p.setAttr(r, change{propagation: flag &^ unix.MS_REC, recursive: flag&unix.MS_REC != 0})
	}
}

// cloneTree makes a detached copy of a host mount in regTree.
func (p *planner) cloneTree(source string, recursive bool) nsenter.Call {
	flags := unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	return p.Sys(unix.SYS_OPEN_TREE, atCwd, p.String(source), nsenter.Imm(flags)).Into(regTree)
}

// attach mounts a detached tree on regTarget.
func (p *planner) attach(tree nsenter.Reg) {
	p.Sys(unix.SYS_MOVE_MOUNT, nsenter.Val(tree), p.String(""), nsenter.Val(regTarget), p.String(""),
		nsenter.Imm(unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH))
	p.attached(tree)
}

// bindHost binds a host directory that the runtime itself chose.
func (p *planner) bindHost(dest, source string, flags uint64) {
	p.cloneTree(source, false)
	if c := attrs(flags, 0); c != (change{}) {
		p.setTree(regTree, c)
	}
	p.target(dest, true, 0)
	p.attach(regTree)
	p.closeReg(regTree)
	p.closeReg(regTarget)
}
