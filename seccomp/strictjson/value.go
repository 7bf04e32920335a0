package strictjson

import (
	"strconv"
	"strings"
)

// This file has one function for each kind of Go type in the schema; the
// generated code is calls of them. They are generic over the named types of
// runtime-spec (type Arch string and the like), and all read the next value of
// the text into *v, or return a *FieldError.

// Text reads a string.
func Text[T ~string](d *Decoder, v *T) error {
	if d.space() != '"' {
		return d.mismatch("a string")
	}
	s, err := d.quoted()
	*v = T(s)
	return err
}

// Bool reads true or false.
func Bool(d *Decoder, v *bool) error {
	switch d.space(); {
	case d.literal("true"):
		*v = true
	case d.literal("false"):
		*v = false
	default:
		return d.mismatch("true or false")
	}
	return nil
}

// Signed32 reads an integer from -2147483648 to 2147483647. Go's int counts as
// 32 bits, so that a document means the same on every architecture.
func Signed32[T ~int | ~int32](d *Decoder, v *T) error { return signed(d, v, 32) }

// Signed64 reads an integer from -9223372036854775808 to 9223372036854775807.
func Signed64[T ~int64](d *Decoder, v *T) error { return signed(d, v, 64) }

// Unsigned16 reads an integer from 0 to 65535.
func Unsigned16[T ~uint16](d *Decoder, v *T) error { return unsigned(d, v, 16) }

// Unsigned32 reads an integer from 0 to 4294967295. Go's uint counts as 32 bits;
// runtime-spec's JSON schema has uint32 in those places too.
func Unsigned32[T ~uint | ~uint32](d *Decoder, v *T) error { return unsigned(d, v, 32) }

// Unsigned64 reads an integer from 0 to 18446744073709551615.
func Unsigned64[T ~uint64](d *Decoder, v *T) error { return unsigned(d, v, 64) }

// signed reads an integer of bits bits.
func signed[T ~int | ~int32 | ~int64](d *Decoder, v *T, bits uint) error {
	limit := uint64(1) << (bits - 1)
	neg, n, ok, err := d.integer()
	switch {
	case err != nil:
		return err
	case ok && !neg && n < limit:
		*v = T(n)
		return nil
	case ok && neg && n <= limit:
		*v = T(-n) // wraps to the right value, also for the smallest integer
		return nil
	}
	d.pos = d.mark
	return d.mismatch("an integer from -" + strconv.FormatUint(limit, 10) + " to " + strconv.FormatUint(limit-1, 10))
}

// unsigned reads an integer of bits bits that is not negative.
func unsigned[T ~uint | ~uint16 | ~uint32 | ~uint64](d *Decoder, v *T, bits uint) error {
	limit := ^uint64(0) >> (64 - bits)
	neg, n, ok, err := d.integer()
	switch {
	case err != nil:
		return err
	case ok && !neg && n <= limit:
		*v = T(n)
		return nil
	}
	d.pos = d.mark
	return d.mismatch("an integer from 0 to " + strconv.FormatUint(limit, 10))
}

// integer reads a number that has neither fraction nor exponent and whose
// magnitude fits 64 bits; ok is false if the next value is something else. It
// leaves the start of the value in d.mark, to which the caller goes back in
// order to describe a value that it cannot use.
func (d *Decoder) integer() (neg bool, n uint64, ok bool, err error) {
	c := d.space()
	d.mark = d.pos
	if c != '-' && (c < '0' || c > '9') {
		return false, 0, false, nil
	}
	lit, err := d.number()
	if err != nil {
		return false, 0, false, err
	}
	if neg = lit[0] == '-'; neg {
		lit = lit[1:]
	}
	n, perr := strconv.ParseUint(lit, 10, 64)
	return neg, n, perr == nil, nil
}

// Pointer reads a value into new memory, or null.
func Pointer[T any](d *Decoder, v **T, value func(*Decoder, *T) error) error {
	if d.null() {
		return nil
	}
	p := new(T)
	*v = p
	return value(d, p)
}

// Slice reads an array, or null, which leaves *v as it is. An empty array gives an empty slice, not nil.
func Slice[T any](d *Decoder, v *[]T, value func(*Decoder, *T) error) error {
	return list(d, v, value, 4)
}

// Scalars is Slice for elements that are strings or numbers.
func Scalars[T any](d *Decoder, v *[]T, value func(*Decoder, *T) error) error {
	return list(d, v, value, d.count())
}

func list[T any](d *Decoder, v *[]T, value func(*Decoder, *T) error, room int) error {
	if d.null() {
		return nil
	}
	list := make([]T, 0, room)
	a := d.array()
	for a.next() {
		var zero T
		list = append(list, zero)
		a.err = value(d, &list[len(list)-1])
	}
	*v = list
	return a.err
}

// count guesses the number of elements of an array of scalars from the commas
// before the next closing bracket, so that the 400 names of a seccomp profile
// are stored once and not eight times over in growing slices. A wrong guess
// costs memory, hence the bound.
func (d *Decoder) count() int {
	rest := d.s[d.pos:]
	if i := strings.IndexByte(rest, ']'); i >= 0 {
		rest = rest[:i]
	}
	return min(1+strings.Count(rest, ","), 512)
}

// Table reads an object with arbitrary names, or null, which leaves *v as it is.
func Table[T any](d *Decoder, v *map[string]T, value func(*Decoder, *T) error) error {
	if d.null() {
		return nil
	}
	m := make(map[string]T)
	*v = m
	o := d.Members()
	for o.Next() {
		if _, there := m[o.Name]; there {
			o.Err = o.duplicate()
			continue
		}
		var elem T
		o.Err = value(d, &elem)
		m[o.Name] = elem
	}
	return o.Err
}

// null steps over a null if that is the next value.
func (d *Decoder) null() bool {
	d.space()
	return d.literal("null")
}
