package systemd

import (
	"reflect"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

func TestAnnotated(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"TimeoutStopUSec", "uint64 123456789", "TimeoutStopUSec=123456789"},
		{"TimeoutStopUSec", " @t  0x10 ", "TimeoutStopUSec=16"},
		{"TimeoutStopSec", "5", "TimeoutStopUSec=5000000"},
		{"TimeoutStopSec", "1.5", "TimeoutStopUSec=1500000"},
		{"RuntimeMaxSec", "uint64 2", "RuntimeMaxUSec=2000000"},
		{"CollectMode", "'inactive-or-failed'", `CollectMode="inactive-or-failed"`},
		{"Description", `"it's \"mine\" \u00e4\n"`, `Description="it's \"mine\" ä\n"`},
		{"Description", `string 'x'`, `Description="x"`},
		{"DefaultDependencies", "true", "DefaultDependencies=true"},
		{"SendSIGHUP", "@b false", "SendSIGHUP=false"},
		{"After", "['crio.service']", `After=["crio.service"]`},
		{"Before", `@as [ 'a.service' , "b.service" ]`, `Before=["a.service" "b.service"]`},
		{"PartOf", "@as []", "PartOf=[]"},
		{"KillSignal", "15", "KillSignal=15"},
		{"KillSignal", "int32 -1", "KillSignal=-1"},
		{"ManagedOOMMemoryPressureLimit", "uint32 4", "ManagedOOMMemoryPressureLimit=4"},
	} {
		props, err := Annotated(map[string]string{"org.systemd.property." + c.name: c.text, "other": "x"})
		if err != nil || len(props) != 1 || props[0].String() != c.want || props[0].Optional {
			t.Errorf("%s %s: %v %v, want %s", c.name, c.text, props, err, c.want)
		}
	}
	props, err := Annotated(map[string]string{AnnotationPrefix + "KillSignal": "15", AnnotationPrefix + "After": "['b']", "io.x": "y"})
	if err != nil || len(props) != 2 || props[0].Name != "After" || props[1].Name != "KillSignal" {
		t.Errorf("%v %v", props, err)
	}
}

func TestAnnotatedErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"Slice", "'x.slice'", "expected one of the properties After, Before, "},
		{"MemoryMax", "uint64 5", "expected one of the properties"},
		{"", "true", "expected one of the properties"},
		{"timeoutstopusec", "uint64 5", "expected one of the properties"},
		{"USec", "uint64 5", "expected one of the properties"},
		{"TimeoutStopUSec", "5", "expected a number with its type, such as uint64 5000000"},
		{"TimeoutStopUSec", "uint64 -5", "expected a number with its type"},
		{"TimeoutStopUSec", "uint64 18446744073709551616", "expected a number with its type"},
		{"TimeoutStopUSec", "uint64 1_000", "expected a number with its type"},
		{"TimeoutStopUSec", "uint64 5 6", "expected a number with its type"},
		{"TimeoutStopUSec", "int64 5", "expected a number with its type"},
		{"TimeoutStopSec", "'5'", "expected a number of seconds"},
		{"TimeoutStopSec", "-1", "expected a number of seconds"},
		{"TimeoutStopSec", "inf", "expected a number of seconds"},
		{"TimeoutStopSec", "1e40", "expected a number of seconds"},
		{"CollectMode", "inactive", "expected a string in quotes, such as 'text'"},
		{"CollectMode", "'inactive", "the string has no end"},
		{"CollectMode", `'inactive\`, "the string has no end"},
		{"CollectMode", "'a' 'b'", "expected a string in quotes"},
		{"CollectMode", "true", "expected a string in quotes"},
		{"Description", `'\u00zz'`, `\u00zz: expected a character's number`},
		{"Description", `'\u00'`, `\u: expected 4 hexadecimal digits`},
		{"Description", `'\ud800'`, `expected a character's number`},
		{"Description", `'\U00110000'`, `expected a character's number`},
		{"Description", `'\u0000'`, `expected a string without NUL`},
		{"Description", "'\xff'", `expected a string in quotes`},
		{"DefaultDependencies", "1", "expected true or false"},
		{"DefaultDependencies", "'true'", "expected true or false"},
		{"DefaultDependencies", "True", "expected true or false"},
		{"After", "'crio.service'", "expected a list of strings"},
		{"After", "['a' 'b']", "expected a list of strings"},
		{"After", "['a',]", "expected a string in quotes"},
		{"After", "['a'", "expected a list of strings"},
		{"After", "[", "expected a string in quotes"},
		{"After", "['a'] x", "expected a list of strings"},
		{"After", "[5]", "expected a string in quotes"},
		{"KillSignal", "uint32 15", "expected a number, such as 15"},
		{"KillSignal", "4294967296", "expected a number, such as 15"},
		{"KillSignal", "SIGTERM", "expected a number, such as 15"},
		{"ManagedOOMMemoryPressureLimit", "4", "expected a number with its type, such as uint32 15"},
	} {
		_, err := Annotated(map[string]string{AnnotationPrefix + c.name: c.text})
		prefix := `annotations["` + AnnotationPrefix + c.name + `"]: `
		if err == nil || !strings.HasPrefix(err.Error(), prefix) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v, want %s", c.name, c.text, err, c.want)
		}
	}
	_, err := Annotated(map[string]string{AnnotationPrefix + "TimeoutStopSec": "1", AnnotationPrefix + "TimeoutStopUSec": "uint64 1"})
	if err == nil || !strings.Contains(err.Error(), "another annotation sets TimeoutStopUSec too") {
		t.Errorf("the same property twice: %v", err)
	}
}

// FuzzValue: what is accepted means the same to another implementation of the
// format, which other runtimes use.
func FuzzValue(f *testing.F) {
	for _, s := range []string{"true", "@b false", "15", "int32 -0x7", "uint64 5", "@t 0x10", "'a'", `"\u00e4\n\"'"`, "['a', \"b\"]", "@as []", "uint32 010", "'\\\n'"} {
		for i := range []string{"b", "i", "u", "t", "s", "as"} {
			f.Add(s, i)
		}
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		kinds := []string{"b", "i", "u", "t", "s", "as"}
		kind := kinds[uint(n)%uint(len(kinds))]
		got, err := parseValue(text, kind)
		if err != nil || strings.Contains(text, "0x0") { // which the other takes for octal
			return
		}
		sig := dbus.Signature{}
		if kind == "as" {
			sig = dbus.ParseSignatureMust("as") // of [] it could not tell the type
		}
		v, err := dbus.ParseVariant(text, sig)
		if err != nil {
			t.Fatalf("%q as %s: %v, and the other says %v", text, kind, got, err)
		}
		if want := v.Value(); !reflect.DeepEqual(got, want) {
			t.Errorf("%q as %s: %#v, and the other says %#v", text, kind, got, want)
		}
	})
}
