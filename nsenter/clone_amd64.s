#include "textflag.h"

#define SYS_clone3 435

// func cloneOnto(args *cloneArgs, size uintptr, b *boot) (pid int64)
// The child comes out of the system call on the stack of args, where the frame of this
// function is not. It calls b.entry, its first word, with b, by Go's ABIInternal: the
// argument is in AX, X15 is 0, R14 is g, which the child has not.
TEXT ·cloneOnto(SB), NOSPLIT, $0-32
	MOVQ args+0(FP), DI
	MOVQ size+8(FP), SI
	MOVQ b+16(FP), BX
	MOVQ $SYS_clone3, AX
	SYSCALL
	TESTQ AX, AX
	JEQ child
	MOVQ AX, pid+24(FP)
	RET
child:
	MOVQ BX, AX
	MOVQ (BX), BX
	XORPS X15, X15
	XORL R14, R14
	XORL BP, BP
	CALL BX
	UD2
