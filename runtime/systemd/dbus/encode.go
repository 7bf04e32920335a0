package dbus

// Encoder builds the body of a message, in little-endian order. A value stands
// at a multiple of its alignment, counted from the start of the body, which the
// header is padded to 8 for. It cannot fail: what is too long for the format is
// refused when the message is sent.
//
// Some methods are kept from being inlined, which would make the program larger
// by 10 kB for the sake of one message in a container's life.
type Encoder struct{ buf []byte }

// Bytes returns what has been encoded.
func (e *Encoder) Bytes() []byte { return e.buf }

// align pads with zeros up to a multiple of n, a power of two.
//
//go:noinline
func (e *Encoder) align(n int) {
	for len(e.buf)&(n-1) != 0 {
		e.buf = append(e.buf, 0)
	}
}

// Byte appends a value of type y.
func (e *Encoder) Byte(v byte) { e.buf = append(e.buf, v) }

// Bool appends a value of type b, which takes four bytes.
func (e *Encoder) Bool(v bool) {
	n := uint32(0)
	if v {
		n = 1
	}
	e.Uint32(n)
}

// Uint32 appends a value of type u, or i.
//
//go:noinline
func (e *Encoder) Uint32(v uint32) {
	e.align(4)
	e.buf = append(e.buf, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
}

// Uint64 appends a value of type t.
func (e *Encoder) Uint64(v uint64) {
	e.align(8)
	e.buf = append(e.buf, byte(v), byte(v>>8), byte(v>>16), byte(v>>24), byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56))
}

// String appends a value of type s, or o.
//
//go:noinline
func (e *Encoder) String(s string) {
	e.Uint32(uint32(len(s)))
	e.buf = append(append(e.buf, s...), 0)
}

// Signature appends a value of type g. A variant is the signature of one type
// and then the value.
//
//go:noinline
func (e *Encoder) Signature(s string) {
	e.buf = append(append(append(e.buf, byte(len(s))), s...), 0)
}

// Struct begins a struct, whose members are appended after it.
func (e *Encoder) Struct() { e.align(8) }

// Array begins an array whose elements have this alignment (8 for structs and
// 64-bit numbers, 4 for strings and 32-bit numbers, 1 for bytes) and returns what
// End takes.
func (e *Encoder) Array(align int) (begin int) {
	e.Uint32(0)
	length := len(e.buf) - 4
	e.align(align)
	return length<<4 | align
}

// End ends the array: its length does not count the padding before the first
// element.
func (e *Encoder) End(begin int) {
	length, align := begin>>4, begin&15
	first := (length + 4 + align - 1) &^ (align - 1)
	n := uint32(len(e.buf) - first)
	e.buf[length], e.buf[length+1], e.buf[length+2], e.buf[length+3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
}
