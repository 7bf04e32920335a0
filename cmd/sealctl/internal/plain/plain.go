// Package plain keeps what a terminal would act on out of text: names of files and
// strings of profiles can hold escape sequences, line feeds and characters that change
// the direction of writing, and whoever reads them is not always who wrote them.
//
//	fmt.Fprintf(w, "%s: no findings\n", plain.Text(name))
//	w.Write(plain.JSON(text))
//
// What is printable, in any language, stays as it is.
package plain

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text returns s on one line, with what is not printable as Go spells it in strings:
// \x1b, \n, \u202e. Text without such characters is returned as it is.
func Text(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || !strconv.IsPrint(r) }) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, s[i]) // a byte that is no UTF-8
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// Lines is Text for each line of s.
func Lines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = Text(lines[i])
	}
	return strings.Join(lines, "\n")
}

// JSON returns a text that encoding/json has made, with \u escapes for those characters
// that it leaves alone and that are not printable. The values stay the same.
func JSON(text []byte) []byte {
	special := func(r rune) bool { return r >= 0x7f && r != utf8.RuneError && !strconv.IsPrint(r) }
	if !bytes.ContainsFunc(text, special) {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) { // only strings have such characters
		switch {
		case !special(r):
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes()
}
