// Package bpf is the small part of classic BPF that seccomp(2) accepts:
// instructions, an assembler with labels, a disassembler, the kernel's checks, an
// interpreter, and the function that a program computes, for proofs ([Symbolic]).
//
// # Model
//
// A filter is an array of at most [MaxInstructions] 8-byte instructions that
// runs once per system call. It reads struct seccomp_data ([Data]) in words of
// 32 bits, compares, jumps forwards only, and ends by returning a 32-bit value:
// the action in the upper half, its data in the lower. The machine has an
// accumulator A, an index register X and 16 words of scratch memory.
//
//	var a bpf.Assembler
//	deny, allow := a.NewLabel(), a.NewLabel()
//	a.Load(bpf.OffNr)
//	a.JumpIf(bpf.JEQ, 59, allow, deny)
//	a.Bind(deny)
//	a.Ret(0x80000000)
//	a.Bind(allow)
//	a.Ret(0x7fff0000)
//	prog, err := a.Assemble()
//
// An instruction of golang.org/x/net/bpf converts: bpf.Instruction(raw).
//
// [NewVM] applies the checks of the kernel (net/core/filter.c,
// kernel/seccomp.c), so that a program which runs here also loads there.
//
// # Limits
//
// The interpreter is an oracle for tests and tools; it is not fast. Packet
// access and BPF_MOD, which seccomp refuses, are refused here too.
//
// struct seccomp_data has the byte order of the machine. Where it matters, in the
// halves of the 64-bit words, the order follows from the AUDIT_ARCH value
// ([Data]), so that filters for other machines can be made, run and listed here.
package bpf

import (
	"encoding/binary"
	"unsafe"
)

// MaxInstructions is BPF_MAXINSNS, the kernel's limit for one filter.
const MaxInstructions = 4096

// Instruction has the layout of struct sock_filter (linux/filter.h).
type Instruction struct {
	Op uint16 // class, size or operation, and mode
	Jt uint8  // instructions to skip if the condition holds
	Jf uint8  // instructions to skip otherwise
	K  uint32 // operand: constant, offset or jump distance
}

// Operation codes in the form in which seccomp programs use them
// (linux/bpf_common.h).
const (
	classMask = 0x07
	classLd   = 0x00
	classLdx  = 0x01
	classSt   = 0x02
	classStx  = 0x03
	classAlu  = 0x04
	classJmp  = 0x05
	classRet  = 0x06
	classMisc = 0x07

	srcX = 0x08 // the operand is X instead of K

	opLdAbs  = classLd | 0x20  // A = data word at offset K
	opLdLen  = classLd | 0x80  // A = sizeof(struct seccomp_data)
	opLdImm  = classLd         // A = K
	opLdMem  = classLd | 0x60  // A = M[K]
	opLdxLen = classLdx | 0x80 // X = sizeof(struct seccomp_data)
	opLdxImm = classLdx        // X = K
	opLdxMem = classLdx | 0x60 // X = M[K]
	opSt     = classSt         // M[K] = A
	opStx    = classStx        // M[K] = X
	opTax    = classMisc       // X = A
	opTxa    = classMisc | 0x80
	opRetK   = classRet
	opRetA   = classRet | 0x10

	aluAdd = classAlu
	aluSub = classAlu | 0x10
	aluMul = classAlu | 0x20
	aluDiv = classAlu | 0x30
	aluOr  = classAlu | 0x40
	aluAnd = classAlu | 0x50
	aluLsh = classAlu | 0x60
	aluRsh = classAlu | 0x70
	aluNeg = classAlu | 0x80
	aluXor = classAlu | 0xa0

	opJa = classJmp
)

// Cond is the condition of a jump that compares A with a constant, unsigned.
type Cond uint16

// Conditions.
const (
	JEQ  Cond = classJmp | 0x10 // A == K
	JGT  Cond = classJmp | 0x20 // A > K
	JGE  Cond = classJmp | 0x30 // A >= K
	JSET Cond = classJmp | 0x40 // A & K != 0
)

// Bytes returns the program as the kernel wants it in struct sock_fprog: an
// array of struct sock_filter in the byte order of this machine.
func Bytes(prog []Instruction) []byte {
	b := make([]byte, 0, len(prog)*int(unsafe.Sizeof(Instruction{})))
	for _, i := range prog {
		b = binary.NativeEndian.AppendUint16(b, i.Op)
		b = append(b, i.Jt, i.Jf)
		b = binary.NativeEndian.AppendUint32(b, i.K)
	}
	return b
}
