package bpf

// Words are the sixteen 32-bit words of struct seccomp_data in the order in
// which a decision diagram looks at them: architecture, number, arguments,
// instruction pointer. What comes early is what decisions depend on most.
const (
	WordArch = 0
	WordNr   = 1
	wordArgs = 2
	wordIP   = 14
	NumWords = 16
)

// WordAt returns the number of the word at the byte offset off, which is valid.
func WordAt(off uint32) int {
	switch {
	case off == OffArch:
		return WordArch
	case off == OffNr:
		return WordNr
	case off < offArgs:
		return wordIP + int(off-offIP)/4
	}
	return wordArgs + int(off-offArgs)/4
}

// FromWords returns the call whose words these are, in the order of [WordAt].
func FromWords(words []uint32) Data {
	d := Data{Nr: words[WordNr], Arch: words[WordArch]}
	join := func(at int) uint64 {
		low, high := words[at], words[at+1]
		if d.Arch&auditLittle == 0 {
			low, high = high, low
		}
		return uint64(high)<<32 | uint64(low)
	}
	d.IP = join(wordIP)
	for i := range d.Args {
		d.Args[i] = join(wordArgs + 2*i)
	}
	return d
}
