package strictjson

import "testing"

// point is a struct that is read in the manner of generated code.
type point struct {
	id   uint32
	name string
	list []string
	next *point
}

const pointNames = "id name list next"

func readPoint(d *Decoder, v *point) error {
	o := d.Members()
	for o.Next() {
		switch o.Name {
		case "id":
			if o.Field(0) {
				o.Err = Unsigned32(d, &v.id)
			}
		case "name":
			if o.Field(1) {
				o.Err = Text(d, &v.name)
			}
		case "list":
			if o.Field(2) {
				o.Err = Scalars(d, &v.list, Text)
			}
		case "next":
			if o.Field(3) {
				o.Err = Pointer(d, &v.next, readNext)
			}
		default:
			o.Unknown(pointNames)
		}
	}
	return o.End(0b1, pointNames)
}

// readNext also demands a list.
func readNext(d *Decoder, v *point) error {
	o := d.Members()
	for o.Next() {
		switch o.Name {
		case "list":
			if o.Field(2) {
				o.Err = Scalars(d, &v.list, Text)
			}
		default:
			o.Unknown(pointNames)
		}
	}
	if v.list == nil {
		o.Absent(2)
	}
	return o.End(0b100, pointNames)
}

func TestMembers(t *testing.T) {
	v, err := Parse([]byte(` {"next":{"list":["a"],"x":{}},"name":"n","y":1,"id":3} `), readPoint)
	if err != nil || v.id != 3 || v.name != "n" || v.list != nil || v.next == nil || len(v.next.list) != 1 || v.next.list[0] != "a" {
		t.Errorf("%+v, %v", v, err)
	}
	for _, c := range []struct{ text, want string }{
		{`{}`, `id: missing, expected a value because the field is required`},
		{`null`, `null: expected an object`},
		{`{"id":1,"id":1}`, `id: duplicate field, expected every name only once`},
		{`{"Id":1}`, `Id: unknown field, did you mean "id"`},
		{`{"id":1,"NEXT":[nul]}`, `NEXT: unknown field, did you mean "next"`},
		{`{"id":1,"x":1,"x":2}`, `x: duplicate field, expected every name only once`},
		{`{"id":4294967296}`, `id: 4294967296: expected an integer from 0 to 4294967295`},
		{`{"id":1,"next":{"list":[]}} 2`, `line 1, column 29: unexpected '2', expected the end of the text, after one value`},
		{`{"id":1,"next":{"x":0}}`, `next.list: missing, expected a value because the field is required`},
		{`{"id":1,"next":{"list":null}}`, `next.list: missing, expected a value because the field is required`},
		{`{"id":1,"next":{"list":["a",1]}}`, `next.list[1]: 1: expected a string`},
	} {
		if _, err := Parse([]byte(c.text), readPoint); err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}
