package plan

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// change is what mount_setattr(2) does to a mount. What is not named stays.
type change struct {
	set, clear  uint64 // MOUNT_ATTR_*
	propagation uint64 // MS_SHARED, MS_PRIVATE, MS_SLAVE or MS_UNBINDABLE; 0: none of them
	recursive   bool   // all mounts below it as well
}

// setAttr changes the attached mount that a descriptor stands for.
func (p *planner) setAttr(r nsenter.Reg, c change) {
	if p.in.Lacks.MountSetattr {
		p.remount(r, c)
		return
	}
	var b []byte
	for _, v := range []uint64{c.set, c.clear, c.propagation, 0} { // struct mount_attr
		b = binary.NativeEndian.AppendUint64(b, v)
	}
	flags := unix.AT_EMPTY_PATH
	if c.recursive {
		flags |= unix.AT_RECURSIVE
	}
	call := p.Sys(unix.SYS_MOUNT_SETATTR, nsenter.Val(r), p.String(""), nsenter.Imm(flags), p.Bytes(b), nsenter.Imm(len(b)))
	if (c.set|c.clear)&unix.MOUNT_ATTR_NOSYMFOLLOW != 0 {
		p.noSymFollow(call)
	}
}

// noSymFollow says why a call that changes nosymfollow may be invalid: mount_setattr(2)
// is there since Linux 5.12, but knows nosymfollow since 5.14. (Before, remount does it
// by mount(2), which has known it since 5.10.)
func (p *planner) noSymFollow(call nsenter.Call) {
	invalid, done := p.NewLabel(), p.NewLabel()
	call.On(uint16(unix.EINVAL), invalid)
	p.Jump(done)
	p.Place(invalid)
	step := p.Current()
	p.Step(step.Field, "%s (Linux 5.12 and 5.13 cannot change nosymfollow)", step)
	p.Fail(uint16(unix.EINVAL))
	p.Step(step.Field, step.What, step.Args...)
	p.Place(done)
}

// setTree changes a detached mount. Without mount_setattr(2) that has to wait until it
// is attached, which its maker says by attached.
func (p *planner) setTree(r nsenter.Reg, c change) {
	if p.in.Lacks.MountSetattr {
		p.waiting = append(p.waiting, c)
		return
	}
	p.setAttr(r, c)
}

// attached makes the changes that a tree had to wait for.
func (p *planner) attached(r nsenter.Reg) {
	for _, c := range p.waiting {
		p.remount(r, c)
	}
	p.waiting = p.waiting[:0]
}
