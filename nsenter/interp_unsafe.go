package nsenter

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// page is the memory that parent and child share.
type page struct {
	failed int32 // 1 + index of the op that failed, 0: none
	errno  int32
	pid    int32              // of the process that OpFork made
	pidfd  int32              // written by clone3; here because its address must not move
	gaps   [maxGaps][2]uint32 // ranges of descriptors that OpAlone closes
	ngaps  uintptr
	regs   [NumRegs]int64
	nr     uint32 // of the op that failed
	held   uint32 // the child is in an OpSpin; read and written atomically, as the next
	freed  uint32 // the parent has ended it
	owner  uint32 // the thread of the parent that would do so; see Spin.Guard
}

// maxGaps is one more than the descriptors that can be passed on.
const maxGaps = 12

// maxAgain bounds how often a call is repeated that the kernel asked to
// repeat. openat2(2) with RESOLVE_IN_ROOT answers EAGAIN when a rename or a
// mount raced with it, which somebody in the container could keep doing.
const maxAgain = 1 << 14

// exitFailed is the exit status of a child whose program failed. Nobody is
// shown it: the parent reads the page.
const exitFailed = 125

// interpret runs the ops and never returns.
//
// Contract: this is all that runs in the forked child, which has the text of a Go
// process and nothing else of it: no g, no scheduler, no heap, no variables (newMemory,
// withhold). So in here
//
//   - nothing may allocate, grow the stack, block on a Go lock, use a map, an
//     interface, a defer or a panic, or enter the Go runtime in any other way;
//   - every function called is nosplit: a stack check would look at g;
//   - no package's variables are used, and what is in the arguments lies in the child's
//     own memory, or in the page, which it shares with the parent;
//   - the race detector is off, since its runtime does not work here.
//
//go:nosplit
//go:norace
func interpret(ops *Op, n uintptr, arena uintptr, pg *page) {
	pc := uintptr(0)
	again := 0
	for pc < n {
		op := (*Op)(unsafe.Add(unsafe.Pointer(ops), pc*unsafe.Sizeof(Op{})))
		a := op.Args
		for i := uint(0); i < 6; i++ {
			if op.isReg>>i&1 != 0 {
				a[i] = uint64(pg.regs[a[i]%NumRegs])
			} else if op.isMem>>i&1 != 0 {
				a[i] += uint64(arena)
			}
		}
		var r uintptr
		var errno syscall.Errno
		switch op.Nr {
		case OpMove:
			r = uintptr(a[0])
		case OpJump:
			pc = uintptr(op.Target)
			continue
		case OpJumpN:
			if int64(a[0]) < 0 {
				pc = uintptr(op.Target)
				continue
			}
		case OpCheck, OpDeny:
			equal := *(*uint32)(pointer(uintptr(a[0])))&uint32(a[1]) == uint32(a[2])
			if equal == (op.Nr == OpDeny) {
				errno = syscall.Errno(a[3])
			}
		case OpStore:
			*(*uint32)(pointer(uintptr(a[0]))) = uint32(a[1])
		case OpLoad:
			r = uintptr(*(*uint32)(pointer(uintptr(a[0]))))
		case OpFail:
			errno = syscall.Errno(a[0])
		case OpAlone:
			for i := uintptr(0); i < pg.ngaps && i < maxGaps && errno == 0; i++ {
				_, _, errno = syscall.RawSyscall(unix.SYS_CLOSE_RANGE, uintptr(pg.gaps[i][0]), uintptr(pg.gaps[i][1]), 0)
			}
		case OpFork:
			// The kernel writes the pid before the new process runs, so
			// it is in the page when that one reports.
			r, _, errno = syscall.RawSyscall6(unix.SYS_CLONE, unix.CLONE_PARENT|unix.CLONE_PARENT_SETTID,
				0, uintptr(unsafe.Pointer(&pg.pid)), 0, 0, 0)
			if errno == 0 && r != 0 {
				exit(0)
			}
		case OpSpin:
			if !spin(pg) {
				pg.nr, pg.errno, pg.failed = op.Nr, int32(unix.ETIMEDOUT), int32(pc)+1
				// Not by exit: a filter may have that wait for an agent
				// which nobody has told of this process.
				fault()
			}
		case OpKeep:
			r = uintptr(pg.regs[op.Out%NumRegs])
			if *(*uint32)(pointer(uintptr(a[0])))&uint32(a[1]) == uint32(a[2]) {
				r |= uintptr(a[3])
			}
		case OpDecimal:
			decimal(uintptr(a[0]), uint32(a[1]))
		case OpCloexec:
			errno = cloexec(pg, uintptr(a[0]))
		default:
			r, _, errno = syscall.RawSyscall6(uintptr(op.Nr),
				uintptr(a[0]), uintptr(a[1]), uintptr(a[2]), uintptr(a[3]), uintptr(a[4]), uintptr(a[5]))
		}
		if errno == 0 {
			if op.Out < NumRegs {
				pg.regs[op.Out] = int64(r)
			}
			pc++
			again = 0
			continue
		}
		if (errno == unix.EINTR || errno == unix.EAGAIN && op.Nr == unix.SYS_OPENAT2) && again < maxAgain {
			again++
			continue
		}
		again = 0
		handled := false
		for i := uint(0); i < maxHandlers; i++ {
			if e := op.on[i].Errno; e == uint16(errno) || e == AnyErrno {
				pc = uintptr(op.on[i].Target)
				handled = true
				break
			}
		}
		if handled {
			continue
		}
		pg.nr = op.Nr
		pg.errno = int32(errno)
		pg.failed = int32(pc) + 1
		break
	}
	exit(exitFailed)
}

// exit ends the child. A filter that is already installed may deny both calls;
// then the kernel has to end it for a fault, which even the first process of a
// pid namespace cannot survive. The contract of interpret applies.
//
//go:nosplit
//go:norace
func exit(status uintptr) {
	for {
		syscall.RawSyscall(unix.SYS_EXIT_GROUP, status, 0, 0)
		syscall.RawSyscall(unix.SYS_EXIT, status, 0, 0)
		fault()
	}
}

// fault ends the child without a system call. The contract of interpret applies.
//
//go:nosplit
//go:norace
func fault() { *(*uint32)(pointer(0)) = 0 }

// spin waits for the parent, up to spinLimit, and tells whether it came. The
// contract of interpret applies; what it calls is assembly without a stack check.
//
//go:nosplit
//go:norace
func spin(pg *page) bool {
	began, limit := ticks(), spinLimit()
	store(&pg.held, 1)
	for load(&pg.freed) == 0 {
		// Signed: the counters of two processors may differ a little.
		if load(&pg.owner)&ownerDied != 0 || int64(ticks()-began) > limit {
			// Looked at once more: the parent may have let go just before it died,
			// or while this process was stopped or frozen for longer than the limit.
			return load(&pg.freed) != 0
		}
	}
	return true
}

// load and store are those of sync/atomic, which is not itself where the race detector
// is on.
//
//go:noescape
func load(p *uint32) uint32

//go:noescape
func store(p *uint32, v uint32)

// ticks pauses for a moment and reads a counter that rises at a constant rate. The clock of the
// vDSO is no alternative: it may turn to a system call.
func ticks() uint64

// spinLimit is the time that spin waits, in ticks: half a minute on arm64, where
// the rate is known, half a minute to two minutes on amd64, where it is that of
// the processor's clock. Only a parent that was killed before its Spin.Guard lets it
// pass.
func spinLimit() int64

// pointer turns an address inside the arena back into a pointer. The
// indirection tells vet what the interpreter's contract says: the arena does
// not move and outlives the child's use of it.
//
//go:nosplit
//go:norace
func pointer(addr uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&addr)) }
