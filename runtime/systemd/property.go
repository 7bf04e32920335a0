package systemd

import (
	"strconv"
	"strings"

	"github.com/runseal/runseal/runtime/systemd/dbus"
)

// Property is a setting of a unit. Value is of type string, bool, int32, uint32,
// uint64, []byte, []string or []uint32.
type Property struct {
	Name  string
	Value any
	// Optional: a systemd that does not know it can do without, because what it
	// says is also written to the cgroup's own files.
	Optional bool
	// Field of config.json that asks for it, for errors; may be empty.
	Field string
	// Before257 is the Value for a systemd before version 257, if not nil.
	Before257 any
}

// append encodes the property as systemd takes it, a struct of name and variant.
func (p *Property) append(e *dbus.Encoder) {
	e.Struct()
	e.String(p.Name)
	switch v := p.Value.(type) {
	case string:
		e.Signature("s")
		e.String(v)
	case bool:
		e.Signature("b")
		e.Bool(v)
	case int32:
		e.Signature("i")
		e.Uint32(uint32(v))
	case uint32:
		e.Signature("u")
		e.Uint32(v)
	case uint64:
		e.Signature("t")
		e.Uint64(v)
	case []byte:
		e.Signature("ay")
		a := e.Array(1)
		for _, b := range v {
			e.Byte(b)
		}
		e.End(a)
	case []string:
		e.Signature("as")
		a := e.Array(4)
		for _, s := range v {
			e.String(s)
		}
		e.End(a)
	case []uint32:
		e.Signature("au")
		a := e.Array(4)
		for _, n := range v {
			e.Uint32(n)
		}
		e.End(a)
	default:
		panic("systemd: property " + p.Name + " has a value of an unknown type")
	}
}

func appendAll(e *dbus.Encoder, props []Property) {
	a := e.Array(8)
	for i := range props {
		props[i].append(e)
	}
	e.End(a)
}

// String shows the property to people: MemoryMax=1048576, After=["a.service"],
// AllowedCPUs=0x03 (the bytes in the order of the array). The largest uint64 is
// systemd's infinity.
func (p Property) String() string {
	b := []byte(p.Name + "=")
	switch v := p.Value.(type) {
	case string:
		b = strconv.AppendQuote(b, v)
	case bool:
		b = strconv.AppendBool(b, v)
	case int32:
		b = strconv.AppendInt(b, int64(v), 10)
	case uint32:
		b = strconv.AppendUint(b, uint64(v), 10)
	case uint64:
		if v == Infinity {
			b = append(b, "infinity"...)
		} else {
			b = strconv.AppendUint(b, v, 10)
		}
	case []byte:
		b = append(b, "0x"...)
		for _, x := range v {
			b = append(b, "0123456789abcdef"[x>>4], "0123456789abcdef"[x&15])
		}
	case []string:
		b = append(append(b, '['), strings.Join(quoteAll(v), " ")...)
		b = append(b, ']')
	case []uint32:
		b = append(b, '[')
		for i, n := range v {
			if i > 0 {
				b = append(b, ' ')
			}
			b = strconv.AppendUint(b, uint64(n), 10)
		}
		b = append(b, ']')
	}
	return string(b)
}

// Infinity is "no limit".
const Infinity = 1<<64 - 1

func quoteAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.Quote(s)
	}
	return out
}
