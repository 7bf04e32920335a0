package plain

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	for _, c := range [][2]string{
		{"profile.json", "profile.json"},
		{"プロファイル é.json", "プロファイル é.json"},
		{"a\x1b[31mb\x07\r\nc\td", `a\x1b[31mb\a\r\nc\td`},
		{"\u009b31m\u202e\u2028\x7f\U000e0001", `\u009b31m\u202e\u2028\x7f\U000e0001`},
		{"\xff\xc3\ufffd", `\xff\xc3` + "\ufffd"},
		{`quotes ' " \`, `quotes ' " \`},
	} {
		if got := Text(c[0]); got != c[1] {
			t.Errorf("Text(%q) = %q, want %q", c[0], got, c[1])
		}
	}
}

func TestJSON(t *testing.T) {
	for _, s := range []string{"read", "é ✓ \ufffd", "\x1b[31m\u009b\u202e\u2066\x7f\U000e0001\U0001f600</script>\n"} {
		var in bytes.Buffer
		e := json.NewEncoder(&in)
		e.SetEscapeHTML(false)
		if err := e.Encode(map[string]string{"name": s}); err != nil {
			t.Fatal(err)
		}
		out := JSON(in.Bytes())
		var back map[string]string
		if err := json.Unmarshal(out, &back); err != nil || back["name"] != s {
			t.Errorf("%q became %q (%v)", s, out, err)
		}
		if i := strings.IndexFunc(string(out), func(r rune) bool { return r != '\n' && !strconv.IsPrint(r) }); i >= 0 {
			t.Errorf("%q is not printable at %d", out, i)
		}
	}
}
