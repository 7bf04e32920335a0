package dbus

import (
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf8"
)

// errShort and the others say what is wrong with a message; the connection adds
// that it was the other side's.
var (
	errShort   = errors.New("a value goes beyond the end of the message")
	errText    = errors.New("a text is not UTF-8 ended by a NUL")
	errPadding = errors.New("padding is not zero")
	errType    = errors.New("a value of another type was expected")
)

// Decoder reads values from a message. The first error stays; after it every
// value is zero, so that callers ask once, at the end. No value is larger than
// the message.
type Decoder struct {
	buf   []byte
	off   int // from the start of what alignment counts from
	order binary.ByteOrder
	err   error
}

// Err returns the first error.
func (d *Decoder) Err() error { return d.err }

func (d *Decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// align skips padding.
func (d *Decoder) align(n int) {
	for d.off&(n-1) != 0 && d.err == nil {
		if b := d.take(1); len(b) == 1 && b[0] != 0 {
			d.fail(errPadding)
		}
	}
}

// take returns the next n bytes, or nil.
func (d *Decoder) take(n int) []byte {
	if d.err != nil {
		return nil
	}
	if n < 0 || n > len(d.buf)-d.off {
		d.fail(errShort)
		return nil
	}
	b := d.buf[d.off : d.off+n]
	d.off += n
	return b
}

// Byte reads a value of type y.
func (d *Decoder) Byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

// Uint32 reads a value of type u.
func (d *Decoder) Uint32() uint32 {
	d.align(4)
	if b := d.take(4); b != nil {
		return d.order.Uint32(b)
	}
	return 0
}

// String reads a value of type s, or o.
func (d *Decoder) String() string {
	n := d.Uint32()
	if uint64(n) >= uint64(len(d.buf)) {
		d.fail(errShort)
		return ""
	}
	return d.text(int(n))
}

// Signature reads a value of type g.
func (d *Decoder) Signature() string { return d.text(int(d.Byte())) }

func (d *Decoder) text(n int) string {
	b := d.take(n + 1)
	if b == nil {
		return ""
	}
	s := string(b[:n])
	if b[n] != 0 || !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		d.fail(errText)
		return ""
	}
	return s
}

// VariantString reads a variant that holds a string.
func (d *Decoder) VariantString() string {
	if sig := d.Signature(); sig != "s" {
		d.fail(errType)
		return ""
	}
	return d.String()
}
