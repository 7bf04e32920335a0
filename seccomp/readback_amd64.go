package seccomp

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Results with which the kernel's code for a call asks to be started again. They
// are not seen by programs, but by tracers (linux/errno.h).
const (
	restartNoHandler = -514 // ERESTARTNOHAND: again, unless a handler runs; then EINTR
	restartBlock     = -516 // ERESTART_RESTARTBLOCK: restart_syscall(2) instead, unless a handler runs
)

// Numbers of restart_syscall(2), which goes on with a sleep where it was.
const (
	restart64 = 219
	restart32 = 0
)

// restartQuietly prepares a stopped thread to go on with a call that the stop has
// interrupted. In two cases what the kernel does by itself could be noticed:
//
//   - nanosleep, poll, futex and others with a relative timeout are continued by
//     restart_syscall(2), which passes through the filters as a call of its own. If
//     they do not allow it, the thread would be killed, or see an error.
//   - epoll_wait, semop, sigtimedwait and a few more end with EINTR, as they do for
//     a stop signal (signal(7)).
//
// In both the call is started again as it was, with the whole of its timeout,
// unless a handler of a signal runs first; then it ends with EINTR as ever.
func restartQuietly(tid int, filters []InstalledFilter) error {
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &regs); err != nil {
		return fmt.Errorf("ptrace(PTRACE_GETREGS): %w", err)
	}
	if int64(regs.Orig_rax) < 0 {
		return nil // not in a system call
	}
	audit, err := callArch(tid)
	if err != nil {
		return fmt.Errorf("ptrace(PTRACE_GET_SYSCALL_INFO) (Linux 5.3): %w", err)
	}
	nr := uint32(regs.Orig_rax)
	switch result := int64(regs.Rax); {
	case result == restartBlock:
		again := bpf.Data{Nr: restart64, Arch: audit, IP: regs.Rip,
			Args: [6]uint64{regs.Rdi, regs.Rsi, regs.Rdx, regs.R10, regs.R8, regs.R9}}
		switch {
		case audit == unix.AUDIT_ARCH_I386:
			again.Nr = restart32
			again.Args = [6]uint64{regs.Rbx, regs.Rcx, regs.Rdx, regs.Rsi, regs.Rdi, regs.Rbp}
		case nr&arch.X32Bit != 0:
			again.Nr |= arch.X32Bit
		}
		ok, err := allPass(filters, &again)
		if ok || err != nil {
			return err
		}
	case result == -int64(unix.EINTR) && audit == unix.AUDIT_ARCH_X86_64 && onlyWaits(nr):
	default:
		return nil
	}
	rax := int64(restartNoHandler)
	regs.Rax = uint64(rax)
	if err := unix.PtraceSetRegs(tid, &regs); err != nil {
		return fmt.Errorf("ptrace(PTRACE_SETREGS): %w", err)
	}
	return nil
}

// allPass says whether every filter lets the call pass by itself.
func allPass(filters []InstalledFilter, d *bpf.Data) (bool, error) {
	for i := range filters {
		vm, err := bpf.NewVM(filters[i].Instructions)
		if err != nil {
			return false, err
		}
		if !Action(vm.Run(d)).Passes() {
			return false, nil
		}
	}
	return true, nil
}

// onlyWaits lists the x86_64 calls that end with EINTR for a stop and have done
// nothing by then, so that they can be made again.
func onlyWaits(nr uint32) bool {
	switch nr {
	case unix.SYS_EPOLL_WAIT, unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_PWAIT2, unix.SYS_SEMOP, unix.SYS_SEMTIMEDOP,
		unix.SYS_RT_SIGTIMEDWAIT, unix.SYS_IO_GETEVENTS, unix.SYS_IO_PGETEVENTS,
		// On a socket with SO_RCVTIMEO or SO_SNDTIMEO. Not write(2), which a file
		// system in user space may have carried out already:
		unix.SYS_READ, unix.SYS_READV, unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_RECVMMSG, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
		unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG, unix.SYS_CONNECT:
		return true
	}
	return false
}
