// Package arch knows the architectures (ABIs) that a seccomp filter can tell
// apart, and the number of every system call in each of them.
//
// # Model
//
// The kernel hands a filter two facts about a call: an AUDIT_ARCH value, which
// says by which entry point the call came in, and a number. The same program
// on one x86-64 kernel can use three tables: x86_64 (syscall), x86 (int 0x80)
// and x32 (syscall with bit 30 of the number set). x86_64 and x32 share one
// AUDIT_ARCH value; only [X32Bit] separates them.
//
// An [Arch] is one such table. Names are spelled as in the kernel
// ("openat", "_newselect"); architectures as in the OCI runtime specification
// ("SCMP_ARCH_X86_64").
//
//	a := arch.Lookup("SCMP_ARCH_X86_64")
//	nr, ok := a.Number("openat") // 257, true
//	name := a.Name(257)          // "openat"
//
// Numbers do not start at 0 everywhere: those of mips o32 count from 4000, of
// mips n64 from 5000, of x32 from [X32Bit] ([Arch.Base]). All calls are
//
//	for nr := a.Base; nr <= a.Max; nr++ {
//		if name := a.Name(nr); name != "" {
//			...
//		}
//	}
//
// # Tables
//
// ztables.go is generated (go generate) from the zsysnum_linux_*.go files of
// golang.org/x/sys, whose version is [Source]. All names of all architectures
// form one sorted string; a table is an array of numbers in the order of the
// names, 16 bits each. Nothing is computed at start-up, and one search of the name
// serves every architecture ([Find]). To add an architecture add its line to the
// list in gen/targets.go.
//
// Two more facts about calls: which can also be made through a multiplexer
// ([Arch.Mux]), and which arguments the kernel takes in 32 bits ([IntArgs]).
//
// # Limits
//
// 15 of the 23 architectures of the OCI specification have a table; [Untabled]
// knows the others. Names of further Linux architectures that x/sys lists (sparc)
// are known ([Find] succeeds) but have no number anywhere.
package arch

//go:generate go run ./gen
