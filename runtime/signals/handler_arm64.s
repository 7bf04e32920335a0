#include "textflag.h"

// The kernel calls handler(sig, info, context) in the C calling convention, on
// the thread's signal stack, with all signals blocked. Every register is put
// back by sigreturn, to which the link register leads.
//
//	pending |= 1 << (sig & 63)
//	if target >= 0 { pidfd_send_signal(target, sig, NULL, 0) }
TEXT ·handler(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVW	R0, R1
	MOVD	$1, R2
	LSL	R0, R2, R2
	MOVD	$·pending(SB), R3
again:
	LDAXR	(R3), R4
	ORR	R2, R4, R4
	STLXR	R4, (R3), R5
	CBNZ	R5, again
	MOVD	$·target(SB), R3
	LDARW	(R3), R0
	SXTW	R0, R0
	CMP	$0, R0
	BLT	done
	MOVD	ZR, R2
	MOVD	ZR, R3
	MOVD	$424, R8
	SVC
done:
	RET

DATA	·handlerPC+0(SB)/8, $·handler(SB)
GLOBL	·handlerPC(SB), RODATA|NOPTR, $8
DATA	·restorerPC+0(SB)/8, $0
GLOBL	·restorerPC(SB), RODATA|NOPTR, $8
