package x86

import (
	"fmt"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/tinyelf"
)

// x32 is __X32_SYSCALL_BIT.
const x32 = 0x40000000

// Numbers of arch/x86/entry/syscalls/syscall_32.tbl.
const (
	i386Waitpid = 7 // poll on x86-64
	i386Close   = 6
	i386Getpid  = 20 // writev on x86-64
	i386Socket  = 359
	i386Sockets = 102 // socketcall
)

// archs is a profile for several architectures.
func archs(p *specs.LinuxSeccomp, list ...specs.Arch) *specs.LinuxSeccomp {
	p.Architectures = list
	return p
}

// A name that only i386 has is decided by its own number there and touches
// nothing with that number on x86-64, and the other way round.
func TestI386CallsAreDecidedByX86Rules(t *testing.T) {
	p := archs(box.Seccomp(specs.ActAllow, box.Errno(77, "waitpid"), box.Errno(78, "getpid")), specs.ArchX86_64, specs.ArchX86)
	r := run(t, p, func(p *tinyelf.Prog) {
		p.Int80(i386Waitpid, 0xffffffff, 0, 1)
		p.Save()
		p.Syscall(unix.SYS_POLL, 0, 0, 0) // number 7 too
		p.Save()
		p.Int80(i386Getpid)
		p.Save()
		p.Syscall(unix.SYS_GETPID)
		p.Save()
		p.Int80(unix.SYS_GETPID) // 39 is mkdir on i386
		p.Save()
		p.Int80(i386Close, 1000)
		p.Save()
		p.WriteResults()
		p.Exit(0)
	})
	if noI386(t, r, "") {
		return
	}
	expectResults(t, r, -77, 0, -78, -78, -int64(unix.EFAULT), -int64(unix.EBADF))
}

func TestI386CallIsKilledByItsRule(t *testing.T) {
	p := archs(box.Seccomp(specs.ActAllow, box.Rule(specs.ActKillProcess, "waitpid")), specs.ArchX86_64, specs.ArchX86)
	r := run(t, p, func(p *tinyelf.Prog) {
		p.Print("before")
		p.Int80(i386Waitpid, 0xffffffff, 0, 1)
		p.Print("after")
		p.Exit(0)
	})
	if noI386(t, r, "before") {
		return
	}
	expectKilled(t, r, "before")
}

// Under a default of ERRNO an i386 call that the profile allows by name is
// allowed, and one that it does not is refused.
func TestI386UnderAnErrnoDefault(t *testing.T) {
	p := archs(box.Seccomp(specs.ActErrno, box.Allow("execve", "write", "exit_group", "close")), specs.ArchX86_64, specs.ArchX86)
	r := run(t, p, func(p *tinyelf.Prog) {
		p.Int80(i386Close, 1000)
		p.Save()
		p.Int80(i386Waitpid, 0xffffffff, 0, 1)
		p.Save()
		p.WriteResults()
		p.Exit(0)
	})
	if noI386(t, r, "") {
		return
	}
	expectResults(t, r, -int64(unix.EBADF), -int64(unix.EPERM))
}

// Arguments of i386 calls are compared in 32 bits.
func TestI386Arguments(t *testing.T) {
	rule := specs.LinuxSyscall{Names: []string{"close"}, Action: specs.ActErrno, ErrnoRet: errno(79), Args: []specs.LinuxSeccompArg{
		{Index: 0, Value: 1<<40 | 1000, Op: specs.OpEqualTo},
	}}
	p := archs(box.Seccomp(specs.ActAllow, rule), specs.ArchX86_64, specs.ArchX86)
	r := run(t, p, func(p *tinyelf.Prog) {
		p.Int80(i386Close, 1000) // equal in the low half
		p.Save()
		p.Syscall(unix.SYS_CLOSE, 1000) // not equal in 64 bits
		p.Save()
		p.Syscall(unix.SYS_CLOSE, 1<<40|1000)
		p.Save()
		p.WriteResults()
		p.Exit(0)
	})
	if noI386(t, r, "") {
		return
	}
	expectResults(t, r, -79, -int64(unix.EBADF), -79)
}

func errno(n uint) *uint { return &n }

// The multiplexer socketcall follows the rules for the calls behind it.
func TestI386Socketcall(t *testing.T) {
	p := archs(box.Seccomp(specs.ActErrno, box.Allow("execve", "write", "exit_group", "socket")), specs.ArchX86_64, specs.ArchX86)
	r := run(t, p, func(p *tinyelf.Prog) {
		p.Int80(i386Sockets, 1, 0) // SYS_SOCKET with a null argument block
		p.Save()
		p.Int80(i386Sockets, 2, 0) // SYS_BIND
		p.Save()
		p.Int80(i386Socket, 0xffff, 0, 0)
		p.Save()
		p.WriteResults()
		p.Exit(0)
	})
	if noI386(t, r, "") {
		return
	}
	expectResults(t, r, -int64(unix.EFAULT), -int64(unix.EPERM), -int64(unix.EAFNOSUPPORT))
}

// Where X86 is not listed, whatever the default, int 0x80 is the end of the
// whole process: not of one thread, which would be a hang.
func TestUnlistedArchitectureIsKilled(t *testing.T) {
	for _, def := range []specs.LinuxSeccompAction{specs.ActAllow, specs.ActErrno, specs.ActLog, specs.ActKillThread} {
		for _, abi := range []struct {
			name string
			call func(*tinyelf.Prog)
		}{
			{"i386", func(p *tinyelf.Prog) { p.Int80(i386Close, 1000) }},
			{"x32", func(p *tinyelf.Prog) { p.Syscall(x32|unix.SYS_CLOSE, 1000) }},
		} {
			t.Run(fmt.Sprintf("%s/%s", def, abi.name), func(t *testing.T) {
				allowed := box.Allow("execve", "write", "exit_group", "exit", "clone", "sched_yield", "close")
				if def == specs.ActAllow {
					allowed = box.Errno(1, "acct")
				}
				r := run(t, box.Seccomp(def, allowed), func(p *tinyelf.Prog) {
					p.Thread(func() {
						p.Print("before")
						abi.call(p)
						p.ExitThread(0)
					})
					p.Print("after")
					p.Exit(0)
				})
				if abi.name == "i386" && noI386(t, r, "before") {
					return
				}
				expectKilled(t, r, "before")
			})
		}
	}
}

// The profile's own architecture list may be empty or name X86 only: the
// native architecture is always meant as well.
func TestNativeArchitectureIsAlwaysIncluded(t *testing.T) {
	for _, list := range [][]specs.Arch{nil, {}, {specs.ArchX86}, {specs.ArchAARCH64}} {
		t.Run(fmt.Sprint(list), func(t *testing.T) {
			r := run(t, archs(box.Seccomp(specs.ActAllow, box.Errno(80, "getppid")), list...), func(p *tinyelf.Prog) {
				p.Syscall(unix.SYS_GETPPID)
				p.Save()
				p.WriteResults()
				p.Exit(0)
			})
			expectResults(t, r, -80)
		})
	}
}

// Numbers with bit 30 follow the rules of X32 where that is listed. A kernel
// without the x32 ABI answers ENOSYS to what the filter allows; whether this
// one has it is seen from a call that no filter touches.
func TestX32CallsAreDecidedByX32Rules(t *testing.T) {
	all := []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32}
	allowed := run(t, archs(box.Seccomp(specs.ActAllow, box.Errno(1, "acct")), all...), func(p *tinyelf.Prog) {
		p.Syscall(x32|unix.SYS_CLOSE, 1000)
		p.Save()
		p.WriteResults()
		p.Exit(0)
	})
	got := tinyelf.Results(allowed.Stdout)
	if len(got) != 1 || (got[0] != -int64(unix.ENOSYS) && got[0] != -int64(unix.EBADF)) {
		t.Fatalf("an allowed x32 close(1000): exit status %d, results %d; expected ENOSYS or EBADF", allowed.Status, got)
	}
	// ioctl is 514 on x32, and its amd64 number 16 is no call there.
	profile := archs(box.Seccomp(specs.ActAllow, box.Errno(81, "close"), box.Errno(82, "ioctl")), all...)
	r := run(t, profile, func(p *tinyelf.Prog) {
		for _, nr := range []uint64{unix.SYS_CLOSE, x32 | unix.SYS_CLOSE, x32 | 514, x32 | unix.SYS_IOCTL} {
			p.Syscall(nr, 1000)
			p.Save()
		}
		p.WriteResults()
		p.Exit(0)
	})
	expectResults(t, r, -81, -81, -82, -int64(unix.ENOSYS))
}

func TestX32CallIsKilledByItsRule(t *testing.T) {
	profile := archs(box.Seccomp(specs.ActAllow, box.Rule(specs.ActKillProcess, "getppid")), specs.ArchX86_64, specs.ArchX32)
	r := run(t, profile, func(p *tinyelf.Prog) {
		p.Print("before")
		p.Syscall(x32 | unix.SYS_GETPPID)
		p.Print("after")
		p.Exit(0)
	})
	expectKilled(t, r, "before")
}

// A program of the x32 ABI: its calls are decided by the rules of X32. A kernel
// without that ABI does not execute it.
func TestX32Program(t *testing.T) {
	all := []specs.Arch{specs.ArchX86_64, specs.ArchX32}
	profile := archs(box.Seccomp(specs.ActAllow, box.Errno(83, "getpid"), box.Errno(84, "ioctl")), all...)
	r := run(t, profile, func(p *tinyelf.Prog) {
		p.X32 = true
		for _, nr := range []uint64{x32 | unix.SYS_GETPID, x32 | 514, x32 | unix.SYS_CLOSE} {
			p.Syscall(nr, 1000)
			p.Save()
		}
		p.WriteResults()
		p.Syscall(x32|unix.SYS_EXIT_GROUP, 0)
	})
	if has(t, x32Works) {
		expectResults(t, r, -83, -84, -int64(unix.EBADF))
	} else if r.Status == 0 || !strings.Contains(r.Stderr, "exec format error") {
		t.Errorf("exit status %d, stderr %q; expected an exec format error", r.Status, r.Stderr)
	}
}

// Where X32 is not listed, such a program ends at its first call.
func TestX32ProgramIsKilled(t *testing.T) {
	r := run(t, archs(box.Seccomp(specs.ActAllow, box.Errno(1, "acct")), specs.ArchX86_64), func(p *tinyelf.Prog) {
		p.X32 = true
		p.Syscall(x32|unix.SYS_EXIT_GROUP, 0)
	})
	if has(t, x32Works) {
		expectKilled(t, r, "")
	} else if r.Status == 0 || !strings.Contains(r.Stderr, "exec format error") {
		t.Errorf("exit status %d, stderr %q; expected an exec format error", r.Status, r.Stderr)
	}
}
