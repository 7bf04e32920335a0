package bpf

// Offsets of the words of struct seccomp_data (linux/seccomp.h), in bytes.
const (
	OffNr   = 0 // system call number
	OffArch = 4 // AUDIT_ARCH_* value
	offIP   = 8
	offArgs = 16

	dataSize = 64
)

// OffArgLow returns the offset of the lower half of argument i (0-5).
func OffArgLow(i int) uint32 { return offArgs + 8*uint32(i) }

// OffArgHigh returns the offset of the upper half of argument i (0-5).
func OffArgHigh(i int) uint32 { return offArgs + 8*uint32(i) + 4 }

// Data is struct seccomp_data: what a filter can see of a call.
type Data struct {
	Nr   uint32
	Arch uint32
	IP   uint64
	Args [6]uint64
}

// word returns the 32-bit word at the byte offset off, which is valid.
func (d *Data) word(off uint32) uint32 {
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
	if off&4 != 0 {
		return uint32(v >> 32)
	}
	return uint32(v)
}
