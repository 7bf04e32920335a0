package strictjson

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// check reads text completely as one value of any kind.
func check(text string) error {
	d := NewDecoder([]byte(text))
	if _, err := d.Skip(); err != nil {
		return err
	}
	return d.End()
}

func TestSyntax(t *testing.T) {
	for _, text := range []string{
		`null`, `true`, `false`, `0`, `-0`, `1`, `-12`, `1.5`, `0.0`, `1e3`, `1E+3`, `1.25e-3`,
		`""`, `"a"`, `"\u00e4"`, `"\ud83d\ude00"`, `"ä😀"`, "\"\u007f\"", `"\"\\\/\b\f\n\r\t"`,
		`[]`, `[ ]`, `[1]`, `[1,2]`, `[[],{}]`, `{}`, `{ }`, `{"a":1}`, `{"a":1,"b":2}`, `{"":0}`,
		" \t\r\n{ \"a\" : [ 1 , 2 ] } \n",
	} {
		if err := check(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if !json.Valid([]byte(text)) {
			t.Errorf("%s: encoding/json does not agree that this is valid", text)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{``, `line 1, column 1: unexpected end of text, expected a value`},
		{" \n ", `line 2, column 2: unexpected end of text, expected a value`},
		{`nul`, `line 1, column 1: unexpected 'n', expected a value`},
		{`True`, `line 1, column 1: unexpected 'T', expected a value`},
		{`nullx`, `line 1, column 5: unexpected 'x', expected the end of the text, after one value`},
		{`{} {}`, `line 1, column 4: unexpected '{', expected the end of the text, after one value`},
		{"{}\x00", `line 1, column 3: unexpected '\x00', expected the end of the text, after one value`},
		{"\x00", `line 1, column 1: unexpected '\x00', expected a value`},
		{"\ufeff{}", `line 1, column 1: unexpected '\ufeff', expected a value`},
		{"\xff", `line 1, column 1: unexpected byte 0xff, expected a value`},
		{"\u00a01", "line 1, column 1: unexpected '\\u00a0', expected a value"},
		{`01`, `line 1, column 2: unexpected '1', expected the end of the text, after one value`},
		{`-`, `line 1, column 2: unexpected end of text, expected a digit`},
		{`-x`, `line 1, column 2: unexpected 'x', expected a digit`},
		{`1.`, `line 1, column 3: unexpected end of text, expected a digit`},
		{`.5`, `line 1, column 1: unexpected '.', expected a value`},
		{`1e`, `line 1, column 3: unexpected end of text, expected a digit`},
		{`1e+`, `line 1, column 4: unexpected end of text, expected a digit`},
		{`+1`, `line 1, column 1: unexpected '+', expected a value`},
		{`NaN`, `line 1, column 1: unexpected 'N', expected a value`},
		{`'a'`, `line 1, column 1: unexpected '\'', expected a value`},
		{`"a`, `line 1, column 1: string without its closing quote`},
		{`"a\`, `line 1, column 1: string without its closing quote`},
		{`"a\"`, `line 1, column 1: string without its closing quote`},
		{"\"a\nb\"", `line 1, column 3: control character 0xa in a string, expected an escape such as \n`},
		{"\"\\t\x1f\"", `line 1, column 4: control character 0x1f in a string, expected an escape such as \n`},
		{`"\x41"`, `line 1, column 2: unknown escape, expected one of \" \\ \/ \b \f \n \r \t \uXXXX`},
		{`"\u12"`, `line 1, column 2: \u without four hexadecimal digits`},
		{`"\u12g4"`, `line 1, column 2: \u without four hexadecimal digits`},
		{`"\u`, `line 1, column 2: \u without four hexadecimal digits`},
		{`"\ud800"`, `line 1, column 2: unpaired surrogate \ud800`},
		{`"\ud800\u0041"`, `line 1, column 2: unpaired surrogate \ud800`},
		{`"\ud800\ud800"`, `line 1, column 2: unpaired surrogate \ud800`},
		{`"\udc00\ud800"`, `line 1, column 2: unpaired surrogate \udc00`},
		{"\"ab\xffc\"", `line 1, column 4: byte 0xff in a string, expected UTF-8`},
		{"\"\\n\xc3\"", `line 1, column 4: byte 0xc3 in a string, expected UTF-8`},
		{"\"\xed\xa0\x80\"", `line 1, column 2: byte 0xed in a string, expected UTF-8`},
		{"\"\xc0\x80\"", `line 1, column 2: byte 0xc0 in a string, expected UTF-8`},
		{`[`, `[0]: line 1, column 2: unexpected end of text, expected a value`},
		{`[1`, `line 1, column 3: unexpected end of text, expected ',' or ']'`},
		{`[1,]`, `[1]: line 1, column 4: unexpected ']', expected a value`},
		{`[1 2]`, `line 1, column 4: unexpected '2', expected ',' or ']'`},
		{`[,1]`, `[0]: line 1, column 2: unexpected ',', expected a value`},
		{`{`, `line 1, column 2: unexpected end of text, expected a name in quotes`},
		{`{"a"}`, `a: line 1, column 5: unexpected '}', expected ':'`},
		{`{"a":}`, `a: line 1, column 6: unexpected '}', expected a value`},
		{`{"a":1,}`, `line 1, column 8: unexpected '}', expected a name in quotes`},
		{`{"a":1 "b":2}`, `line 1, column 8: unexpected '"', expected ',' or '}'`},
		{`{a:1}`, `line 1, column 2: unexpected 'a', expected a name in quotes`},
		{`{1:1}`, `line 1, column 2: unexpected '1', expected a name in quotes`},
		{`[1}`, `line 1, column 3: unexpected '}', expected ',' or ']'`},
		{`// x`, `line 1, column 1: unexpected '/', expected a value`},
		{`{"a":{"b":[0,{"a":1,"a":2}]}}`, `a.b[1].a: duplicate field, expected every name only once`},
		{`{"a":1,"\u0061":2}`, `a: duplicate field, expected every name only once`},
		{`{"x\ny":[nul]}`, `["x\ny"][0]: line 1, column 10: unexpected 'n', expected a value`},
		{`{"":[nul]}`, `[""][0]: line 1, column 6: unexpected 'n', expected a value`},
	} {
		err := check(c.text)
		if err == nil || err.Error() != c.want {
			t.Errorf("%q:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestStrings(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`"plain"`, "plain"},
		{`"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t"},
		{`"a\u0000b"`, "a\x00b"},
		{`"\u00E4\u00e4ä"`, "äää"},
		{`"\uD83D\uDE00\uffff"`, "😀\uffff"},
		{`"x\ud800\udc00\udbff\udfffy"`, "x\U00010000\U0010ffffy"},
	} {
		d := NewDecoder([]byte(c.text))
		got, err := d.String()
		if err == nil {
			err = d.End()
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v, want %q", c.text, got, err, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	nest := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	if err := check(nest(MaxDepth)); err != nil {
		t.Errorf("%d levels: %v", MaxDepth, err)
	}
	err := check(nest(MaxDepth + 1))
	if err == nil || !strings.HasSuffix(err.Error(), "column 65: nested more than 64 levels deep") {
		t.Errorf("%d levels: %v", MaxDepth+1, err)
	}
	if err := check(strings.Repeat(`{"a":`, 200000)); err == nil || !strings.Contains(err.Error(), "nested more than 64") {
		t.Errorf("200000 objects: %v", err)
	}
	// Siblings do not add up.
	if err := check("[" + strings.Repeat(nest(MaxDepth-1)+",", 100) + "0]"); err != nil {
		t.Errorf("siblings: %v", err)
	}

	big := `"` + strings.Repeat("a", MaxSize-2) + `"`
	if err := check(big); err != nil {
		t.Errorf("%d bytes: %v", len(big), err)
	}
	want := fmt.Sprintf("%d bytes: expected at most %d", MaxSize+1, MaxSize)
	if err := check(big + " "); err == nil || err.Error() != want {
		t.Errorf("%d bytes: %v, want %s", len(big)+1, err, want)
	}
	// Every way to read it says the same, and first.
	huge := []byte(big + " ")
	for name, read := range map[string]func(d *Decoder) error{
		"Object":    func(d *Decoder) error { return d.Object(func(string) error { return nil }) },
		"Array":     func(d *Decoder) error { return d.Array(func(int) error { return nil }) },
		"String":    func(d *Decoder) error { _, err := d.String(); return err },
		"Bool":      func(d *Decoder) error { _, err := d.Bool(); return err },
		"Int64":     func(d *Decoder) error { _, err := d.Int64(); return err },
		"Uint64":    func(d *Decoder) error { _, err := d.Uint64(); return err },
		"Scalars":   func(d *Decoder) error { var v []string; return Scalars(d, &v, Text[string]) },
		"StringMap": func(d *Decoder) error { _, err := d.StringMap(); return err },
		"End":       func(d *Decoder) error { return d.End() },
		"Members":   func(d *Decoder) error { o := d.Members(); o.Next(); return o.End(1, "a") },
	} {
		if err := read(NewDecoder(huge)); err == nil || err.Error() != want {
			t.Errorf("%s of %d bytes: %v, want %s", name, len(huge), err, want)
		}
	}
}

// Many unknown names must not cost a search through all of them each.
func TestManyNames(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"id":7`)
	for i := range 200000 {
		fmt.Fprintf(&b, `,"x%d":0`, i)
	}
	v, err := Parse([]byte(b.String()+"}"), readPoint)
	if err != nil || v.id != 7 {
		t.Errorf("%v, %v", v, err)
	}
	_, err = Parse([]byte(b.String()+`,"x7":0}`), readPoint)
	if err == nil || err.Error() != "x7: duplicate field, expected every name only once" {
		t.Errorf("duplicate: %v", err)
	}
}

// FuzzSyntax: texts that Skip accepts are JSON, and texts that are JSON are
// refused only for the rules that this package adds.
func FuzzSyntax(f *testing.F) {
	for _, text := range []string{`{"a":[1.5e-3,"\ud83d\ude00",null,true,false,{}]}`, `{"a":1,"a":2}`, `"\ud800"`, "\"\xff\""} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := check(string(data))
		if valid := json.Valid(data); valid == (err == nil) {
			return
		} else if !valid {
			t.Fatalf("%q: accepted, but is not JSON", data)
		}
		for _, reason := range []string{"duplicate field", "expected UTF-8", "unpaired surrogate", "nested more"} {
			if strings.Contains(err.Error(), reason) {
				return
			}
		}
		t.Errorf("%q: %v", data, err)
	})
}
