// Package nsenter runs a program of system calls in a forked child.
//
// Setting up a container is a list of system calls that must happen in the
// container's own namespaces, in a process that has one thread and that in the
// end becomes the container's process. Go cannot run there: its runtime is
// multi-threaded, and starting a second copy of it costs more than everything
// else together. So the list is prepared as data, before the fork:
//
//	b := nsenter.NewBuilder()
//	b.Step("hostname", "set the hostname")
//	b.Sys(unix.SYS_SETHOSTNAME, b.String("box"), nsenter.Imm(3))
//	...
//	child, err := nsenter.Start(b.Program(), nsenter.Clone{Flags: unix.CLONE_NEWUTS})
//
// Start forks once. The child is one loop over the ops (interp_unsafe.go) and never
// returns to Go. What it knows of the world are its registers: they live in a
// page shared with the parent, next to the place where a failed op leaves its
// index and errno. The parent turns these into an [OpError] that carries the
// step's words and its config.json field.
//
// A Program is plain data. It can be built without privileges, compared,
// printed ([Program.Describe]) and tested.
//
// Limits: amd64 and arm64, Linux 5.10 or newer. The child shares nothing but
// the page and its descriptors with the parent; a Program is not hardened
// against whoever builds it.
package nsenter

import "fmt"

// A Reg names a register. Registers hold int64 values: descriptors mostly.
type Reg uint8

// NumRegs is the number of registers. RegNone as an op's Out discards the
// result.
const (
	NumRegs     = 32
	RegNone Reg = 0xff
)

// RegSync holds the child's end of the socket pair that joins it to the
// parent; Start fills it in. The other registers are the program's.
const RegSync Reg = 0

// Arg is one argument of an op: a constant, the value of a register, or the
// address of something in the program's arena.
type Arg struct {
	kind  argKind
	value uint64
}

type argKind uint8

const (
	immediate argKind = iota
	register
	memory
)

// Imm is a constant argument. Negative numbers (AT_FDCWD) are sign-extended.
func Imm[T ~int | ~int32 | ~int64 | ~uint | ~uint32 | ~uint64 | ~uint16 | ~uint8](v T) Arg {
	return Arg{immediate, uint64(v)}
}

// Val is the value of a register at the time the op runs.
func Val(r Reg) Arg { return Arg{register, uint64(r)} }

// At returns the address off bytes behind a, which must be a memory argument.
func (a Arg) At(off uint32) Arg { return Arg{memory, a.value + uint64(off)} }

// Pseudo system calls: what the child must be able to do besides calling the
// kernel. Their numbers lie beyond those of any kernel.
const (
	opBase    = 1 << 16
	OpMove    = opBase + iota // Out = Args[0]
	OpJump                    // continue at Target
	OpJumpN                   // continue at Target if Args[0] is negative (as int64)
	OpCheck                   // fail with errno Args[3] unless *(u32)Args[0] & Args[1] == Args[2]
	OpDeny                    // fail with errno Args[3] if *(u32)Args[0] & Args[1] == Args[2]
	OpStore                   // *(u32)Args[0] = Args[1]
	OpFail                    // fail with errno Args[0]
	OpAlone                   // close all descriptors that the parent did not mean to pass on
	OpFork                    // go on in a new child of the parent, end this one
	OpSpin                    // wait for the parent without a system call
	OpKeep                    // Out |= Args[3] if *(u32)Args[0] & Args[1] == Args[2]
	OpDecimal                 // write Args[1] as decimal digits and a NUL to Args[0]
	OpCloexec                 // set close-on-exec on all descriptors from Args[0] on
	OpLoad                    // Out = *(u32)Args[0]
)

// AnyErrno in a handler matches every errno.
const AnyErrno = 0xffff

// Handler says where to go on when an op fails with Errno (0: unused).
type Handler struct {
	Errno  uint16
	Target uint16
}

// maxHandlers is how many errnos one op can tell apart.
const maxHandlers = 4

// Op is one system call, ready to be made.
type Op struct {
	Nr     uint32    // system call number, or one of the Op constants
	Out    Reg       // takes the result
	isReg  uint8     // bit i: Args[i] is a register's number
	isMem  uint8     // bit i: Args[i] is an offset into the arena
	nargs  uint8     // for people: how many arguments were given
	step   uint16    // index into Program.steps
	Target uint16    // of OpJump and OpJumpN
	Args   [6]uint64 // constants, register numbers or offsets
	on     [maxHandlers]Handler
}

// Step is what people read about a run of ops.
type Step struct {
	Field string // path in config.json that asked for it; "" if nothing in it did
	What  string // "mount %s on %q": what is done, with verbs for Args
	Args  []any
}

// String is What with its arguments. They are put in only when somebody wants
// to read them: formatting hundreds of steps costs more than executing them.
func (s Step) String() string {
	if len(s.Args) == 0 {
		return s.What
	}
	return fmt.Sprintf(s.What, s.Args...)
}

// Program is a list of ops with the memory that they point into.
type Program struct {
	Ops    []Op
	steps  []Step
	arena  []byte
	relocs []uint32 // offsets in arena of 64-bit words that hold offsets to become addresses
	names  [NumRegs]string
	others []other // what the parent does meanwhile
}

// other is something that the parent does while the child waits for it.
type other struct {
	op int // the op it comes before
	Step
}

// Step returns what op i belongs to.
func (p *Program) Step(i int) Step { return p.steps[p.Ops[i].step] }
