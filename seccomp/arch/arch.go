package arch

import "golang.org/x/sys/unix"

// X32Bit marks the numbers of x32 calls, which arrive with the AUDIT_ARCH
// value of x86_64 (__X32_SYSCALL_BIT in asm/unistd.h).
const X32Bit = 0x40000000

// none stands in a table for "this architecture has no such call". It is also
// the number that ptrace(2) uses for "no call", so it can never be a real one.
const none = 1<<32 - 1

// Arch is one system call ABI.
type Arch struct {
	// Scmp is the name in OCI profiles, for example "SCMP_ARCH_X86_64".
	Scmp string
	// Audit is the value of seccomp_data.arch, AUDIT_ARCH_* of linux/audit.h.
	Audit uint32
	// Bits is the width in which arguments are compared, 32 or 64. The upper
	// halves that a 32-bit caller leaves in seccomp_data.args mean nothing.
	Bits int
	// Max is the largest number in the table.
	Max uint32

	numbers *[nameCount]uint32
}

// All returns the tabled architectures. The slice must not be changed.
func All() []Arch { return all[:] }

// Lookup returns the architecture with the OCI name scmp, or nil.
func Lookup(scmp string) *Arch {
	for i := range all {
		if all[i].Scmp == scmp {
			return &all[i]
		}
	}
	return nil
}

// ByCall returns the architecture to which a call with this AUDIT_ARCH value
// and number belongs, or nil. The number matters for x86_64 and x32 only.
func ByCall(audit, nr uint32) *Arch {
	for i := range all {
		a := &all[i]
		if a.Audit == audit && (audit != unix.AUDIT_ARCH_X86_64 || a.IsX32() == (nr >= X32Bit)) {
			return a
		}
	}
	return nil
}

// IsX32 says whether the architecture is the half of AUDIT_ARCH_X86_64 whose
// numbers start at [X32Bit].
func (a *Arch) IsX32() bool { return a.Scmp == "SCMP_ARCH_X32" }

// HasMux says whether socket and System V IPC calls can also be made through
// socketcall(2) and ipc(2) here; see [Mux].
func (a *Arch) HasMux() bool { return a.Audit == unix.AUDIT_ARCH_I386 }

// Number returns the number of the named call. The numbers of x32 include
// [X32Bit].
func (a *Arch) Number(name string) (nr uint32, ok bool) {
	id, ok := Find(name)
	if !ok {
		return 0, false
	}
	return a.NumberOf(id)
}

// NumberOf is [Arch.Number] for a name that [Find] has found.
func (a *Arch) NumberOf(id ID) (nr uint32, ok bool) {
	nr = a.numbers[id]
	return nr, nr != none
}

// Name returns the name of the call with this number, or "". It searches the
// whole table: it is meant for people, not for inner loops.
func (a *Arch) Name(nr uint32) string {
	if nr == none {
		return ""
	}
	for id, n := range a.numbers {
		if n == nr {
			return ID(id).String()
		}
	}
	return ""
}
