package nsenter

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
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
	Flags  uint64        // CLONE_NEW* of clone3(2)
	Cgroup int           // directory of a cgroup v2 to start in (CLONE_INTO_CGROUP, Linux 5.7), or -1
	Regs   map[Reg]int64 // initial registers: descriptors that the parent opened
	PidNS  int           // pid namespace to start in, as an nsfs descriptor or a pidfd; or -1
}

// Start forks a child that executes p.
//
// A pid namespace to be joined (c.PidNS) is set on the calling thread for the
// time of the fork: pid_ns_for_children is per thread, so the child is born
// inside and no second fork is needed.
//
// The error is of type *OpError with Index -1 if the child could not be made.
func Start(p *Program, c Clone) (*Child, error) {
	for _, off := range p.relocs {
		w := p.arena[off:]
		binary.NativeEndian.PutUint64(w, binary.NativeEndian.Uint64(w)+uint64(uintptr(unsafe.Pointer(&p.arena[0]))))
	}
	p.relocs = nil // a program starts once; its arena now holds addresses

	mem, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("map the page shared with the child: %w", err)
	}
	pg := (*page)(unsafe.Pointer(&mem[0]))
	for r, v := range c.Regs {
		pg.regs[r] = v
	}
	sync, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		unix.Munmap(mem)
		return nil, fmt.Errorf("make the socket pair to the child: %w", err)
	}
	pg.regs[RegPeer], pg.regs[RegSync] = int64(sync[0]), int64(sync[1])

	pidfd := int32(-1)
	args := cloneArgs{
		flags:      c.Flags | unix.CLONE_PIDFD,
		pidfd:      uint64(uintptr(unsafe.Pointer(&pidfd))),
		exitSignal: uint64(unix.SIGCHLD),
	}
	if c.Cgroup >= 0 {
		args.flags |= unix.CLONE_INTO_CGROUP
		args.cgroup = uint64(c.Cgroup)
	}
	pid, errno := forkIn(c.PidNS, p, pg, &args)
	unix.Close(sync[1])
	if errno != 0 {
		unix.Close(sync[0])
		unix.Munmap(mem)
		return nil, &OpError{Index: -1, Errno: errno, Call: "clone3", Step: Step{Field: "linux.namespaces", What: "create the container's process"}}
	}
	return &Child{Pid: pid, PidFD: int(pidfd), prog: p, page: pg, mem: mem, sync: sync[0]}, nil
}

// forkIn forks with pid_ns_for_children of the calling thread set to pidNS.
// The thread is locked for that time because the setting belongs to it, and
// stays locked for good if it cannot be put back: Go then discards the thread
// when the goroutine ends.
func forkIn(pidNS int, p *Program, pg *page, args *cloneArgs) (int, syscall.Errno) {
	if pidNS < 0 {
		return fork(p, pg, args)
	}
	runtime.LockOSThread()
	own, err := unix.Open("/proc/thread-self/ns/pid", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		runtime.UnlockOSThread()
		return 0, err.(syscall.Errno)
	}
	defer unix.Close(own)
	if err := unix.Setns(pidNS, unix.CLONE_NEWPID); err != nil {
		runtime.UnlockOSThread()
		return 0, err.(syscall.Errno)
	}
	pid, errno := fork(p, pg, args)
	if unix.Setns(own, unix.CLONE_NEWPID) == nil {
		runtime.UnlockOSThread()
	}
	return pid, errno
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
