package nsenter

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter/inherited"
)

// The Go runtime's own hooks around fork, as used by package syscall. They block all
// signals in the forking thread, so that no handler runs in the child, and forbid stack
// growth. They are on the runtime's list of names kept for linkname.

//go:linkname beforeFork syscall.runtime_BeforeFork
func beforeFork()

//go:linkname afterFork syscall.runtime_AfterFork
func afterFork()

// Clone says how the child is made.
type Clone struct {
	Flags  uint64      // CLONE_NEW* of clone3(2)
	Cgroup int         // directory of a cgroup v2 to start in (CLONE_INTO_CGROUP, Linux 5.7), or -1
	FDs    map[Reg]int // registers and the descriptors they start with; -1: none
	Keep   int         // the child also keeps the descriptors 0 ... Keep-1
	// Page, an empty file open for reading and writing, makes the page that parent
	// and child share a part of it, so that another process can take the parent's
	// place for an [OpSpin], see [OpenSpin]. Nil: only this process has it.
	Page *os.File
	// Placed: the child begins on the processors that the calling thread has been put
	// on, not on those that this process was started with.
	Placed bool
}

// Start forks a child that executes p.
//
// The error is of type *OpError with Index -1 if the child could not be made.
func Start(p *Program, c Clone) (*Child, error) {
	shared, err := newPage(c.Page)
	if err != nil {
		return nil, err
	}
	pg := pageOf(shared)
	own, b, err := newMemory(p, pg)
	if err != nil {
		unix.Munmap(shared)
		return nil, err
	}
	defer unix.Munmap(own) // the child has a copy then
	sync, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		unix.Munmap(shared)
		return nil, fmt.Errorf("make the socket pair to the child: %w", err)
	}
	pg.regs[RegSync] = int64(sync[1])
	keep := []int{sync[1]}
	for r, fd := range c.FDs {
		pg.regs[r] = int64(fd)
		keep = append(keep, fd)
	}
	if err := pg.closeBetween(keep, c.Keep); err != nil {
		unix.Close(sync[0])
		unix.Close(sync[1])
		unix.Munmap(shared)
		return nil, err
	}

	args := &cloneArgs{
		flags:      c.Flags | unix.CLONE_PIDFD,
		pidfd:      uint64(uintptr(unsafe.Pointer(&pg.pidfd))),
		exitSignal: uint64(unix.SIGCHLD),
		stack:      uint64(uintptr(unsafe.Pointer(&own[0]))),
		stackSize:  stackSize,
	}
	if runtime.GOARCH == "amd64" {
		args.flags |= unix.CLONE_SETTLS
		args.tls = uint64(uintptr(unsafe.Pointer(&own[tlsAt])))
	}
	if c.Cgroup >= 0 {
		args.flags |= unix.CLONE_INTO_CGROUP
		args.cgroup = uint64(c.Cgroup)
	}
	withhold(p)
	pid, errno := fork(b, args, c.Placed)
	unix.Close(sync[1])
	if errno != 0 {
		unix.Close(sync[0])
		unix.Munmap(shared)
		return nil, &OpError{Index: -1, Errno: errno, Call: "clone3", Step: Step{Field: "linux.namespaces", What: "create the container's process"}}
	}
	return &Child{Pid: pid, PidFD: int(pg.pidfd), prog: p, page: pg, mem: shared, sync: sync[0]}, nil
}

// closeBetween prepares OpAlone: the ranges of descriptors from first on that
// are not in keep.
func (pg *page) closeBetween(keep []int, first int) error {
	slices.Sort(keep)
	lo := uint32(first)
	for _, fd := range append(keep, math.MaxInt32) {
		if fd < 0 || uint32(fd) < lo {
			continue
		}
		if uint32(fd) > lo {
			if pg.ngaps == maxGaps {
				return fmt.Errorf("nsenter: more than %d descriptors to pass on", maxGaps-1)
			}
			pg.gaps[pg.ngaps] = [2]uint32{lo, uint32(fd) - 1}
			pg.ngaps++
		}
		lo = uint32(fd) + 1
	}
	return nil
}

// cloneArgs is struct clone_args, up to and including cgroup (88 bytes,
// CLONE_ARGS_SIZE_VER2, Linux 5.7).
type cloneArgs struct {
	flags, pidfd          uint64
	_, _                  uint64 // child_tid, parent_tid
	exitSignal            uint64
	stack, stackSize, tls uint64
	_, _                  uint64 // set_tid, set_tid_size
	cgroup                uint64
}

// fork makes the child, which goes on in inChild. Between beforeFork and afterFork only
// nosplit functions are called.
//
//go:noinline
//go:norace
func fork(b *boot, args *cloneArgs, placed bool) (int, syscall.Errno) {
	// The signal mask is the thread's.
	defer inherited.Thread(placed)()
	if _, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_BLOCK, 0, uintptr(unsafe.Pointer(&b.mask)), 8, 0, 0); errno != 0 {
		return 0, errno
	}
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
	beforeFork()
	pid := cloneOnto(args, unsafe.Sizeof(*args), b)
	afterFork()
	runtime.KeepAlive(args)
	if pid < 0 {
		return 0, syscall.Errno(-pid)
	}
	return int(pid), 0
}

// cloneOnto is clone3(2) with a stack for the child, which calls inChild on it. It
// returns the child's pid, or a negative errno.
//
//go:noescape
func cloneOnto(args *cloneArgs, size uintptr, b *boot) (pid int64)

// inChild is the child. The contract of interpret applies.
//
//go:nosplit
//go:norace
func inChild(b *boot) {
	// A signal that the caller of runseal had ignored would be ignored by the
	// container's process too (nohup, a shell's background job); a handler of Go's
	// would owe an rt_sigreturn that the filter may deny.
	for sig := uintptr(1); sig <= 64; sig++ {
		syscall.RawSyscall6(unix.SYS_RT_SIGACTION, sig, uintptr(unsafe.Pointer(&b.action)), 0, 8, 0, 0)
	}
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&b.mask)), 0, 8, 0, 0)
	interpret(b.ops, b.n, b.arena, b.page)
}
