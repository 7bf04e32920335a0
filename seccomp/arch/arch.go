package arch

import "golang.org/x/sys/unix"

// X32Bit marks the numbers of x32 calls, which arrive with the AUDIT_ARCH
// value of x86_64 (__X32_SYSCALL_BIT in asm/unistd.h).
const X32Bit = 0x40000000

// How a table stores a number: the distance from [Arch.Base], or one of arm's
// private calls (from 0xf0000 on, __ARM_NR_BASE in asm/unistd.h), or none.
const (
	none        = 1<<16 - 1
	private     = 0xff00
	privateBase = 0xf0000
)

// Arch is one system call ABI.
type Arch struct {
	// Scmp is the name in OCI profiles, for example "SCMP_ARCH_X86_64".
	Scmp string
	// Audit is the value of seccomp_data.arch, AUDIT_ARCH_* of linux/audit.h.
	// It also tells the byte order; see [BigEndian].
	Audit uint32
	// Bits is the width in which arguments are compared, 32 or 64. The upper
	// halves that a 32-bit caller leaves in seccomp_data.args mean nothing.
	Bits int
	// Base is what the numbers count from: 0, 4000 (mips o32), 5000 (mips
	// n64) or [X32Bit]. No call has a smaller number.
	Base uint32
	// Dense is the largest number of the block that starts at Base. Only
	// arm's six private calls lie beyond it.
	Dense uint32
	// Max is the largest number in the table.
	Max uint32

	mux     bool
	numbers *[nameCount]uint16
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

// auditLittle is __AUDIT_ARCH_LE of linux/audit.h.
const auditLittle = 0x40000000

// BigEndian says whether callers with this AUDIT_ARCH value store the upper half
// of a 64-bit word first. A kernel runs programs of its own byte order only, so
// that this is also the order of its struct seccomp_data.
func BigEndian(audit uint32) bool { return audit&auditLittle == 0 }

// BigEndian says whether the architecture is big-endian.
func (a *Arch) BigEndian() bool { return BigEndian(a.Audit) }

// IsX32 says whether the architecture is the half of AUDIT_ARCH_X86_64 whose
// numbers start at [X32Bit].
func (a *Arch) IsX32() bool { return a.Scmp == "SCMP_ARCH_X32" }

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
	n := a.numbers[id]
	if n >= private {
		return privateBase + uint32(n-private), n != none
	}
	return a.Base + uint32(n), true
}

// Name returns the name of the call with this number, or "". It searches the
// whole table: it is meant for people, not for inner loops.
func (a *Arch) Name(nr uint32) string {
	for id := range ID(nameCount) {
		if n, ok := a.NumberOf(id); ok && n == nr {
			return id.String()
		}
	}
	return ""
}

// Untabled says whether scmp is an architecture of the OCI specification
// (1.3) whose system calls are not known here, since golang.org/x/sys, where
// the tables are from, is not made for it.
func Untabled(scmp string) bool {
	switch scmp {
	case "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_S390", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64",
		"SCMP_ARCH_M68K", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB":
		return true
	}
	return false
}
