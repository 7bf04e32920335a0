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
