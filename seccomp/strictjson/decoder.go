package strictjson

// A Decoder reads one JSON document from its start to its end. Generated
// functions use Members and the functions for values; small structs are decoded
// by hand:
//
//	d := strictjson.NewDecoder(data)
//	err := d.Object(func(name string) (err error) {
//		switch name {
//		case "pid":
//			s.Pid, err = d.Int64()
//		case "bundle":
//			s.Bundle, err = d.String()
//		default:
//			_, err = d.Skip()
//		}
//		return err
//	})
//	if err == nil {
//		err = d.End()
//	}
//
// Every method that reads a value moves past it. After an error the position is
// undefined and the document is to be given up. Errors are *FieldError values;
// Object and Array put the path together. A Decoder never panics, whatever the
// text, and uses memory in proportion to it.
type Decoder struct {
	// Foreign, if it is set, is asked about each member that Members does not
	// know and that is not a misspelt one. An error refuses it; nil skips it.
	Foreign func(name string) error

	s     string // the text; decoded strings are parts of it
	data  []byte // the same text as the caller gave it
	pos   int    // offset of the next byte to read
	mark  int    // offset of the last integer, for its error
	depth int    // open brackets
}

// NewDecoder gives a Decoder for data. The strings that it decodes do not share
// data's memory; what Skip gives does. A document above MaxSize bytes is refused
// by whatever is read first.
func NewDecoder(data []byte) *Decoder {
	d := &Decoder{data: data}
	if len(data) <= MaxSize {
		d.s = string(data)
	}
	return d
}

// Object reads an object. member is called once for every member, in the order
// of the text, with the name decoded; it must read the value. A name that comes
// twice is an error.
func (d *Decoder) Object(member func(name string) error) error {
	o := d.Members()
	for o.Next() {
		if !o.rest.add(o.Name) {
			o.Err = o.duplicate()
			continue
		}
		o.Err = member(o.Name)
	}
	return o.Err
}

// Array reads an array. element is called for every element with its index; it
// must read the value.
func (d *Decoder) Array(element func(i int) error) error {
	a := d.array()
	for a.next() {
		a.err = element(a.i)
	}
	return a.err
}

// String reads a string.
func (d *Decoder) String() (string, error) {
	var v string
	err := Text(d, &v)
	return v, err
}

// Bool reads true or false.
func (d *Decoder) Bool() (bool, error) {
	var v bool
	err := Bool(d, &v)
	return v, err
}

// Int64 reads an integer that fits 64 bits; 1.0 and 1e3 are not integers.
func (d *Decoder) Int64() (int64, error) {
	var v int64
	err := Signed64(d, &v)
	return v, err
}

// Uint64 reads an integer from 0 to 18446744073709551615.
func (d *Decoder) Uint64() (uint64, error) {
	var v uint64
	err := Unsigned64(d, &v)
	return v, err
}

// StringMap reads an object whose values are strings, or null, which gives nil.
func (d *Decoder) StringMap() (map[string]string, error) {
	var v map[string]string
	err := Table(d, &v, Text[string])
	return v, err
}

// Null moves past a null, if that is the next value, and says whether it was.
func (d *Decoder) Null() bool { return d.null() }

// Skip moves past the next value, whatever it is, and gives its text, without
// white space around it. The text is checked completely. It is a part of the
// slice that was given to NewDecoder.
func (d *Decoder) Skip() ([]byte, error) {
	d.space()
	start := d.pos
	if err := d.skip(); err != nil {
		return nil, err
	}
	return d.data[start:d.pos:d.pos], nil
}

// End says that the document has been read: only white space may follow.
func (d *Decoder) End() error {
	if len(d.data) > MaxSize {
		return TooLarge(int64(len(d.data)))
	}
	if d.space(); d.pos < len(d.s) {
		return d.unexpected("the end of the text, after one value")
	}
	return nil
}
