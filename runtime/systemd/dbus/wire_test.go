package dbus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"testing"

	godbus "github.com/godbus/dbus/v5"
)

type pair struct {
	Name  string
	Value godbus.Variant
}

// TestEncodeCall: another implementation reads a call as what was written, with
// every type that an Encoder has.
func TestEncodeCall(t *testing.T) {
	var e Encoder
	e.String("a.scope")
	e.Bool(true)
	a := e.Array(8)
	for _, f := range []func(){
		func() { e.String("B"); e.Signature("b"); e.Bool(false) },
		func() { e.String("U"); e.Signature("u"); e.Uint32(7) },
		func() { e.String("Txx"); e.Signature("t"); e.Uint64(1<<64 - 2) },
		func() { e.String("S"); e.Signature("s"); e.String("ä") },
		func() {
			e.String("AY")
			e.Signature("ay")
			n := e.Array(1)
			e.Byte(1)
			e.Byte(255)
			e.Byte(3)
			e.End(n)
		},
		func() {
			e.String("AS")
			e.Signature("as")
			n := e.Array(4)
			e.String("one")
			e.String("")
			e.End(n)
		},
		func() { e.String("AT"); e.Signature("at"); n := e.Array(8); e.Uint64(5); e.End(n) },
		func() { e.String("AT0"); e.Signature("at"); e.End(e.Array(8)) },
	} {
		e.Struct()
		f()
	}
	e.End(a)
	e.End(e.Array(8))
	data, err := encodeCall(9, "org.x", "/org/x", "org.x.I", "Do", "sba(sv)a(sa(sv))", e.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	m, err := godbus.DecodeMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if m.Type != godbus.TypeMethodCall || m.Serial() != 9 || m.Flags != 0 {
		t.Errorf("type %v serial %d flags %v", m.Type, m.Serial(), m.Flags)
	}
	head := map[godbus.HeaderField]any{
		godbus.FieldPath: godbus.ObjectPath("/org/x"), godbus.FieldDestination: "org.x", godbus.FieldInterface: "org.x.I",
		godbus.FieldMember: "Do", godbus.FieldSignature: godbus.ParseSignatureMust("sba(sv)a(sa(sv))"),
	}
	for f, want := range head {
		if got := m.Headers[f].Value(); !reflect.DeepEqual(got, want) {
			t.Errorf("field %d: %#v, want %#v", f, got, want)
		}
	}
	if len(m.Headers) != len(head) {
		t.Errorf("%d fields, want %d", len(m.Headers), len(head))
	}
	var (
		unit  string
		yes   bool
		props []pair
		aux   []struct {
			Name  string
			Props []pair
		}
	)
	if err := godbus.Store(m.Body, &unit, &yes, &props, &aux); err != nil {
		t.Fatal(err)
	}
	want := []pair{
		{"B", godbus.MakeVariant(false)}, {"U", godbus.MakeVariant(uint32(7))}, {"Txx", godbus.MakeVariant(uint64(1<<64 - 2))},
		{"S", godbus.MakeVariant("ä")}, {"AY", godbus.MakeVariant([]byte{1, 255, 3})}, {"AS", godbus.MakeVariant([]string{"one", ""})},
		{"AT", godbus.MakeVariant([]uint64{5})}, {"AT0", godbus.MakeVariant([]uint64{})},
	}
	if unit != "a.scope" || !yes || !reflect.DeepEqual(props, want) || len(aux) != 0 {
		t.Errorf("%q %v %v %v, want %v", unit, yes, props, aux, want)
	}
}

func TestEncodeCallTooLong(t *testing.T) {
	if _, err := encodeCall(1, "", "/", "i", "m", "s", make([]byte, maxBody+1)); err == nil {
		t.Error("a body beyond the limit was encoded")
	}
}

// signal is a JobRemoved as systemd sends it, in the words of another
// implementation.
func signal(t testing.TB, order binary.ByteOrder, result string) []byte {
	t.Helper()
	m := &godbus.Message{
		Type: godbus.TypeSignal,
		Headers: map[godbus.HeaderField]godbus.Variant{
			godbus.FieldPath:      godbus.MakeVariant(godbus.ObjectPath("/org/freedesktop/systemd1")),
			godbus.FieldInterface: godbus.MakeVariant("org.freedesktop.systemd1.Manager"),
			godbus.FieldMember:    godbus.MakeVariant("JobRemoved"),
			godbus.FieldSender:    godbus.MakeVariant(":1.2"),
			godbus.FieldSignature: godbus.MakeVariant(godbus.ParseSignatureMust("uoss")),
		},
		Body: []any{uint32(7), godbus.ObjectPath("/job/7"), "a.scope", result},
	}
	return message(t, m, order)
}

// reply answers the call with this serial.
func reply(t testing.TB, serial uint32, body ...any) []byte {
	t.Helper()
	m := &godbus.Message{Type: godbus.TypeMethodReply, Headers: map[godbus.HeaderField]godbus.Variant{
		godbus.FieldReplySerial: godbus.MakeVariant(serial),
	}, Body: body}
	if len(body) > 0 {
		m.Headers[godbus.FieldSignature] = godbus.MakeVariant(godbus.SignatureOf(body...))
	}
	return message(t, m, binary.LittleEndian)
}

// failure answers the call with an error.
func failure(t testing.TB, serial uint32, name string, body ...any) []byte {
	t.Helper()
	m := &godbus.Message{Type: godbus.TypeError, Headers: map[godbus.HeaderField]godbus.Variant{
		godbus.FieldReplySerial: godbus.MakeVariant(serial),
		godbus.FieldErrorName:   godbus.MakeVariant(name),
	}, Body: body}
	if len(body) > 0 {
		m.Headers[godbus.FieldSignature] = godbus.MakeVariant(godbus.SignatureOf(body...))
	}
	return message(t, m, binary.LittleEndian)
}

func message(t testing.TB, m *godbus.Message, order binary.ByteOrder) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.EncodeTo(&b, order); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	order.PutUint32(data[8:], 1) // a serial, which the library gives only to its own
	return data
}

// parse reads one whole message.
func parse(data []byte) (*Message, error) {
	if len(data) < fixedSize {
		return nil, errShort
	}
	m, fields, body, err := parseFixed(data)
	if err != nil {
		return nil, err
	}
	if len(data) < fixedSize+fields+body {
		return nil, errShort
	}
	if err := m.parseFields(data[:fixedSize+fields]); err != nil {
		return nil, err
	}
	m.Body = data[fixedSize+fields:][:body]
	return m, nil
}

func TestParse(t *testing.T) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		m, err := parse(signal(t, order, "done"))
		if err != nil {
			t.Fatal(err)
		}
		if m.kind != typeSignal || m.Path != "/org/freedesktop/systemd1" || m.Interface != "org.freedesktop.systemd1.Manager" ||
			m.Member != "JobRemoved" || m.Sender != ":1.2" || m.Signature != "uoss" {
			t.Errorf("%v: %+v", order, m)
		}
		d := m.Decoder("uoss")
		id, job, unit, result := d.Uint32(), d.String(), d.String(), d.String()
		if d.Err() != nil || id != 7 || job != "/job/7" || unit != "a.scope" || result != "done" {
			t.Errorf("%v: %d %q %q %q %v", order, id, job, unit, result, d.Err())
		}
		if d := m.Decoder("s"); d.Err() == nil {
			t.Error("another signature is no error")
		}
	}
}

func TestVariantString(t *testing.T) {
	m, err := parse(reply(t, 1, godbus.MakeVariant("active")))
	if err != nil {
		t.Fatal(err)
	}
	d := m.Decoder("v")
	if s := d.VariantString(); s != "active" || d.Err() != nil {
		t.Errorf("%q %v", s, d.Err())
	}
	m, _ = parse(reply(t, 1, godbus.MakeVariant(uint32(5))))
	d = m.Decoder("v")
	if s := d.VariantString(); s != "" || !errors.Is(d.Err(), errType) {
		t.Errorf("a number as a string: %q %v", s, d.Err())
	}
}

// TestCutShort: a message that ends anywhere, and one with any byte changed, is an
// error or another message, but nothing beyond its end is read.
func TestCutShort(t *testing.T) {
	whole := signal(t, binary.LittleEndian, "done")
	for n := range whole {
		if _, err := parse(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes are a message", n, len(whole))
		}
	}
	changed := 0
	for i := range whole {
		for _, v := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			data := bytes.Clone(whole)
			data[i] = v
			m, err := parse(data)
			if err != nil {
				changed++
				continue
			}
			d := m.Decoder("uoss")
			d.Uint32()
			if text := d.String() + d.String() + d.String(); len(text) > len(whole) {
				t.Errorf("byte %d as %#x: %q", i, v, text)
			}
		}
	}
	if changed < 100 {
		t.Errorf("only %d changes were noticed", changed)
	}
}

func TestHostileHeaders(t *testing.T) {
	// An answer to call 3, the text "x", by the book.
	whole := func() []byte {
		return []byte("l\x02\x00\x01" + "\x06\x00\x00\x00" + "\x01\x00\x00\x00" + "\x0f\x00\x00\x00" +
			"\x05\x01u\x00\x03\x00\x00\x00" + "\x08\x01g\x00\x01s\x00" + "\x00" +
			"\x01\x00\x00\x00x\x00")
	}
	if m, err := parse(whole()); err != nil || m.replySerial != 3 || m.Signature != "s" {
		t.Fatalf("%+v %v", m, err)
	}
	for _, c := range []struct {
		name, want string
		change     func(b []byte)
	}{
		{"byte order", "byte order", func(b []byte) { b[0] = 'x' }},
		{"version", "version", func(b []byte) { b[3] = 2 }},
		{"fields", "header of", func(b []byte) { binary.LittleEndian.PutUint32(b[12:], maxFields+1) }},
		{"body", "message of", func(b []byte) { binary.LittleEndian.PutUint32(b[4:], 128<<20+1) }},
		{"serial", "serial", func(b []byte) { b[16] = fieldFDs }}, // another field than the serial
		{"no serial", "serial", func(b []byte) { b[20] = 0 }},
		{"type of a field", "another type", func(b []byte) { b[16] = fieldPath }},
		{"text without an end", "text", func(b []byte) { b[30] = 'x' }},
		{"padding", "padding", func(b []byte) { b[31] = 1 }}, // before the body
	} {
		b := whole()
		c.change(b)
		if _, err := parse(b); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
