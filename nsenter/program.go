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

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// A Reg names a register. Registers hold int64 values: descriptors mostly.
type Reg uint8

// NumRegs is the number of registers. RegNone as an op's Out discards the
// result.
const (
	NumRegs     = 32
	RegNone Reg = 0xff
)

// RegSync holds the child's end of the socket pair that joins it to the
// parent, RegPeer the parent's end, which the first op of every program closes
// so that a read sees the parent's death. Start fills both in. The other
// registers are the program's.
const (
	RegSync Reg = 0
	RegPeer Reg = 1
)

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

// Offset tells where in the arena an argument made by the Builder's String,
// Bytes, Zeros or Pointers lies. It is meaningless for other arguments.
func (a Arg) Offset() uint32 { return uint32(a.value) }

// At returns the address off bytes behind a, which must be a memory argument.
func (a Arg) At(off uint32) Arg { return Arg{memory, a.value + uint64(off)} }

// Pseudo system calls: what the child must be able to do besides calling the
// kernel. Their numbers lie beyond those of any kernel.
const (
	opBase  = 1 << 16
	OpMove  = opBase + iota // Out = Args[0]
	OpJump                  // continue at Target
	OpJumpN                 // continue at Target if Args[0] is negative (as int64)
	OpCheck                 // fail with errno Args[3] unless *(u32)Args[0] & Args[1] == Args[2]
	OpDeny                  // fail with errno Args[3] if *(u32)Args[0] & Args[1] == Args[2]
	OpStore                 // *(u32)Args[0] = Args[1]
	OpFail                  // fail with errno Args[0]
	OpFork                  // go on in a new child of the parent, end this one
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
}

// Step returns what op i belongs to.
func (p *Program) Step(i int) Step { return p.steps[p.Ops[i].step] }

// Builder makes a Program. The zero value is not ready; use NewBuilder.
type Builder struct {
	p       Program
	fixups  []fixup
	labels  []int32           // label -> op index, -1 while unknown
	strings map[string]uint32 // strings that are already in the arena
}

// A Label is a place in the program to jump to, forwards only.
type Label int

type fixup struct {
	op      int
	handler int // index into on, or -1 for Target
	label   Label
}

// NewBuilder returns a Builder whose program so far only closes the parent's
// end of the socket pair.
func NewBuilder() *Builder {
	b := &Builder{strings: make(map[string]uint32, 64)}
	// Generous: memory that is never touched costs nothing, growing does.
	b.p.Ops = make([]Op, 0, 1024)
	b.p.arena = make([]byte, 8, 64<<10)
	b.p.steps = append(make([]Step, 0, 128), Step{What: "leave the parent's end of the socket pair"})
	b.Name(RegSync, "sync")
	b.Name(RegPeer, "peer")
	b.Sys(unix.SYS_CLOSE, Val(RegPeer))
	return b
}

// Step names the ops that follow: field is the path in config.json, what says
// in a few words what they do, as a format for args.
func (b *Builder) Step(field, what string, args ...any) {
	b.p.steps = append(b.p.steps, Step{field, what, args})
}

// Name gives a register the name that Describe prints.
func (b *Builder) Name(r Reg, name string) { b.p.names[r] = name }

// Call is a handle on the op added last, to refine it.
type Call struct {
	b  *Builder
	op int
}

// Sys adds a system call.
func (b *Builder) Sys(nr int, args ...Arg) Call {
	op := Op{Nr: uint32(nr), Out: RegNone, nargs: uint8(len(args)), step: uint16(len(b.p.steps) - 1)}
	for i, a := range args {
		op.Args[i] = a.value
		switch a.kind {
		case register:
			op.isReg |= 1 << i
		case memory:
			op.isMem |= 1 << i
		}
	}
	b.p.Ops = append(b.p.Ops, op)
	return Call{b, len(b.p.Ops) - 1}
}

// Into stores the result in a register.
func (c Call) Into(r Reg) Call {
	c.b.p.Ops[c.op].Out = r
	return c
}

// On continues at label when the call fails with errno.
func (c Call) On(errno uint16, l Label) Call {
	op := &c.b.p.Ops[c.op]
	for i := range op.on {
		if op.on[i].Errno == 0 {
			op.on[i].Errno = errno
			c.b.fixups = append(c.b.fixups, fixup{c.op, i, l})
			return c
		}
	}
	panic("nsenter: an op has too many error handlers")
}

// Ignore goes on with the next op when the call fails with one of errnos.
func (c Call) Ignore(errnos ...uint16) Call {
	l := c.b.NewLabel()
	c.b.labels[l] = int32(c.op + 1)
	for _, e := range errnos {
		c.On(e, l)
	}
	return c
}

// Move sets a register.
func (b *Builder) Move(r Reg, a Arg) { b.Sys(OpMove, a).Into(r) }

// Jump continues at l.
func (b *Builder) Jump(l Label) {
	b.fixups = append(b.fixups, fixup{b.Sys(OpJump).op, -1, l})
}

// JumpNegative continues at l if the register is negative.
func (b *Builder) JumpNegative(r Reg, l Label) {
	b.fixups = append(b.fixups, fixup{b.Sys(OpJumpN, Val(r)).op, -1, l})
}

// Check fails with errno unless the 32-bit word at mem, masked, equals want.
func (b *Builder) Check(mem Arg, mask, want uint32, errno uint16) Call {
	return b.Sys(OpCheck, mem, Imm(mask), Imm(want), Imm(errno))
}

// Deny fails with errno if the 32-bit word at mem, masked, equals bad.
func (b *Builder) Deny(mem Arg, mask, bad uint32, errno uint16) Call {
	return b.Sys(OpDeny, mem, Imm(mask), Imm(bad), Imm(errno))
}

// Store writes the low 32 bits of a register to mem.
func (b *Builder) Store(mem Arg, r Reg) { b.Sys(OpStore, mem, Val(r)) }

// Fail ends the program with errno.
func (b *Builder) Fail(errno uint16) { b.Sys(OpFail, Imm(errno)) }

// Fork makes the program go on in a sibling process, made by clone(2) with
// CLONE_PARENT: after a pid namespace was entered or made, only a new process
// is in it. The parent is told by mark and has to call [Child.Follow] before it
// releases the new process.
func (b *Builder) Fork(mark byte) {
	b.Sys(OpFork)
	b.Report(mark)
	b.Hold()
}

// NewLabel makes a label to be placed later by Place.
func (b *Builder) NewLabel() Label {
	b.labels = append(b.labels, -1)
	return Label(len(b.labels) - 1)
}

// Place puts a label before the op that is added next.
func (b *Builder) Place(l Label) { b.labels[l] = int32(len(b.p.Ops)) }

// String puts a NUL-terminated copy of s into the arena, once per text.
// Validation has made sure that s holds no NUL of its own.
func (b *Builder) String(s string) Arg {
	off, ok := b.strings[s]
	if !ok {
		off = uint32(len(b.p.arena))
		b.p.arena = append(append(b.p.arena, s...), 0)
		b.strings[s] = off
	}
	return Arg{memory, uint64(off)}
}

// align pads the arena to 8 bytes, as every struct and pointer needs it.
func (b *Builder) align() uint32 {
	for len(b.p.arena)%8 != 0 {
		b.p.arena = append(b.p.arena, 0)
	}
	return uint32(len(b.p.arena))
}

// Bytes puts a copy of data into the arena, aligned for any kernel struct.
func (b *Builder) Bytes(data []byte) Arg {
	off := b.align()
	b.p.arena = append(b.p.arena, data...)
	return Arg{memory, uint64(off)}
}

// Zeros reserves n bytes in the arena, aligned, for the kernel to fill.
func (b *Builder) Zeros(n int) Arg {
	off := b.align()
	b.p.arena = append(b.p.arena, make([]byte, n)...)
	return Arg{memory, uint64(off)}
}

// Words puts 64-bit words into the arena; memory arguments among them become
// pointers when the program starts.
func (b *Builder) Words(words ...Arg) Arg {
	off := b.align()
	for _, w := range words {
		if w.kind == memory {
			b.p.relocs = append(b.p.relocs, uint32(len(b.p.arena)))
		}
		b.p.arena = binary.NativeEndian.AppendUint64(b.p.arena, w.value)
	}
	return Arg{memory, uint64(off)}
}

// Program resolves the labels and returns the result. It panics on a label
// that was never placed or that lies behind its jump: programs only run
// forwards, so that every one of them ends.
func (b *Builder) Program() *Program {
	if len(b.p.Ops) > AnyErrno || len(b.p.steps) > AnyErrno {
		panic("nsenter: program too long")
	}
	for _, f := range b.fixups {
		to := b.labels[f.label]
		if to <= int32(f.op) {
			panic("nsenter: label not placed, or placed before its jump")
		}
		if f.handler < 0 {
			b.p.Ops[f.op].Target = uint16(to)
		} else {
			b.p.Ops[f.op].on[f.handler].Target = uint16(to)
		}
	}
	b.fixups = nil
	return &b.p
}
