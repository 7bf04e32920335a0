package nsenter

import (
	"encoding/binary"
	"fmt"
)

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

// NewBuilder returns a Builder whose program so far only closes what it was not
// meant to inherit: the descriptors of the Go runtime, of the parent (its end of
// the socket pair among them, so that a read sees its death), and what the
// parent's caller leaked. It comes first because everything that follows may
// resolve paths that somebody in the container has made, such as
// /proc/self/fd/7/x: what is open could be walked through until execve.
func NewBuilder() *Builder {
	b := &Builder{strings: make(map[string]uint32, 64)}
	// Generous: memory that is never touched costs nothing, growing does.
	b.p.Ops = make([]Op, 0, 1024)
	b.p.arena = make([]byte, 8, 64<<10)
	b.p.steps = append(make([]Step, 0, 128), Step{What: "close what the parent did not mean to pass on"})
	b.Name(RegSync, "sync")
	b.Sys(OpAlone)
	return b
}

// Step names the ops that follow: field is the path in config.json, what says
// in a few words what they do, as a format for args.
func (b *Builder) Step(field, what string, args ...any) {
	b.p.steps = append(b.p.steps, Step{field, what, args})
}

// Parent says what the parent does before the op that is added next, for Describe: a
// call that only it may make, and that the child waits for. What is as in [Builder.Step].
func (b *Builder) Parent(field, what string, args ...any) {
	b.p.others = append(b.p.others, other{len(b.p.Ops), Step{field, what, args}})
}

// Name gives a register the name that Describe prints.
func (b *Builder) Name(r Reg, name string) { b.p.names[r] = name }

// Current returns the step that ops are being added to.
func (b *Builder) Current() Step { return b.p.steps[len(b.p.steps)-1] }

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

// Load sets a register to the 32-bit word at mem.
func (b *Builder) Load(r Reg, mem Arg) { b.Sys(OpLoad, mem).Into(r) }

// Keep ors the flag bits into r if the 32-bit word at mem, masked, equals want.
func (b *Builder) Keep(r Reg, mem Arg, mask, want uint32, bits uint64) {
	b.Sys(OpKeep, mem, Imm(mask), Imm(want), Imm(bits)).Into(r)
}

// Decimal returns a string that, when the program comes here, becomes the decimal
// number in r, a descriptor. Describe prints it as text.
func (b *Builder) Decimal(r Reg, text string) Arg {
	if len(text) >= decimalSize {
		panic("nsenter: the text for a decimal number is too long")
	}
	at := b.Bytes(append(make([]byte, 0, decimalSize), text...)[:decimalSize])
	b.Sys(OpDecimal, at, Val(r))
	return at
}

// Cloexec makes all descriptors from first on close at execve, without
// CLOSE_RANGE_CLOEXEC of close_range(2), which is Linux 5.11.
func (b *Builder) Cloexec(first int) { b.Sys(OpCloexec, Imm(first)) }

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

// Spin makes the child wait until the parent calls [Spin.Release], without a
// system call: a filter that is in force may forbid any. It uses up a processor
// meanwhile and is for moments. A child that waits for minutes has no parent any
// more; it ends itself.
func (b *Builder) Spin() { b.Sys(OpSpin) }

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
// forwards, so that every one of them ends. The error is about a program of
// more than 65,534 ops; it names the field that most of them are for.
func (b *Builder) Program() (*Program, error) {
	if len(b.p.Ops) >= AnyErrno || len(b.p.steps) >= AnyErrno {
		return nil, b.tooLong()
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
	return &b.p, nil
}

func (b *Builder) tooLong() error {
	count := make(map[string]int)
	most := ""
	for i := range b.p.Ops {
		// step is 16 bits wide; beyond that it has wrapped around, which
		// does not matter for a count.
		f := b.p.Step(i).Field
		if count[f]++; count[f] > count[most] {
			most = f
		}
	}
	return fmt.Errorf("%s: needs %d of %d system calls, expected at most %d in all", most, count[most], len(b.p.Ops), AnyErrno-1)
}
