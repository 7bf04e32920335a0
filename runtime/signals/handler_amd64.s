#include "textflag.h"

// The kernel calls handler(sig, info, context) in the C calling convention, on
// the thread's signal stack, with all signals blocked. Every register is put
// back by sigreturn.
//
//	pending |= 1 << (sig & 63)
//	if target >= 0 { pidfd_send_signal(target, sig, NULL, 0) }
TEXT ·handler(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVL	DI, SI
	MOVL	DI, CX
	MOVQ	$1, AX
	SHLQ	CX, AX
	LOCK
	ORQ	AX, ·pending(SB)
	MOVLQSX	·target(SB), DI
	TESTL	DI, DI
	JLT	done
	XORL	DX, DX
	XORL	R10, R10
	MOVL	$424, AX
	SYSCALL
done:
	RET

// restorer is where handler returns to: rt_sigreturn(2), which does not return.
TEXT ·restorer(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVL	$15, AX
	SYSCALL
	INT	$3

DATA	·handlerPC+0(SB)/8, $·handler(SB)
GLOBL	·handlerPC(SB), RODATA|NOPTR, $8
DATA	·restorerPC+0(SB)/8, $·restorer(SB)
GLOBL	·restorerPC(SB), RODATA|NOPTR, $8
