package plan

import (
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// Cgroup says how the process gets into its cgroup, and what a mount of type
// "cgroup" shows.
type Cgroup struct {
	TaskFiles   []string    // v1: every "tasks" file to join; on v2 the clone does it
	V2          bool        // version 2 alone
	Unified     string      // v2: the cgroup's directory on the host; "": none
	Unit        string      // v2: the systemd unit to be put into; else the clone does it
	Hierarchies []Hierarchy // v1: what a "cgroup" mount consists of
}

// Hierarchy is one cgroup v1 hierarchy of the host.
type Hierarchy struct {
	Name    string   // directory below the mount: "cpu,cpuacct", "systemd"
	Options string   // data of mount(2): "cpu,cpuacct", "none,name=systemd"
	Dir     string   // the container's cgroup in it, on the host
	Links   []string // other names: "cpu", "cpuacct"
}

// joinCgroup moves the process by writing 0 to "tasks". A write to
// cgroup.procs would do the same for a process with one thread, but waits for
// an RCU grace period (10 ms when the machine is idle, against 0.3 ms).
func (p *planner) joinCgroup() {
	if unit := p.in.Cgroup.Unit; unit != "" {
		p.Step("linux.cgroupsPath", "wait until systemd has made %s with this process", unit)
		p.Report(MarkCgroup)
		p.Hold()
	}
	if len(p.in.Cgroup.TaskFiles) == 0 {
		return
	}
	p.Step("linux.cgroupsPath", "join the cgroup")
	for _, f := range p.in.Cgroup.TaskFiles {
		p.writeFile(f, "0")
	}
}

// openCgroup opens what joinOpened writes to, while the host's paths are there.
// It is for exec, which forks in between: a process is let into a cgroup that
// has as many as pids.max allows, but none is made in it.
func (p *planner) openCgroup() {
	p.Step("linux.cgroupsPath", "open the cgroup")
	for i, f := range p.in.Cgroup.TaskFiles {
		r := regNS + nsenter.Reg(i)
		if r == nsenter.NumRegs {
			break // joined early
		}
		p.Sys(unix.SYS_OPENAT, atCwd, p.String(f), nsenter.Imm(unix.O_WRONLY|unix.O_CLOEXEC), nsenter.Imm(0)).Into(r)
	}
	for i := int(nsenter.NumRegs - regNS); i < len(p.in.Cgroup.TaskFiles); i++ {
		p.writeFile(p.in.Cgroup.TaskFiles[i], "0")
	}
}

// joinOpened moves the process into the cgroup that openCgroup has opened.
func (p *planner) joinOpened() {
	p.Step("linux.cgroupsPath", "join the cgroup")
	for i := range min(len(p.in.Cgroup.TaskFiles), int(nsenter.NumRegs-regNS)) {
		r := regNS + nsenter.Reg(i)
		p.Sys(unix.SYS_WRITE, nsenter.Val(r), p.String("0"), nsenter.Imm(1))
		p.closeReg(r)
	}
}

// oomScoreAdj is set while the host's procfs is still there and before a user
// namespace takes the right to write it.
func (p *planner) oomScoreAdj(pr *specs.Process) {
	if pr.OOMScoreAdj != nil {
		p.Step("process.oomScoreAdj", "set oom_score_adj to %d", *pr.OOMScoreAdj)
		write := p.writeFile("/proc/self/oom_score_adj", strconv.Itoa(*pr.OOMScoreAdj))
		if p.in.Unprivileged || p.in.InUserNS {
			// Lower than it was it takes root's privileges. Engines ask for what
			// they would have as root.
			write.Ignore(uint16(unix.EACCES))
		}
	}
}

// mountCgroup mounts the container's view of the cgroup file system. On version 2
// it does that for type "cgroup2" too: a mount of that from the host's cgroup
// namespace would show all cgroups of the host and, having no options, take those
// of the host's own mount away (nsdelegate; cgroup-v2.rst, "Mounting").
func (p *planner) mountCgroup(m *mount) error {
	c := &p.in.Cgroup
	flags := m.flags&^m.rclear | m.rset // rro and its like are for whatever is mounted here
	if c.Unified != "" || c.V2 && p.ns.create&unix.CLONE_NEWCGROUP != 0 {
		if p.ns.create&unix.CLONE_NEWCGROUP != 0 {
			m.fstype = "cgroup2"
			p.mountFS(m)
		} else {
			p.bindHost(m.Destination, c.Unified, flags)
		}
		return nil
	}
	// A tmpfs with one directory for each hierarchy.
	base := *m
	base.fstype, base.source, base.data, base.flags = "tmpfs", "tmpfs", "mode=755", flags&^unix.MS_RDONLY
	base.rset, base.rclear = 0, 0
	p.mountFS(&base)
	p.openIn(m.Destination, openDir, regDir)
	for _, h := range c.Hierarchies {
		p.Step(m.field, "mount cgroup hierarchy %s on %q", h.Name, m.Destination)
		// The tmpfs is new: what is in it was made here.
		name := p.String(h.Name)
		p.Sys(unix.SYS_MKDIRAT, nsenter.Val(regDir), name, nsenter.Imm(0o755))
		p.Sys(unix.SYS_OPENAT, nsenter.Val(regDir), name, nsenter.Imm(openDir|unix.O_NOFOLLOW), nsenter.Imm(0)).Into(regTarget)
		if p.ns.create&unix.CLONE_NEWCGROUP != 0 {
			p.Sys(unix.SYS_FCHDIR, nsenter.Val(regTarget))
			p.mountCall("cgroup", ".", "cgroup", flags, h.Options)
		} else {
			p.cloneTree(h.Dir, false)
			if c := attrs(flags, 0); c != (change{}) {
				p.setTree(regTree, c)
			}
			p.attach(regTree)
			p.closeReg(regTree)
		}
		p.closeReg(regTarget)
		for _, l := range h.Links {
			p.Sys(unix.SYS_SYMLINKAT, name, nsenter.Val(regDir), p.String(l))
		}
	}
	p.closeReg(regDir)
	if flags&unix.MS_RDONLY != 0 {
		p.late = append(p.late, lateReadOnly{m.Destination, m.field})
	}
	return nil
}
