package systemd

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	godbus "github.com/godbus/dbus/v5"

	"github.com/runseal/runseal/runtime/systemd/dbus"
)

// TestPropertyEncoding: another implementation reads the properties as what they
// are, each behind one that shifts it.
func TestPropertyEncoding(t *testing.T) {
	props := []Property{
		{Name: "PIDs", Value: []uint32{5, 1 << 31}},
		{Name: "S", Value: "text"},
		{Name: "Delegate", Value: true},
		{Name: "KillSignal", Value: int32(-2)},
		{Name: "U", Value: uint32(1<<32 - 1)},
		{Name: "MemoryMax", Value: uint64(Infinity)},
		{Name: "AllowedCPUs", Value: []byte{1, 2, 3}},
		{Name: "None", Value: []byte{}},
		{Name: "After", Value: []string{"a.service", "b"}},
	}
	var e dbus.Encoder
	e.String("u")
	e.Bool(true)
	appendAll(&e, props)
	var b bytes.Buffer
	m := &godbus.Message{Type: godbus.TypeSignal, Headers: map[godbus.HeaderField]godbus.Variant{
		godbus.FieldPath: godbus.MakeVariant(godbus.ObjectPath("/x")), godbus.FieldInterface: godbus.MakeVariant("i.x"), godbus.FieldMember: godbus.MakeVariant("M"),
		godbus.FieldSignature: godbus.MakeVariant(godbus.ParseSignatureMust("sba(sv)")),
	}, Body: []any{"u", true, []struct {
		Name  string
		Value godbus.Variant
	}{}}}
	for _, p := range props {
		list := reflect.ValueOf(&m.Body[2]).Elem()
		list.Set(reflect.Append(list.Elem(), reflect.ValueOf(struct {
			Name  string
			Value godbus.Variant
		}{p.Name, godbus.MakeVariant(p.Value)})))
	}
	if err := m.EncodeTo(&b, nativeLittle); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(b.Bytes(), e.Bytes()) {
		t.Errorf("%x\nis not the end of\n%x", e.Bytes(), b.Bytes())
	}
}

func TestPropertyString(t *testing.T) {
	for want, p := range map[string]Property{
		`A="x y"`:         {Name: "A", Value: "x y"},
		`A=false`:         {Name: "A", Value: false},
		`A=-3`:            {Name: "A", Value: int32(-3)},
		`A=4`:             {Name: "A", Value: uint32(4)},
		`A=infinity`:      {Name: "A", Value: uint64(Infinity)},
		`A=0x0fa0`:        {Name: "A", Value: []byte{15, 160}},
		`A=["a" "b"]`:     {Name: "A", Value: []string{"a", "b"}},
		`PIDs=[1 23]`:     {Name: "PIDs", Value: []uint32{1, 23}},
		`A=9007199254740`: {Name: "A", Value: uint64(9007199254740)},
	} {
		if got := p.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestWithout: the words are those of systemd 257 and 252.
func TestWithout(t *testing.T) {
	props := func() []Property {
		return []Property{
			{Name: "MemoryMax", Value: uint64(1), Optional: true},
			{Name: "OOMPolicy", Value: "kill", Field: `annotations["x"]`},
			{Name: "CPUWeight", Value: uint64(0), Optional: true},
			{Name: "Delegate", Value: true},
		}
	}
	unknown := func(name string) error {
		return fmt.Errorf("StartTransientUnit: %w", &dbus.Error{Name: errUnknown, Message: "Cannot set property " + name + ", or unknown property."})
	}
	for _, c := range []struct {
		err        error
		left, want string
	}{
		{unknown("MemoryMax"), "OOMPolicy CPUWeight Delegate", ""},
		{&dbus.Error{Name: errInvalid, Message: "Value specified in CPUWeight is out of range"}, "MemoryMax OOMPolicy Delegate", ""},
		{unknown("OOMPolicy"), "", `annotations["x"]: systemd refuses OOMPolicy="kill": StartTransientUnit: Cannot set property OOMPolicy, or unknown property.`},
		{unknown("Delegate"), "", "systemd could not start it: StartTransientUnit: Cannot set property Delegate, or unknown property."},
		{unknown("MemoryMaxx"), "", "systemd could not start it: "},
		{&dbus.Error{Name: "org.freedesktop.DBus.Error.AccessDenied", Message: "MemoryMax"}, "", "systemd could not start it: MemoryMax"},
		{errors.New("MemoryMax"), "", "systemd could not start it: MemoryMax"},
	} {
		all := props()
		left, err := without(all, "start it", c.err)
		var names []string
		for _, p := range left {
			names = append(names, p.Name)
		}
		if strings.Join(names, " ") != c.left || (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v: %v %v, want %q %q", c.err, names, err, c.left, c.want)
		}
		if !reflect.DeepEqual(all, props()) {
			t.Errorf("%v: the list itself was changed", c.err)
		}
	}
}
