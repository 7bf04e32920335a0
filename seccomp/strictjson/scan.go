package strictjson

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of the decoder. They stop input that is made to exhaust memory or the
// stack; real documents stay far below them.
const (
	// MaxSize is the largest document, in bytes.
	MaxSize = 16 << 20
	// MaxDepth is how many arrays and objects may be open at once.
	MaxDepth = 64
)

// space moves to the next byte that is not white space, and gives it, or 0 at
// the end. (A NUL in the text is not told from the end here; every caller
// treats both as an unexpected character and asks unexpected for the words.)
func (d *Decoder) space() byte {
	s, i := d.s, d.pos
	for i < len(s) {
		c := s[i]
		if c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			d.pos = i
			return c
		}
		i++
	}
	d.pos = i
	return 0
}

// unexpected describes the byte at the current position.
func (d *Decoder) unexpected(expected string) error {
	found := "end of text"
	if d.pos < len(d.s) {
		r, n := utf8.DecodeRuneInString(d.s[d.pos:])
		if r == utf8.RuneError && n <= 1 {
			found = "byte 0x" + strconv.FormatUint(uint64(d.s[d.pos]), 16)
		} else {
			found = strconv.QuoteRune(r)
		}
	}
	return d.syntax(d.pos, "unexpected "+found+", expected "+expected)
}

// syntax reports a violation of RFC 8259 at offset at. A document that NewDecoder
// did not take looks empty, so that every reader of it ends up here.
func (d *Decoder) syntax(at int, text string) error {
	if len(d.data) > MaxSize {
		return TooLarge(int64(len(d.data)))
	}
	line := 1 + strings.Count(d.s[:at], "\n")
	column := at - strings.LastIndexByte(d.s[:at], '\n')
	return problem("line " + strconv.Itoa(line) + ", column " + strconv.Itoa(column) + ": " + text)
}

// enter counts an opening bracket, and steps over it.
func (d *Decoder) enter() error {
	if d.depth == MaxDepth {
		return d.syntax(d.pos, "nested more than "+strconv.Itoa(MaxDepth)+" levels deep")
	}
	d.depth++
	d.pos++
	return nil
}

// literal steps over word if it is the next token. What follows is checked by
// the caller of the caller: only a comma, a bracket or the end can.
func (d *Decoder) literal(word string) bool {
	if strings.HasPrefix(d.s[d.pos:], word) {
		d.pos += len(word)
		return true
	}
	return false
}

// number steps over a number (RFC 8259, section 6) and gives its text.
func (d *Decoder) number() (string, error) {
	start := d.pos
	if d.at('-') {
		d.pos++
	}
	switch {
	case d.at('0'):
		d.pos++
	case !d.digits():
		return "", d.unexpected("a digit")
	}
	if d.at('.') {
		d.pos++
		if !d.digits() {
			return "", d.unexpected("a digit")
		}
	}
	if d.at('e') || d.at('E') {
		d.pos++
		if d.at('+') || d.at('-') {
			d.pos++
		}
		if !d.digits() {
			return "", d.unexpected("a digit")
		}
	}
	return d.s[start:d.pos], nil
}

// at says whether the next byte is c.
func (d *Decoder) at(c byte) bool { return d.pos < len(d.s) && d.s[d.pos] == c }

// digits steps over decimal digits and says whether there was one.
func (d *Decoder) digits() bool {
	start := d.pos
	for d.pos < len(d.s) && d.s[d.pos]-'0' <= 9 {
		d.pos++
	}
	return d.pos > start
}

// skip steps over one value of any kind.
func (d *Decoder) skip() error {
	switch c := d.space(); {
	case c == '{':
		o := d.Members()
		for o.Next() {
			o.Unknown("")
		}
		return o.End(0, "")
	case c == '[':
		a := d.array()
		for a.next() {
			a.err = d.skip()
		}
		return a.err
	case c == '"':
		_, err := d.quoted()
		return err
	case c == '-' || '0' <= c && c <= '9':
		_, err := d.number()
		return err
	case d.literal("null") || d.literal("true") || d.literal("false"):
		return nil
	}
	return d.unexpected("a value")
}

// mismatch is the error for a value of the wrong type. Broken syntax is
// reported as such.
func (d *Decoder) mismatch(expected string) error {
	found := ""
	switch d.space() {
	case '{':
		found = "an object"
	case '[':
		found = "an array"
	case '"':
		text, err := d.quoted()
		if err != nil {
			return err
		}
		found = Quote(text)
	default:
		start := d.pos
		if err := d.skip(); err != nil {
			return err
		}
		found = cut(d.s[start:d.pos])
	}
	return problem(found + ": expected " + expected)
}

// cut bounds a number that is repeated in an error.
func cut(s string) string {
	if len(s) > quoteMax {
		return s[:quoteMax] + "..."
	}
	return s
}
