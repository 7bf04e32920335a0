package strictjson

import "strings"

// Members iterates over the members of a JSON object that fills a struct. It is
// what generated code is made of:
//
//	o := d.Members()
//	for o.Next() {
//		switch o.Name {
//		case "path":
//			if o.Field(0) {
//				o.Err = strictjson.Text(d, &v.Path)
//			}
//		default:
//			o.Unknown("path")
//		}
//	}
//	return o.End(1, "path")
//
// Next ends the loop after an error and gives the error its path. The names of
// a struct's fields are passed as one string, separated by spaces, because a
// list of strings would have to be built.
type Members struct {
	Name string // of the current member
	Err  error  // of the current member; the loop ends when it is set

	d    *Decoder
	open bool   // the opening brace has been read
	seen uint64 // bit i: known field i has been read
	rest keys   // names of unknown fields that have been read
}

// Members starts reading an object. White space and the brace are read by the
// first Next.
func (d *Decoder) Members() Members { return Members{d: d} }

// Next moves to the next member's value. It is false at the end of the object,
// and after an error.
func (o *Members) Next() bool {
	d := o.d
	if !o.open {
		if d.space() != '{' {
			o.Err = d.mismatch("an object")
			return false
		}
		if o.Err = d.enter(); o.Err != nil {
			return false
		}
		o.open = true
		if d.space() == '}' {
			return o.leave()
		}
	} else {
		if o.Err != nil {
			o.Err = Under(Member(o.Name), o.Err)
			return false
		}
		switch d.space() {
		case ',':
			d.pos++
		case '}':
			return o.leave()
		default:
			o.Err = d.unexpected("',' or '}'")
			return false
		}
	}
	if d.space() != '"' {
		o.Err = d.unexpected("a name in quotes")
		return false
	}
	if o.Name, o.Err = d.quoted(); o.Err != nil {
		return false
	}
	if d.space() != ':' {
		o.Err = Under(Member(o.Name), d.unexpected("':'"))
		return false
	}
	d.pos++
	return true
}

func (o *Members) leave() bool {
	o.d.pos++
	o.d.depth--
	return false
}

// Field notes that known field i, below 64, is being read. It is false, with
// the error set, if the field has been read before.
func (o *Members) Field(i uint) bool {
	if o.seen>>i&1 != 0 {
		o.Err = o.duplicate()
		return false
	}
	o.seen |= 1 << i
	return true
}

// Absent takes back that field i has been read, for a null in the place of a
// value that is required.
func (o *Members) Absent(i uint) { o.seen &^= 1 << i }

func (o *Members) duplicate() error {
	return problem("duplicate field, expected every name only once")
}

// Unknown skips the value of a field that is not one of known. A name that
// equals a known one but for the case is an error. known lists the names,
// separated by single spaces.
func (o *Members) Unknown(known string) {
	for known != "" {
		name, rest, _ := strings.Cut(known, " ")
		if strings.EqualFold(name, o.Name) {
			o.Err = problem("unknown field, did you mean " + Quote(name))
			return
		}
		known = rest
	}
	if !o.rest.add(o.Name) {
		o.Err = o.duplicate()
		return
	}
	if o.d.Foreign != nil {
		if o.Err = o.d.Foreign(o.Name); o.Err != nil {
			return
		}
	}
	o.Err = o.d.skip()
}

// End gives the error of the loop. Bit i of required says that the i-th name
// of known must have been read.
func (o *Members) End(required uint64, known string) error {
	if o.Err != nil {
		return o.Err
	}
	missing := required &^ o.seen
	for ; missing != 0; missing >>= 1 {
		name, rest, _ := strings.Cut(known, " ")
		if missing&1 != 0 {
			return Under(name, problem("missing, expected a value because the field is required"))
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

// array iterates over the elements of a JSON array in the manner of Members.
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
			a.err = Under(Index("", a.i), a.err)
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
