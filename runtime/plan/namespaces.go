package plan

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// namespaces is what linux.namespaces asks for.
type namespaces struct {
	create uint64 // CLONE_NEW* of those to be made
	joined []joinedNS
}

type joinedNS struct {
	flag  uint64
	path  string
	field string
	reg   nsenter.Reg
}

// nsFlag maps the specification's namespace types to clone(2) flags; 0 for an
// unknown one.
func nsFlag(t specs.LinuxNamespaceType) uint64 {
	switch t {
	case specs.UserNamespace:
		return unix.CLONE_NEWUSER
	case specs.PIDNamespace:
		return unix.CLONE_NEWPID
	case specs.NetworkNamespace:
		return unix.CLONE_NEWNET
	case specs.IPCNamespace:
		return unix.CLONE_NEWIPC
	case specs.UTSNamespace:
		return unix.CLONE_NEWUTS
	case specs.MountNamespace:
		return unix.CLONE_NEWNS
	case specs.CgroupNamespace:
		return unix.CLONE_NEWCGROUP
	case specs.TimeNamespace:
		return unix.CLONE_NEWTIME
	}
	return 0
}

// Flags returns the CLONE_NEW* flags of every namespace that l lists, new or
// by path.
func Flags(l *specs.Linux) uint64 {
	var flags uint64
	if l != nil {
		for i := range l.Namespaces {
			flags |= nsFlag(l.Namespaces[i].Type)
		}
	}
	return flags
}

// Created returns the flags of those that are new.
func Created(l *specs.Linux) uint64 {
	var n namespaces
	_ = n.parse(l) // an unknown type was refused by validation
	return n.create
}

// inUserNS tells whether the container is in a user namespace, its own or its caller's.
func (p *planner) inUserNS() bool { return p.in.InUserNS || p.ns.has(unix.CLONE_NEWUSER) }

func (n *namespaces) parse(l *specs.Linux) error {
	if l == nil {
		return nil
	}
	for i, ns := range l.Namespaces {
		flag := nsFlag(ns.Type)
		if flag == 0 {
			return fmt.Errorf("linux.namespaces[%d].type: %q is not supported", i, ns.Type)
		}
		if ns.Path == "" {
			n.create |= flag
			continue
		}
		n.joined = append(n.joined, joinedNS{flag, ns.Path, field("linux.namespaces", i) + ".path", regNS + nsenter.Reg(len(n.joined))})
	}
	return nil
}

// has tells whether the container is in a namespace of one of these kinds that
// is not simply the runtime's own.
func (n *namespaces) has(flag uint64) bool {
	for _, j := range n.joined {
		if j.flag&flag != 0 {
			return true
		}
	}
	return n.create&flag != 0
}

// atClone returns those of the new namespaces that clone3(2) makes.
func (n *namespaces) atClone() uint64 {
	switch {
	case n.inUser():
		return 0
	case n.create&unix.CLONE_NEWUSER != 0:
		return n.create & (unix.CLONE_NEWUSER | unix.CLONE_NEWPID)
	}
	return n.create &^ unix.CLONE_NEWCGROUP &^ unix.CLONE_NEWTIME
}

// inUser tells whether a user namespace is joined by path. Everything else must
// then be joined and made from inside of it, by the child itself.
func (n *namespaces) inUser() bool { return n.path(unix.CLONE_NEWUSER) != "" }

func (n *namespaces) path(flag uint64) string {
	for _, j := range n.joined {
		if j.flag == flag {
			return j.path
		}
	}
	return ""
}

// openNamespaces opens those given by path, all before the first is entered,
// because entering one changes what paths mean. O_NONBLOCK: a FIFO must not
// block; setns(2) then refuses whatever is not a namespace of the right type.
func (p *planner) openNamespaces() {
	for _, j := range p.ns.joined {
		p.Name(j.reg, "ns."+nsName(j.flag))
		p.Step(j.field, "open %s namespace %q", nsName(j.flag), j.path)
		p.Sys(unix.SYS_OPENAT, atCwd, p.String(j.path), nsenter.Imm(unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC), nsenter.Imm(0)).Into(j.reg)
	}
	p.openTime()
}

// enterNamespaces joins and completes the namespaces. The user namespace comes
// first: it owns the others.
func (p *planner) enterNamespaces() {
	switch {
	case p.ns.create&unix.CLONE_NEWUSER != 0:
		p.Step("linux.uidMappings", "wait for the user namespace's mappings")
		p.Report(MarkMappings)
		p.Hold()
		p.becomeRoot("linux.uidMappings")
	case p.ns.inUser():
		p.join(unix.CLONE_NEWUSER)
		p.becomeRoot("linux.namespaces")
	}
	p.newTime()
	if p.ns.create&unix.CLONE_NEWUSER != 0 {
		p.hide()
	}
	for _, j := range p.ns.joined {
		if j.flag != unix.CLONE_NEWUSER {
			p.join(j.flag)
		}
	}
	if flags := p.ns.create &^ unix.CLONE_NEWCGROUP &^ unix.CLONE_NEWTIME &^ p.ns.atClone(); flags != 0 {
		// Only now, as root of the user namespace: what they hold (the
		// root of an mqueue mount) belongs to who made them.
		p.Step("linux.namespaces", "make the other namespaces")
		p.Sys(unix.SYS_UNSHARE, nsenter.Imm(flags))
	}
	if p.ns.path(unix.CLONE_NEWPID) != "" || p.ns.inUser() && p.ns.has(unix.CLONE_NEWPID) {
		p.Step("linux.namespaces", "go on inside the pid namespace")
		p.Fork(MarkForked)
		p.guardAgain()
	}
	if p.ns.create&unix.CLONE_NEWCGROUP != 0 {
		// Not by clone3: its root would be the cgroup of the parent,
		// since the child joins its own later (v1), and even with
		// CLONE_INTO_CGROUP the namespace is made before the move.
		p.Step("linux.namespaces", "new cgroup namespace")
		p.Sys(unix.SYS_UNSHARE, nsenter.Imm(unix.CLONE_NEWCGROUP))
	}
}

// join enters a namespace given by path. setns(2) itself checks that the
// descriptor is a namespace of this type.
func (p *planner) join(flag uint64) {
	for _, j := range p.ns.joined {
		if j.flag == flag {
			p.Step(j.field, "join %s namespace %q", nsName(flag), j.path)
			p.Sys(unix.SYS_SETNS, nsenter.Val(j.reg), nsenter.Imm(flag))
			p.closeReg(j.reg)
		}
	}
}

// becomeRoot takes the ids 0 of the user namespace that was just entered.
func (p *planner) becomeRoot(about string) {
	p.Step(about, "become root of the user namespace")
	p.Sys(unix.SYS_SETRESGID, nsenter.Imm(0), nsenter.Imm(0), nsenter.Imm(0))
	p.Sys(unix.SYS_SETGROUPS, nsenter.Imm(0), nsenter.Imm(0)).Ignore(uint16(unix.EPERM)) // /proc/PID/setgroups says deny
	p.Sys(unix.SYS_SETRESUID, nsenter.Imm(0), nsenter.Imm(0), nsenter.Imm(0))
	p.guardAgain()
}

func nsName(flag uint64) string {
	switch flag {
	case unix.CLONE_NEWUSER:
		return "user"
	case unix.CLONE_NEWPID:
		return "pid"
	case unix.CLONE_NEWNET:
		return "network"
	case unix.CLONE_NEWIPC:
		return "ipc"
	case unix.CLONE_NEWUTS:
		return "uts"
	case unix.CLONE_NEWNS:
		return "mount"
	case unix.CLONE_NEWTIME:
		return "time"
	}
	return "cgroup"
}
