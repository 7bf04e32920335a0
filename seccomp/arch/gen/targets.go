package main

import (
	"fmt"
	"strings"
)

// target is one architecture that gets a table.
type target struct {
	scmp  string // suffix of SCMP_ARCH_
	goos  string // suffix of zsysnum_linux_*.go
	audit string // suffix of unix.AUDIT_ARCH_
	bits  int
	base  uint32                  // what the numbers count from
	mux   bool                    // it has socketcall(2) and ipc(2), and libseccomp uses them
	fix   func(map[string]uint32) // corrections, or nil
}

// targets are the architectures of the OCI specification that x/sys has numbers
// of, the most common ones first. The two byte orders of one architecture have
// equal numbers; they share one table.
var targets = []target{
	{"X86_64", "amd64", "X86_64", 64, 0, false, nil},
	{"X86", "386", "I386", 32, 0, true, nil},
	{"X32", "amd64", "X86_64", 32, x32Bit, false, x32},
	{"AARCH64", "arm64", "AARCH64", 64, 0, false, nil},
	{"ARM", "arm", "ARM", 32, 0, false, armPrivate},
	{"RISCV64", "riscv64", "RISCV64", 64, 0, false, nil},
	{"LOONGARCH64", "loong64", "LOONGARCH64", 64, 0, false, nil},
	{"PPC64LE", "ppc64le", "PPC64LE", 64, 0, true, nil},
	{"PPC64", "ppc64", "PPC64", 64, 0, true, nil},
	{"PPC", "ppc", "PPC", 32, 0, true, nil},
	{"S390X", "s390x", "S390X", 64, 0, true, nil},
	{"MIPSEL64", "mips64le", "MIPSEL64", 64, 5000, false, nil},
	{"MIPS64", "mips64", "MIPS64", 64, 5000, false, nil},
	{"MIPSEL", "mipsle", "MIPSEL", 32, 4000, true, nil},
	{"MIPS", "mips", "MIPS", 32, 4000, true, nil},
}

// pseudo says whether a constant of zsysnum_linux_*.go is not a call: a
// reserved slot of mips, the start of an architecture's own block, arm's mask.
func pseudo(name string) bool {
	return name == "arch_specific_syscall" || name == "syscall_mask" ||
		strings.HasPrefix(name, "reserved") || strings.HasPrefix(name, "unused")
}

// armBase is __ARM_NR_BASE: arm's private calls are not among the others.
const armBase = 0x0f0000

// armPrivate adds the calls of asm/unistd.h that x/sys does not list.
func armPrivate(t map[string]uint32) {
	for i, name := range []string{"breakpoint", "cacheflush", "usr26", "usr32", "set_tls", "get_tls"} {
		t[name] = armBase + 1 + uint32(i)
	}
}

// A table stores a number in 16 bits: the distance from the architecture's base,
// a private number of arm, or none. Package arch has the same constants.
const (
	none    = 1<<16 - 1
	private = 0xff00
)

// encode returns a number as a table of the target stores it.
func (t *target) encode(nr uint32) (uint16, error) {
	switch {
	case nr >= armBase && nr < armBase+none-private && t.base == 0:
		return uint16(private + nr - armBase), nil
	case nr >= t.base && nr-t.base < private:
		return uint16(nr - t.base), nil
	}
	return 0, fmt.Errorf("%s: number %d does not fit into a table from %d on", t.scmp, nr, t.base)
}

const x32Bit = 0x40000000

// x32 turns the amd64 table into that of x32 (asm/unistd_x32.h).
func x32(t map[string]uint32) {
	for _, name := range []string{
		"_sysctl", "create_module", "epoll_ctl_old", "epoll_wait_old", "get_kernel_syms", "get_thread_area",
		"nfsservctl", "query_module", "set_thread_area", "uselib", "vserver",
		"map_shadow_stack", // "64" in the kernel's table, not "common"
	} {
		delete(t, name)
	}
	// Calls whose structures differ from amd64's got numbers of their own,
	// in this order, from 512 on.
	for i, name := range []string{
		"rt_sigaction", "rt_sigreturn", "ioctl", "readv", "writev", "recvfrom", "sendmsg", "recvmsg", "execve",
		"ptrace", "rt_sigpending", "rt_sigtimedwait", "rt_sigqueueinfo", "sigaltstack", "timer_create",
		"mq_notify", "kexec_load", "waitid", "set_robust_list", "get_robust_list", "vmsplice", "move_pages",
		"preadv", "pwritev", "rt_tgsigqueueinfo", "recvmmsg", "sendmmsg", "process_vm_readv",
		"process_vm_writev", "setsockopt", "getsockopt", "io_setup", "io_submit", "execveat", "preadv2", "pwritev2",
	} {
		t[name] = 512 + uint32(i)
	}
	for name := range t {
		t[name] |= x32Bit
	}
}
