package plan

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// loopback brings "lo" up in a new network namespace, as every runtime does.
// The ioctl works on a socket of any family (netdevice(7)).
func (p *planner) loopback() {
	if p.ns.create&unix.CLONE_NEWNET == 0 {
		return
	}
	ifreq := make([]byte, 40) // struct ifreq: name[16], flags
	copy(ifreq, "lo")
	binary.NativeEndian.PutUint16(ifreq[16:], unix.IFF_UP)
	p.Step("linux.namespaces", "bring the loopback interface up")
	p.Sys(unix.SYS_SOCKET, nsenter.Imm(unix.AF_UNIX), nsenter.Imm(unix.SOCK_DGRAM|unix.SOCK_CLOEXEC), nsenter.Imm(0)).Into(regTree)
	p.Sys(unix.SYS_IOCTL, nsenter.Val(regTree), nsenter.Imm(unix.SIOCSIFFLAGS), p.Bytes(ifreq))
	p.closeReg(regTree)
}
