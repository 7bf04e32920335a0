package arch

// IntArgs returns a bit for each argument (bit 0 for the first) that the kernel
// takes as a type of at most 32 bits: int, unsigned int, pid_t, mode_t and the
// like, by the prototypes of include/linux/syscalls.h (gen/intargs.txt).
//
// The kernel cuts such an argument before it looks at it, but a filter sees the
// whole register. A comparison in 64 bits can therefore be passed by with any bit
// set in the upper half: socket(0x100000028, ...) is a socket of family 40. Types
// of 16 bits (umode_t) are cut further, which comparisons in 32 bits do not know.
func IntArgs(id ID) uint8 { return intArgs[id] }
