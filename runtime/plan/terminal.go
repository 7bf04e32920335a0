package plan

import (
	"encoding/binary"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// openTerminal opens a pseudo-terminal in the container's devpts, in regMaster
// and regSlave, and shows it as /dev/console to a container's first process.
//
// dir is the descriptor that the paths start from: the root before the pivot,
// the working directory "/" after a setns.
func (p *planner) openTerminal(pr *specs.Process, dir nsenter.Arg, console bool) {
	if !pr.Terminal {
		return
	}
	p.Step("process.terminal", "open a pseudo-terminal in /dev/pts")
	// Opening a device does something already, and in a container that runs anything may
	// be mounted there. What belongs to a devpts itself is a terminal.
	p.Sys(unix.SYS_OPENAT2, dir, p.String("dev/pts"), p.how(openHow{openDir, 0, inRoot}), nsenter.Imm(openHowSize)).Into(regDir)
	buf := p.statxBuffer()
	p.Sys(unix.SYS_FSTATFS, nsenter.Val(regDir), buf)
	p.Check(buf, ^uint32(0), unix.DEVPTS_SUPER_MAGIC, uint16(unix.ENODEV))
	p.Sys(unix.SYS_OPENAT2, nsenter.Val(regDir), p.String("ptmx"),
		p.how(openHow{unix.O_RDWR | unix.O_NOCTTY | unix.O_CLOEXEC, 0, unix.RESOLVE_NO_XDEV | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_BENEATH}), nsenter.Imm(openHowSize)).Into(regMaster)
	p.closeReg(regDir)
	p.Sys(unix.SYS_IOCTL, nsenter.Val(regMaster), nsenter.Imm(unix.TIOCSPTLCK), p.Zeros(8))
	if s := pr.ConsoleSize; s != nil {
		var ws []byte
		for _, v := range []uint{s.Height, s.Width, 0, 0} { // struct winsize
			ws = binary.NativeEndian.AppendUint16(ws, uint16(v))
		}
		p.Sys(unix.SYS_IOCTL, nsenter.Val(regMaster), nsenter.Imm(unix.TIOCSWINSZ), p.Bytes(ws))
	}
	// The other side comes from the verified master, not from a path.
	p.Sys(unix.SYS_IOCTL, nsenter.Val(regMaster), nsenter.Imm(unix.TIOCGPTPEER), nsenter.Imm(unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)).Into(regSlave)
	if pr.User.UID != 0 {
		p.Sys(unix.SYS_FCHOWN, nsenter.Val(regSlave), nsenter.Imm(pr.User.UID), nsenter.Imm(-1))
	}
	if console {
		p.target("/dev/console", false, unix.O_NOFOLLOW)
		p.Sys(unix.SYS_OPEN_TREE, nsenter.Val(regSlave), p.String(""),
			nsenter.Imm(unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)).Into(regDir)
		p.attach(regDir)
		p.closeReg(regDir)
		p.closeReg(regTarget)
	}
}

// takeTerminal makes the pseudo-terminal the controlling terminal and the
// standard streams of the process, a session leader by now. The master's side
// goes to the parent with MarkTerminal.
func (p *planner) takeTerminal(pr *specs.Process) {
	if !pr.Terminal {
		return
	}
	p.Step("process.terminal", "make the pseudo-terminal the controlling terminal")
	p.Sys(unix.SYS_IOCTL, nsenter.Val(regSlave), nsenter.Imm(unix.TIOCSCTTY), nsenter.Imm(0))
	p.Report(MarkTerminal, regMaster)
	p.Hold()
	for fd := range 3 {
		p.Sys(unix.SYS_DUP3, nsenter.Val(regSlave), nsenter.Imm(fd), nsenter.Imm(0))
	}
	p.closeReg(regSlave)
	p.closeReg(regMaster)
}
