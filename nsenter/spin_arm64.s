#include "textflag.h"

// func ticks() uint64
TEXT ·ticks(SB), NOSPLIT, $0-8
	YIELD
	MRS  CNTVCT_EL0, R0
	MOVD R0, ret+0(FP)
	RET

// func spinLimit() int64
// The counter's rate, which the kernel lets programs read, times 30 s.
TEXT ·spinLimit(SB), NOSPLIT, $0-8
	MRS  CNTFRQ_EL0, R0
	MOVD $30, R1
	MUL  R1, R0, R0
	MOVD R0, ret+0(FP)
	RET

// func load(p *uint32) uint32
TEXT ·load(SB), NOSPLIT, $0-12
	MOVD  p+0(FP), R0
	LDARW (R0), R0
	MOVW  R0, ret+8(FP)
	RET

// func store(p *uint32, v uint32)
TEXT ·store(SB), NOSPLIT, $0-12
	MOVD  p+0(FP), R0
	MOVW  v+8(FP), R1
	STLRW R1, (R0)
	RET
