package spec

// A Decoder reads one JSON document from its start to its end. It is what the
// generated functions of this package are made of, and what other packages use
// for small structs of their own:
//
//	d := spec.NewDecoder(data)
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
	s     string // the text; decoded strings are parts of it
	data  []byte // the same text as the caller gave it
	pos   int    // offset of the next byte to read
	mark  int    // offset of the last integer, for its error
	depth int    // open brackets
}

// NewDecoder gives a Decoder for data. The strings that it decodes do not share
// data's memory; what Skip gives does. A document above MaxSize bytes is refused
// by Object, Array, Skip and End.
func NewDecoder(data []byte) *Decoder {
	d := &Decoder{data: data}
	if len(data) <= MaxSize {
		d.s = string(data)
	}
	return d
}

// checkSize refuses what NewDecoder did not take.
func (d *Decoder) checkSize() error {
	if len(d.data) > MaxSize {
		return tooLarge(int64(len(d.data)))
	}
	return nil
}

// Object reads an object. member is called once for every member, in the order
// of the text, with the name decoded; it must read the value. A name that comes
// twice is an error.
func (d *Decoder) Object(member func(name string) error) error {
	if err := d.checkSize(); err != nil {
		return err
	}
	o := d.object()
	for o.next() {
		if !o.rest.add(o.name) {
			o.err = o.duplicate()
			continue
		}
		o.err = member(o.name)
	}
	return o.err
}

// Array reads an array. element is called for every element with its index; it
// must read the value.
func (d *Decoder) Array(element func(i int) error) error {
	if err := d.checkSize(); err != nil {
		return err
	}
	a := d.array()
	for a.next() {
		a.err = element(a.i)
	}
	return a.err
}

// String reads a string.
func (d *Decoder) String() (string, error) {
	var v string
	err := text(d, &v)
	return v, err
}

// Bool reads true or false.
func (d *Decoder) Bool() (bool, error) {
	var v bool
	err := boolean(d, &v)
	return v, err
}

// Int64 reads an integer that fits 64 bits; 1.0 and 1e3 are not integers.
func (d *Decoder) Int64() (int64, error) {
	var v int64
	err := signed64(d, &v)
	return v, err
}

// Uint64 reads an integer from 0 to 18446744073709551615.
func (d *Decoder) Uint64() (uint64, error) {
	var v uint64
	err := unsigned64(d, &v)
	return v, err
}

// Strings reads an array of strings, or null, which gives nil.
func (d *Decoder) Strings() ([]string, error) {
	var v []string
	err := scalars(d, &v, text[string])
	return v, err
}

// StringMap reads an object whose values are strings, or null, which gives nil.
func (d *Decoder) StringMap() (map[string]string, error) {
	var v map[string]string
	err := table(d, &v, text[string])
	return v, err
}

// Null moves past a null, if that is the next value, and says whether it was.
func (d *Decoder) Null() bool { return d.null() }

// Skip moves past the next value, whatever it is, and gives its text, without
// white space around it. The text is checked completely. It is a part of the
// slice that was given to NewDecoder.
func (d *Decoder) Skip() ([]byte, error) {
	if err := d.checkSize(); err != nil {
		return nil, err
	}
	d.space()
	start := d.pos
	if err := d.skip(); err != nil {
		return nil, err
	}
	return d.data[start:d.pos:d.pos], nil
}

// End says that the document has been read: only white space may follow.
func (d *Decoder) End() error {
	if err := d.checkSize(); err != nil {
		return err
	}
	if d.space(); d.pos < len(d.s) {
		return d.unexpected("the end of the text, after one value")
	}
	return nil
}
