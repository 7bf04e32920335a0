package nsenter

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// maxFDs is how many descriptors one report can carry.
const maxFDs = 2

// Report adds ops that tell the parent that this point was reached, and hand
// it the descriptors in regs. MSG_NOSIGNAL: a parent that is gone must show as
// EPIPE, not as a signal.
func (b *Builder) Report(mark byte, regs ...Reg) {
	data := b.Bytes([]byte{mark})
	if len(regs) == 0 {
		b.Sys(unix.SYS_SENDTO, Val(RegSync), data, Imm(1), Imm(unix.MSG_NOSIGNAL), Imm(0), Imm(0))
		return
	}
	if len(regs) > maxFDs {
		panic("nsenter: too many descriptors in one report")
	}
	// struct cmsghdr { size_t len; int level, type; } and the descriptors
	length := unix.CmsgLen(4 * len(regs))
	head := make([]byte, unix.CmsgSpace(4*len(regs)))
	binary.NativeEndian.PutUint64(head, uint64(length))
	binary.NativeEndian.PutUint32(head[8:], unix.SOL_SOCKET)
	binary.NativeEndian.PutUint32(head[12:], unix.SCM_RIGHTS)
	control := b.Bytes(head)
	for i, r := range regs {
		b.Store(control.At(uint32(unix.CmsgLen(0)+4*i)), r)
	}
	iov := b.Words(data, Imm(1))
	msg := b.Words(Imm(0), Imm(0), iov, Imm(1), control, Imm(length), Imm(0)) // struct msghdr
	b.Sys(unix.SYS_SENDMSG, Val(RegSync), msg, Imm(unix.MSG_NOSIGNAL))
}

// Take is Hold for a parent that hands a descriptor over ([Child.Pass]): r becomes its
// number. It closes at execve.
func (b *Builder) Take(r Reg) {
	data, control := b.Zeros(8), b.Zeros(unix.CmsgSpace(4))
	iov := b.Words(data, Imm(1))
	msg := b.Words(Imm(0), Imm(0), iov, Imm(1), control, Imm(unix.CmsgSpace(4)), Imm(0)) // struct msghdr
	b.Sys(unix.SYS_RECVMSG, Val(RegSync), msg, Imm(unix.MSG_CMSG_CLOEXEC))
	b.Check(data, 0xff, 1, uint16(unix.ECANCELED))
	// cmsg_len stays 0 if the process may not open another descriptor.
	b.Check(control, ^uint32(0), uint32(unix.CmsgLen(4)), uint16(unix.EMFILE))
	b.Load(r, control.At(uint32(unix.CmsgLen(0))))
}

// Hold adds ops that wait for the parent's [Child.Release]. If the parent is
// gone instead, the program fails with ECANCELED: a container whose maker was
// killed half-way must not go on.
func (b *Builder) Hold() {
	buf := b.Zeros(8)
	b.Sys(unix.SYS_READ, Val(RegSync), buf, Imm(1))
	b.Check(buf, 0xff, 1, uint16(unix.ECANCELED))
}
