package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// A time namespace (time_namespaces(7), Linux 5.6) is made in three steps: unshare(2), which
// puts children of the process into it but not the process itself; its offsets, which can be
// set as long as it is empty; setns(2) into it. clone3(2) would leave no time for the second,
// and whether execve(2) counts as a child depends on the kernel. All of it comes before the
// set-up goes on in another process.

// openTime opens what newTime needs of the host's procfs: while it is there, and while the
// process may write its own files, of which root in a new user namespace is no owner. The
// kernel asks who has opened the file.
func (p *planner) openTime() {
	if p.ns.create&unix.CLONE_NEWTIME == 0 {
		return
	}
	p.Step(p.timeField(), "open /proc/self")
	p.Sys(unix.SYS_OPENAT, atCwd, p.String("/proc/self"), nsenter.Imm(openDir), nsenter.Imm(0)).Into(regTime)
	if len(p.spec.Linux.TimeOffsets) > 0 {
		p.Step("linux.timeOffsets", "open /proc/self/timens_offsets")
		p.Sys(unix.SYS_OPENAT, nsenter.Val(regTime), p.String("timens_offsets"), nsenter.Imm(unix.O_WRONLY|unix.O_CLOEXEC), nsenter.Imm(0)).Into(regOffsets)
	}
}

// newTime makes a time namespace, which belongs to the user namespace that the process is
// in, and enters it.
func (p *planner) newTime() {
	if p.ns.create&unix.CLONE_NEWTIME == 0 {
		return
	}
	p.Step(p.timeField(), "make a time namespace")
	p.Sys(unix.SYS_UNSHARE, nsenter.Imm(unix.CLONE_NEWTIME))
	if offsets := p.spec.Linux.TimeOffsets; len(offsets) > 0 {
		text := ""
		for _, clock := range slices.Sorted(maps.Keys(offsets)) {
			text += fmt.Sprintf("%s %d %d\n", clock, offsets[clock].Secs, offsets[clock].Nanosecs)
		}
		p.Step("linux.timeOffsets", "set the offsets of the clocks")
		p.Sys(unix.SYS_WRITE, nsenter.Val(regOffsets), p.String(text), nsenter.Imm(len(text)))
		p.closeReg(regOffsets)
	}
	p.Step(p.timeField(), "enter the time namespace")
	p.Sys(unix.SYS_OPENAT, nsenter.Val(regTime), p.String("ns/time_for_children"), nsenter.Imm(unix.O_RDONLY|unix.O_CLOEXEC), nsenter.Imm(0)).Into(regTree)
	p.Sys(unix.SYS_SETNS, nsenter.Val(regTree), nsenter.Imm(unix.CLONE_NEWTIME))
	p.closeReg(regTree)
	p.closeReg(regTime)
}

// timeField is the entry of config.json that asks for the time namespace.
func (p *planner) timeField() string {
	i := slices.IndexFunc(p.spec.Linux.Namespaces, func(ns specs.LinuxNamespace) bool { return ns.Type == specs.TimeNamespace })
	return field("linux.namespaces", i)
}
