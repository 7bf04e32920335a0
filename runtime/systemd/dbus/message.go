package dbus

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Types of messages.
const (
	typeCall = iota + 1
	typeReturn
	typeError
	typeSignal
)

// Fields of a header.
const (
	fieldPath = iota + 1
	fieldInterface
	fieldMember
	fieldErrorName
	fieldReplySerial
	fieldDestination
	fieldSender
	fieldSignature
	fieldFDs
)

// Bounds for what comes in. The format allows 128 MiB; systemd's answers have
// some hundred bytes, and its signals rarely more than some kilobytes.
const (
	maxFields = 64 << 10
	maxBody   = 256 << 10
	maxSignal = 4 << 10 // signals with more are passed over
	fixedSize = 16      // of a header, up to and with the length of the fields
)

// Message is one message that came in.
type Message struct {
	kind        byte
	replySerial uint32

	Path, Interface, Member string
	ErrorName               string
	Sender                  string // by a bus: the unique name of who has sent it; else ""
	Signature               string
	Body                    []byte

	order binary.ByteOrder
}

// Decoder reads the body. It is an error of the Decoder if the body is of other
// types than signature says.
func (m *Message) Decoder(signature string) *Decoder {
	d := &Decoder{buf: m.Body, order: m.order}
	if m.Signature != signature {
		d.fail(errType)
	}
	return d
}

// encodeCall returns a whole message of type METHOD_CALL.
func encodeCall(serial uint32, dest, path, iface, member, signature string, body []byte) ([]byte, error) {
	if len(body) > maxBody {
		return nil, fmt.Errorf("a message of %d bytes, expected at most %d", len(body), maxBody)
	}
	e := &Encoder{buf: make([]byte, 0, 256+len(body))}
	e.buf = append(e.buf, 'l', typeCall, 0, 1)
	e.Uint32(uint32(len(body)))
	e.Uint32(serial)
	fields := e.Array(8)
	text := func(field byte, kind, value string) {
		if value == "" {
			return
		}
		e.Struct()
		e.Byte(field)
		e.Signature(kind)
		if kind == "g" {
			e.Signature(value)
		} else {
			e.String(value)
		}
	}
	text(fieldPath, "o", path)
	text(fieldDestination, "s", dest)
	text(fieldInterface, "s", iface)
	text(fieldMember, "s", member)
	text(fieldSignature, "g", signature)
	e.End(fields)
	e.align(8)
	return append(e.buf, body...), nil
}

// parseFixed reads the first 16 bytes of a message. fields is the length of what
// follows them, with the padding before the body.
func parseFixed(b []byte) (m *Message, fields, body int, err error) {
	m = &Message{kind: b[1]}
	switch b[0] {
	case 'l':
		m.order = binary.LittleEndian
	case 'B':
		m.order = binary.BigEndian
	default:
		return nil, 0, 0, fmt.Errorf("byte order %#x, expected l or B", b[0])
	}
	if b[3] != 1 {
		return nil, 0, 0, fmt.Errorf("protocol version %d, expected 1", b[3])
	}
	n, f := m.order.Uint32(b[4:]), m.order.Uint32(b[12:])
	if f > maxFields {
		return nil, 0, 0, fmt.Errorf("a header of %d bytes, expected at most %d", f, maxFields)
	}
	if n > 128<<20 {
		return nil, 0, 0, fmt.Errorf("a message of %d bytes, expected at most 128 MiB", n)
	}
	return m, int(f+7) &^ 7, int(n), nil
}

// parseFields reads the header's fields from a whole header: 16 bytes and the
// fields with their padding. Unknown fields are skipped, as the format demands, if
// they are of one of the types that the known ones have.
func (m *Message) parseFields(header []byte) error {
	d := &Decoder{buf: header, off: 12, order: m.order}
	end := fixedSize + int(d.Uint32())
	if end > len(header) {
		return errShort
	}
	d.buf = header[:end]
	for d.off < end && d.err == nil {
		d.align(8)
		field, kind := d.Byte(), d.Signature()
		var text string
		var number uint32
		switch kind {
		case "s", "o":
			text = d.String()
		case "g":
			text = d.Signature()
		case "u":
			number = d.Uint32()
		default:
			d.fail(errType)
		}
		want, to := "s", new(string)
		switch field {
		case fieldPath:
			want, to = "o", &m.Path
		case fieldInterface:
			to = &m.Interface
		case fieldMember:
			to = &m.Member
		case fieldErrorName:
			to = &m.ErrorName
		case fieldSender:
			to = &m.Sender
		case fieldSignature:
			want, to = "g", &m.Signature
		case fieldReplySerial, fieldFDs:
			want = "u"
			if field == fieldReplySerial {
				m.replySerial = number
			}
		case fieldDestination:
		default:
			want = kind
		}
		if kind != want {
			d.fail(errType)
		}
		*to = text
	}
	if d.err == nil {
		d.buf = header
		d.align(8)
	}
	if d.err == nil && (m.kind == typeReturn || m.kind == typeError) && m.replySerial == 0 {
		return errors.New("a reply without the serial of a call")
	}
	return d.err
}
