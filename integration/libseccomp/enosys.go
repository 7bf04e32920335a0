//go:build libseccomp

package libseccomp

import (
	"github.com/opencontainers/runtime-spec/specs-go"
	scmp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// lastCall is the largest number that a name of the profile has on one
// architecture. runc refuses larger ones with ENOSYS before the library's program
// sees them.
type lastCall struct {
	audit uint32
	x32   bool
	nr    uint32
}

// lastCalls returns nothing where the default lets calls pass: they must reach the
// kernel, which knows best.
func lastCalls(p *specs.LinuxSeccomp, archs []scmp.ScmpArch) []lastCall {
	switch p.DefaultAction {
	case specs.ActAllow, specs.ActLog, specs.ActTrace:
		return nil
	}
	var list []lastCall
	for _, a := range archs {
		last := scmp.ScmpSyscall(0)
		for _, s := range p.Syscalls {
			for _, name := range s.Names {
				// A call that exists elsewhere has a negative number here.
				if nr, err := scmp.GetSyscallFromNameByArch(name, a); err == nil {
					last = max(last, nr)
				}
			}
		}
		if last != 0 {
			list = append(list, lastCall{auditOf(a), a == scmp.ArchX32, uint32(last)})
		}
	}
	return list
}

// auditOf returns the AUDIT_ARCH value of an architecture of the tests.
func auditOf(a scmp.ScmpArch) uint32 {
	switch a {
	case scmp.ArchAMD64, scmp.ArchX32:
		return unix.AUDIT_ARCH_X86_64
	case scmp.ArchX86:
		return unix.AUDIT_ARCH_I386
	case scmp.ArchARM64:
		return unix.AUDIT_ARCH_AARCH64
	case scmp.ArchARM:
		return unix.AUDIT_ARCH_ARM
	}
	panic("libseccomp: no AUDIT_ARCH value for " + a.String())
}

// Run returns what becomes of a call in a container of runc.
func (f *Filter) Run(d *bpf.Data) seccomp.Action {
	if f.Future(d.Arch, d.Nr) {
		return seccomp.Errno(uint16(unix.ENOSYS))
	}
	return seccomp.Action(f.vm.Run(d))
}

// Future says whether runc's own program answers the call, with ENOSYS.
func (f *Filter) Future(audit, nr uint32) bool {
	for _, l := range f.future {
		// runc tells x32 by its bit alone.
		if l.audit == audit && l.x32 == (audit == unix.AUDIT_ARCH_X86_64 && nr&arch.X32Bit != 0) {
			return nr > l.nr
		}
	}
	return false
}
