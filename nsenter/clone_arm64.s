#include "textflag.h"

#define SYS_clone3 435

// func cloneOnto(args *cloneArgs, size uintptr, b *boot) (pid int64)
// The child comes out of the system call on the stack of args, where the frame of this
// function is not. It calls b.entry, its first word, with b, by Go's ABIInternal: the
// argument is in R0, g (R28), which the child has not, is 0.
TEXT ·cloneOnto(SB), NOSPLIT, $0-32
	MOVD args+0(FP), R0
	MOVD size+8(FP), R1
	MOVD b+16(FP), R19
	MOVD $SYS_clone3, R8
	SVC
	CBZ  R0, child
	MOVD R0, pid+24(FP)
	RET
child:
	MOVD R19, R0
	MOVD (R19), R19
	MOVD ZR, g
	MOVD ZR, R29
	CALL (R19)
	BRK
