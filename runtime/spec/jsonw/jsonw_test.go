package jsonw

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
)

func TestStrings(t *testing.T) {
	for in, want := range map[string]string{
		"":               `""`,
		"plain":          `"plain"`,
		"\"\\/\n\t\r":    `"\"\\/\n\t\r"`,
		"\x00\x1f\x7f":   "\"\\u0000\\u001f\x7f\"",
		"ä€😀<&>":         `"ä€😀<&>"`,
		"a\u2028\u2029b": `"a\u2028\u2029b"`,
		"x\xffy\xc3":     `"x\ufffdy\ufffd"`,
		"\ufffd":         "\"\ufffd\"",
	} {
		if got := string(AppendString([]byte("p"), in)); got != "p"+want {
			t.Errorf("%q: %s, want p%s", in, got, want)
		}
	}
}

func TestDocument(t *testing.T) {
	b := append([]byte(nil), '{')
	b = AppendString(AppendName(b, "s{"), "{")
	b = AppendInt(AppendName(b, "min"), int64(math.MinInt64))
	b = AppendUint(AppendName(b, "max"), uint64(math.MaxUint64))
	b = AppendBool(AppendName(b, "b"), true)
	b = AppendStrings(AppendName(b, "l"), []string{"a[", "", "b"})
	b = AppendStrings(AppendName(b, "none"), nil)
	b = AppendStrings(AppendName(b, "empty"), []string{})
	b = AppendStringMap(AppendName(b, "m"), map[string]string{"z": "1", "a": "2", "": "3"})
	b = AppendStringMap(AppendName(b, "nomap"), nil)
	b = append(AppendName(b, "in"), '{')
	b = append(AppendName(b, "list"), '[')
	for i := range 3 {
		b = AppendInt(AppendComma(b), i)
	}
	b = append(b, ']', '}', '}')
	const want = `{"s{":"{","min":-9223372036854775808,"max":18446744073709551615,"b":true,` +
		`"l":["a[","","b"],"none":null,"empty":[],"m":{"":"3","a":"2","z":"1"},"nomap":null,"in":{"list":[0,1,2]}}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
}

// Whatever the strings, the output is what encoding/json reads as the same, with
// U+FFFD for each byte that is not UTF-8.
func FuzzRoundTrip(f *testing.F) {
	f.Add("key", "value\x00\u2028\"\\")
	f.Add("\xff", "{")
	f.Fuzz(func(t *testing.T, name, value string) {
		b := AppendStringMap(nil, map[string]string{name: value})
		var got map[string]string
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if want := (map[string]string{string([]rune(name)): string([]rune(value))}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", b, got, want)
		}
	})
}
