#include "textflag.h"

// runseal_entry is the first instruction of the process when the program is
// linked with -E runseal_entry (the Makefile does; a plain go build starts at
// Go's own entry). It does what selfexe.Protect does in the ordinary case, before the
// Go runtime exists: that saves starting the runtime twice, 2 ms. Whatever goes wrong,
// or is not ordinary, is left to Protect. Then, from start on, it makes the runtime's
// start shorter. The last jump always leads to Go's entry, with the stack as the kernel
// made it but for one variable of the environment; what else is other than the caller
// gave it, package inherited puts back.
//
// On entry SP points to argc, argv, NULL, envp, NULL, auxv (System V ABI).
//
//	BX  the stack as the kernel made it
//	R8  envp
//	R9  1 for the subcommands run, exec and create
//	R12 descriptor of the binary
//	R13 descriptor of the clone of its mount; the size of a set of processors
//	R15 1 for the subcommand start
TEXT runseal_entry(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVQ	SP, BX
	SUBQ	$128, SP

	// Is one of argv[1...] "run", "exec" or "create"? Words are compared as
	// numbers; the strings lie on the stack with enough behind them.
	XORL	R9, R9
	XORL	R15, R15
	LEAQ	16(BX), SI
argument:
	MOVQ	(SI), DI
	ADDQ	$8, SI
	TESTQ	DI, DI
	JZ	arguments_end
	MOVL	(DI), AX
	CMPL	AX, $0x006e7572	// "run\0"
	JEQ	found
	CMPL	AX, $0x63657865	// "exec"
	JEQ	exec
	CMPL	AX, $0x72617473	// "star"
	JEQ	starts
	CMPL	AX, $0x61657263	// "crea"
	JNE	argument
	MOVL	4(DI), AX
	ANDL	$0x00ffffff, AX
	CMPL	AX, $0x00006574	// "te\0"
	JEQ	found
	JMP	argument
starts:
	MOVL	$1, R15
	JMP	argument
exec:
	CMPB	4(DI), $0
	JNE	argument
found:
	MOVL	$1, R9
	JMP	argument
arguments_end:
	TESTL	R9, R9
	JZ	start
	MOVQ	SI, R8

	// Executed by descriptor before, that is by ourselves? The kernel then
	// gives "/dev/fd/N" as the file's name (AT_EXECFN, 31).
environment:
	MOVQ	(SI), AX
	ADDQ	$8, SI
	TESTQ	AX, AX
	JNZ	environment
auxiliary:
	MOVQ	(SI), AX
	MOVQ	8(SI), DI
	ADDQ	$16, SI
	TESTQ	AX, AX
	JZ	check
	CMPQ	AX, $31
	JNE	auxiliary
	MOVQ	$0x2f64662f7665642f, AX	// "/dev/fd/"
	CMPQ	AX, (DI)
	JEQ	start

check:
	// open("/proc/self/exe", O_RDONLY|O_CLOEXEC)
	LEAQ	runseal_exe<>(SB), DI
	MOVL	$0x80000, SI
	MOVL	$2, AX
	SYSCALL
	TESTQ	AX, AX
	JLT	start
	MOVQ	AX, R12

	// fstatfs: on a read-only mount (f_flags, ST_RDONLY) all is well.
	MOVQ	R12, DI
	MOVQ	SP, SI
	MOVL	$138, AX
	SYSCALL
	TESTQ	AX, AX
	JNE	close
	MOVQ	80(SP), AX
	TESTQ	$1, AX
	JNE	close

	// open_tree(exe, "", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_EMPTY_PATH)
	MOVQ	R12, DI
	LEAQ	runseal_empty<>(SB), SI
	MOVL	$0x81001, DX
	MOVL	$428, AX
	SYSCALL
	TESTQ	AX, AX
	JLT	close
	MOVQ	AX, R13

	// mount_setattr(clone, "", AT_EMPTY_PATH, {MOUNT_ATTR_RDONLY}, 32)
	MOVQ	$1, 0(SP)
	MOVQ	$0, 8(SP)
	MOVQ	$0, 16(SP)
	MOVQ	$0, 24(SP)
	MOVQ	R13, DI
	LEAQ	runseal_empty<>(SB), SI
	MOVL	$0x1000, DX
	MOVQ	SP, R10
	PUSHQ	R8
	MOVL	$32, R8
	MOVL	$442, AX
	SYSCALL
	POPQ	R8
	TESTQ	AX, AX
	JNE	close_clone

	// execveat(clone, "", argv, envp, AT_EMPTY_PATH)
	MOVQ	R13, DI
	LEAQ	runseal_empty<>(SB), SI
	LEAQ	8(BX), DX
	MOVQ	R8, R10
	MOVL	$0x1000, R8
	MOVL	$322, AX
	SYSCALL

close_clone:
	MOVQ	R13, DI
	MOVL	$3, AX
	SYSCALL
close:
	MOVQ	R12, DI
	MOVL	$3, AX
	SYSCALL
start:
	// The Go runtime takes a sample of its very first allocation for the memory
	// profile, before it finds out that nobody wants one. For that it walks
	// the stack, and reads tables all over the binary: 0.4 MB of memory.
	MOVQ	·memProfileRate(SB), AX
	MOVQ	$0, (AX)

	// Its monitoring thread, the first that it starts, sleeps 20 µs at a time while
	// anything runs: dozens of interrupts for the life of one command. How much
	// later the kernel may wake it, it inherits from this thread, 50 µs mostly.
	MOVL	$30, DI		// PR_GET_TIMERSLACK
	MOVL	$157, AX
	SYSCALL
	TESTQ	AX, AX
	JLE	processor
	MOVQ	AX, ·TimerSlack(SB)
	MOVL	$29, DI		// PR_SET_TIMERSLACK
	MOVL	$5000000, SI
	MOVL	$157, AX
	SYSCALL

processor:
	// It starts two threads all the same, and has them do something for a few
	// instructions at a time, for which a processor that sleeps would be woken each
	// time. So all stay on this one, and a hook of delete gets all of them back. Not so
	// where a process is to be made or waited for: on a machine with more to do the
	// new process, which may run anywhere, was seen to stand still for seconds.
	ORL	R9, R15
	JNZ	limit
	XORL	DI, DI
	MOVL	$1024, SI
	LEAQ	·Affinity(SB), DX
	MOVL	$204, AX	// sched_getaffinity
	SYSCALL
	TESTQ	AX, AX
	JLE	limit
	MOVQ	AX, R13		// its size in bytes
	MOVQ	SP, DI
	XORL	SI, SI
	XORL	DX, DX
	MOVL	$309, AX	// getcpu
	SYSCALL
	TESTQ	AX, AX
	JNE	limit
	MOVL	0(SP), CX
	BTSQ	CX, ·oneProcessor(SB)
	XORL	DI, DI
	MOVQ	R13, SI
	LEAQ	·oneProcessor(SB), DX
	MOVL	$203, AX	// sched_setaffinity
	SYSCALL
	TESTQ	AX, AX
	JNE	limit
	MOVQ	R13, ·AffinitySize(SB)

limit:
	// To find out how many processors the cgroup allows it reads /proc/self/cgroup
	// and /proc/self/mountinfo, whose every line costs, even where it is told not
	// to heed that (containermaxprocs=0). With three descriptors at most there is
	// none to read them by, but one for each standard stream that is closed, which
	// it opens /dev/null for. Package syscall raises the limit before main.
	XORL	DI, DI
	MOVL	$7, SI		// RLIMIT_NOFILE
	XORL	DX, DX
	LEAQ	·FileLimit(SB), R10
	MOVL	$302, AX	// prlimit64
	SYSCALL
	TESTQ	AX, AX
	JNE	processors
	CMPQ	·FileLimit(SB), $3
	JLS	processors
	MOVQ	$3, 0(SP)
	MOVQ	·FileLimit+8(SB), AX
	MOVQ	AX, 8(SP)
	MOVL	$7, SI
	MOVQ	SP, DX
	XORL	R10, R10
	MOVL	$302, AX
	SYSCALL

processors:
	// For each processor of the machine, up to GOMAXPROCS, it makes a scheduler's
	// context and a cache: 1.2 ms and 0.5 MB on 64. And for each goroutine of its own
	// it starts a thread while there is a context without one. Two are used by
	// what serves a process and its terminal, one by all else. So GOMAXPROCS=02 or
	// 01 becomes the last variable of the environment; the first of a name counts.
	// The words from argc to the end of auxv are copied below themselves with one
	// more in the middle.
	LEAQ	runseal_one<>(SB), R11
	LEAQ	runseal_two<>(SB), AX
	TESTL	R9, R9
	CMOVQNE	AX, R11
	MOVQ	(BX), CX
	LEAQ	16(BX)(CX*8), SI
variable:
	MOVQ	(SI), AX
	ADDQ	$8, SI
	TESTQ	AX, AX
	JNZ	variable
	LEAQ	-8(SI), R9	// the NULL behind envp
vector:
	MOVQ	(SI), AX
	ADDQ	$16, SI
	TESTQ	AX, AX
	JNZ	vector
	MOVQ	SI, R10		// the end of auxv
	MOVQ	BX, DI
	SUBQ	R10, DI
	LEAQ	-8(BX)(DI*1), DI
	ANDQ	$~15, DI
	MOVQ	DI, SP
	MOVQ	BX, SI
	MOVQ	R9, CX
	SUBQ	BX, CX
	SHRQ	$3, CX
	CLD
	REP; MOVSQ
	MOVQ	R11, (DI)
	ADDQ	$8, DI
	MOVQ	R10, CX
	SUBQ	R9, CX
	SHRQ	$3, CX
	REP; MOVSQ
	JMP	_rt0_amd64_linux(SB)

DATA	runseal_exe<>+0(SB)/8, $"/proc/se"
DATA	runseal_exe<>+8(SB)/8, $"lf/exe\x00\x00"
GLOBL	runseal_exe<>(SB), RODATA|NOPTR, $16
DATA	runseal_one<>+0(SB)/8, $"GOMAXPRO"
DATA	runseal_one<>+8(SB)/8, $"CS=01\x00\x00\x00"
GLOBL	runseal_one<>(SB), RODATA|NOPTR, $16
DATA	runseal_two<>+0(SB)/8, $"GOMAXPRO"
DATA	runseal_two<>+8(SB)/8, $"CS=02\x00\x00\x00"
GLOBL	runseal_two<>(SB), RODATA|NOPTR, $16
DATA	runseal_empty<>+0(SB)/8, $0
GLOBL	runseal_empty<>(SB), RODATA|NOPTR, $8
