package spec

import "strings"

// object iterates over the members of a JSON object:
//
//	o := d.object()
//	for o.next() {
//		switch o.name {
//		case "path":
//			if o.field(0) {
//				o.err = text(d, &v.Path)
//			}
//		default:
//			o.unknown("path")
//		}
//	}
//	return o.end(1, "path")
//
// next ends the loop after an error and gives the error its path. The names of
// a struct's fields are passed as one string, separated by spaces, because a
// list of strings would have to be built.
type object struct {
	d    *Decoder
	name string // of the current member
	err  error  // of the current member; the loop ends when it is set
	open bool   // the opening brace has been read
	seen uint64 // bit i: known field i has been read
	rest keys   // names of unknown fields that have been read
}

// object starts reading an object. White space and the brace are read by the
// first next.
func (d *Decoder) object() object { return object{d: d} }

// next moves to the next member's value.
func (o *object) next() bool {
	d := o.d
	if !o.open {
		if d.space() != '{' {
			o.err = d.mismatch("an object")
			return false
		}
		if o.err = d.enter(); o.err != nil {
			return false
		}
		o.open = true
		if d.space() == '}' {
			return o.leave()
		}
	} else {
		if o.err != nil {
			o.err = under(member(o.name), o.err)
			return false
		}
		switch d.space() {
		case ',':
			d.pos++
		case '}':
			return o.leave()
		default:
			o.err = d.unexpected("',' or '}'")
			return false
		}
	}
	if d.space() != '"' {
		o.err = d.unexpected("a name in quotes")
		return false
	}
	if o.name, o.err = d.quoted(); o.err != nil {
		return false
	}
	if d.space() != ':' {
		o.err = under(member(o.name), d.unexpected("':'"))
		return false
	}
	d.pos++
	return true
}

func (o *object) leave() bool {
	o.d.pos++
	o.d.depth--
	return false
}

// field notes that known field i, below 64, is being read. It is false, with
// the error set, if the field has been read before.
func (o *object) field(i uint) bool {
	if o.seen>>i&1 != 0 {
		o.err = o.duplicate()
		return false
	}
	o.seen |= 1 << i
	return true
}

func (o *object) duplicate() error {
	return problem("duplicate field, expected every name only once")
}

// unknown skips the value of a field that is not one of known. A name that
// equals a known one but for the case is an error.
func (o *object) unknown(known string) {
	for known != "" {
		name, rest, _ := strings.Cut(known, " ")
		if strings.EqualFold(name, o.name) {
			o.err = problem("unknown field, did you mean " + quote(name))
			return
		}
		known = rest
	}
	if !o.rest.add(o.name) {
		o.err = o.duplicate()
		return
	}
	o.err = o.d.skip()
}

// end gives the error of the loop. Bit i of required says that the i-th name
// of known must have been read.
func (o *object) end(required uint64, known string) error {
	if o.err != nil {
		return o.err
	}
	missing := required &^ o.seen
	for ; missing != 0; missing >>= 1 {
		name, rest, _ := strings.Cut(known, " ")
		if missing&1 != 0 {
			return under(name, problem("missing, expected a value because the field is required"))
		}
		known = rest
	}
	return nil
}

// keys is a set of names: a list as long as it is short, since nearly every
// object has no unknown field and a map would cost more than the search.
type keys struct {
	list []string
	set  map[string]struct{}
}

// add puts name into the set. It is false if name was there before.
func (k *keys) add(name string) bool {
	if k.set != nil {
		n := len(k.set)
		k.set[name] = struct{}{}
		return len(k.set) > n
	}
	for _, known := range k.list {
		if known == name {
			return false
		}
	}
	if k.list = append(k.list, name); len(k.list) > 16 {
		k.set = make(map[string]struct{}, 4*len(k.list))
		for _, known := range k.list {
			k.set[known] = struct{}{}
		}
		k.list = nil
	}
	return true
}

// array iterates over the elements of a JSON array in the manner of object.
type array struct {
	d    *Decoder
	i    int   // of the current element; the number of elements after the loop
	err  error // of the current element; the loop ends when it is set
	open bool
}

// array starts reading an array. White space and the bracket are read by the
// first next.
func (d *Decoder) array() array { return array{d: d, i: -1} }

// next moves to the next element.
func (a *array) next() bool {
	d := a.d
	if !a.open {
		if d.space() != '[' {
			a.err = d.mismatch("an array")
			return false
		}
		if a.err = d.enter(); a.err != nil {
			return false
		}
		a.open = true
		if d.space() == ']' {
			return a.leave()
		}
	} else {
		if a.err != nil {
			a.err = under(index("", a.i), a.err)
			return false
		}
		switch d.space() {
		case ',':
			d.pos++
		case ']':
			return a.leave()
		default:
			a.err = d.unexpected("',' or ']'")
			return false
		}
	}
	a.i++
	return true
}

func (a *array) leave() bool {
	a.i++
	a.d.pos++
	a.d.depth--
	return false
}
