package bpf

// Offsets of the words of struct seccomp_data (linux/seccomp.h), in bytes.
const (
	OffNr   = 0 // system call number
	OffArch = 4 // AUDIT_ARCH_* value
	offIP   = 8
	offArgs = 16

	dataSize = 64
)

// auditLittle is __AUDIT_ARCH_LE of linux/audit.h: callers with this bit in their
// AUDIT_ARCH value are little-endian. A kernel runs programs of its own byte order
// only, so that the value also tells the order of the halves in its seccomp_data.
const auditLittle = 0x40000000

// OffArgLow returns the offset of the lower half of argument i (0-5) on
// architectures that are big-endian (s390x, ppc64) or not.
func OffArgLow(i int, big bool) uint32 { return offHalf(offArgs+8*uint32(i), big) }

// OffArgHigh returns the offset of the upper half of argument i (0-5).
func OffArgHigh(i int, big bool) uint32 { return offHalf(offArgs+8*uint32(i), !big) }

// offHalf returns the offset of one half of the 64-bit word at off.
func offHalf(off uint32, second bool) uint32 {
	if second {
		return off + 4
	}
	return off
}

// Data is struct seccomp_data: what a filter can see of a call.
type Data struct {
	Nr   uint32
	Arch uint32 // also decides which half of the 64-bit words comes first
	IP   uint64
	Args [6]uint64
}

// Word returns the 32-bit word at the byte offset off, which is valid.
func (d *Data) Word(off uint32) uint32 {
	var v uint64
	switch {
	case off == OffNr:
		return d.Nr
	case off == OffArch:
		return d.Arch
	case off < offArgs:
		v = d.IP
	default:
		v = d.Args[(off-offArgs)/8]
	}
	if upper := off&4 != 0; upper == (d.Arch&auditLittle != 0) {
		return uint32(v >> 32)
	}
	return uint32(v)
}
