package nsenter

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The Go runtime's own hooks around fork, as used by package syscall. They
// block all signals in the forking thread and forbid stack growth; in the
// child they put every signal handler that Go installed back to SIG_DFL and
// restore the signal mask, so that no rt_sigreturn is ever owed there.
// They are on the runtime's list of names kept for linkname.

//go:linkname beforeFork syscall.runtime_BeforeFork
func beforeFork()

//go:linkname afterFork syscall.runtime_AfterFork
func afterFork()

//go:linkname afterForkInChild syscall.runtime_AfterForkInChild
func afterForkInChild()

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
}

// Start forks a child that executes p. A program can be started once.
//
// The error is of type *OpError with Index -1 if the child could not be made.
func Start(p *Program, c Clone) (*Child, error) {
	for _, off := range p.relocs {
		w := p.arena[off:]
		binary.NativeEndian.PutUint64(w, binary.NativeEndian.Uint64(w)+uint64(uintptr(unsafe.Pointer(&p.arena[0]))))
	}
	p.relocs = nil // the arena now holds addresses

	mem, err := newPage(c.Page)
	if err != nil {
		return nil, err
	}
	pg := pageOf(mem)
	sync, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		unix.Munmap(mem)
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
		unix.Munmap(mem)
		return nil, err
	}

	args := &cloneArgs{
		flags:      c.Flags | unix.CLONE_PIDFD,
		pidfd:      uint64(uintptr(unsafe.Pointer(&pg.pidfd))),
		exitSignal: uint64(unix.SIGCHLD),
	}
	if c.Cgroup >= 0 {
		args.flags |= unix.CLONE_INTO_CGROUP
		args.cgroup = uint64(c.Cgroup)
	}
	pid, errno := fork(p, pg, args)
	unix.Close(sync[1])
	if errno != 0 {
		unix.Close(sync[0])
		unix.Munmap(mem)
		return nil, &OpError{Index: -1, Errno: errno, Call: "clone3", Step: Step{Field: "linux.namespaces", What: "create the container's process"}}
	}
	return &Child{Pid: pid, PidFD: int(pg.pidfd), prog: p, page: pg, mem: mem, sync: sync[0]}, nil
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
	flags, pidfd, childTID, parentTID, exitSignal uint64
	stack, stackSize, tls, setTID, setTIDSize     uint64
	cgroup                                        uint64
}

// fork makes the child and, in it, runs the interpreter. Between beforeFork
// and afterFork only nosplit functions are called, in both processes.
//
//go:noinline
//go:norace
func fork(p *Program, pg *page, args *cloneArgs) (int, syscall.Errno) {
	ops, n, arena := &p.Ops[0], uintptr(len(p.Ops)), uintptr(unsafe.Pointer(&p.arena[0]))
	syscall.ForkLock.Lock()
	beforeFork()
	pid, _, errno := syscall.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(args)), unsafe.Sizeof(*args), 0)
	if errno == 0 && pid == 0 {
		afterForkInChild()
		defaultSignals()
		interpret(ops, n, arena, pg)
	}
	afterFork()
	syscall.ForkLock.Unlock()
	runtime.KeepAlive(p)
	runtime.KeepAlive(args)
	return int(pid), errno
}

// defaultAction is struct sigaction with SIG_DFL and nothing else.
var defaultAction [4]uint64

// defaultSignals resets the signals that the caller of runseal had ignored:
// afterForkInChild resets only those that Go handles, and execve keeps an
// ignored signal ignored (nohup, a shell's background job). The contract of
// interpret applies.
//
//go:nosplit
//go:norace
func defaultSignals() {
	for sig := uintptr(1); sig <= 64; sig++ {
		syscall.RawSyscall6(unix.SYS_RT_SIGACTION, sig, uintptr(unsafe.Pointer(&defaultAction)), 0, 8, 0, 0)
	}
}
