package plan

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// keepsMode says whether the root of the mount is to have the mode of the directory that it
// is mounted on, if that was there before: a tmpfs without mode=, whose own default is 1777.
// An image has said by the directory's mode who may write there. With tmpcopyup the
// directory's attributes are copied with all else.
func (m *mount) keepsMode() bool {
	if m.fstype != "tmpfs" || m.copyUp {
		return false
	}
	for option := range strings.SplitSeq(m.data, ",") {
		if strings.HasPrefix(option, "mode=") {
			return false
		}
	}
	return true
}

// targetMode is target for a mount that keeps the mode.
func (p *planner) targetMode(m *mount, flags uint64) {
	p.Move(regMode, nsenter.Imm(-1))
	p.targetFound(m.Destination, true, flags, func() {
		buf := p.statxBuffer()
		p.Sys(unix.SYS_STATX, nsenter.Val(regTarget), p.String(""), nsenter.Imm(unix.AT_EMPTY_PATH), nsenter.Imm(unix.STATX_MODE), buf)
		p.Load(regMode, buf.At(statxMode))
	})
}

// setMode gives the mode to what has been mounted.
func (p *planner) setMode(m *mount) {
	made := p.NewLabel()
	p.JumpNegative(regMode, made)
	p.openIn(m.Destination, openDir, regTarget)
	p.Sys(unix.SYS_FCHMODAT, nsenter.Val(regTarget), p.String("."), nsenter.Val(regMode)) // takes no notice of the type
	p.closeReg(regTarget)
	p.Place(made)
}
