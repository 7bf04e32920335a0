package spec

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of the decoder. They stop input that is made to exhaust memory or the
// stack; real documents stay below a tenth of them.
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

// syntax reports a violation of RFC 8259 at offset at.
func (d *Decoder) syntax(at int, text string) error {
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

// quoted reads the string that starts at the current position. The result is a
// part of the text unless it has escapes.
func (d *Decoder) quoted() (string, error) {
	s := d.s[d.pos+1:]
	var high byte // bit 7: a byte that is not ASCII
	for i := 0; i < len(s); i++ {
		c := s[i]
		high |= c
		if c > '"' && c != '\\' || c == ' ' || c == '!' {
			continue
		}
		start := d.pos + 1
		switch c {
		case '"':
			text := s[:i]
			if high >= utf8.RuneSelf && !utf8.ValidString(text) {
				return "", d.badUTF8(start, text)
			}
			d.pos = start + i + 1
			return text, nil
		case '\\':
			return d.escaped(start, start+i)
		}
		return "", d.control(start+i, c)
	}
	return "", d.syntax(d.pos, "string without its closing quote")
}

// control refuses control character c at offset at, in a string.
func (d *Decoder) control(at int, c byte) error {
	return d.syntax(at, "control character 0x"+strconv.FormatUint(uint64(c), 16)+" in a string, expected an escape such as \\n")
}

// escaped is the rest of quoted for a string that has its first backslash at
// offset i.
func (d *Decoder) escaped(start, i int) (string, error) {
	buf := append(make([]byte, 0, i-start+32), d.s[start:i]...)
	for i < len(d.s) {
		c := d.s[i]
		switch {
		case c == '"':
			d.pos = i + 1
			if text := string(buf); utf8.ValidString(text) {
				return text, nil
			}
			return "", d.badUTF8(start, d.s[start:i])
		case c < ' ':
			return "", d.control(i, c)
		case c != '\\':
			buf = append(buf, c)
			i++
			continue
		}
		if i+1 >= len(d.s) {
			break
		}
		at := i
		i += 2
		switch c = d.s[at+1]; c {
		case '"', '\\', '/':
			buf = append(buf, c)
		case 'b':
			buf = append(buf, '\b')
		case 'f':
			buf = append(buf, '\f')
		case 'n':
			buf = append(buf, '\n')
		case 'r':
			buf = append(buf, '\r')
		case 't':
			buf = append(buf, '\t')
		case 'u':
			r, ok := hex4(d.s, i)
			if !ok {
				return "", d.syntax(at, "\\u without four hexadecimal digits")
			}
			i += 4
			if 0xd800 <= r && r < 0xe000 {
				// Two escapes make one character beyond the 16-bit plane. Half
				// of a pair is no character; replacing it would let two
				// readers see two texts.
				low, ok := rune(0), false
				if r < 0xdc00 && strings.HasPrefix(d.s[i:], "\\u") {
					low, ok = hex4(d.s, i+2)
				}
				if !ok || low < 0xdc00 || low > 0xdfff {
					return "", d.syntax(at, "unpaired surrogate \\u"+d.s[at+2:at+6])
				}
				i += 6
				r = 0x10000 + (r-0xd800)<<10 + (low - 0xdc00)
			}
			buf = utf8.AppendRune(buf, r)
		default:
			return "", d.syntax(at, "unknown escape, expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX")
		}
	}
	return "", d.syntax(start-1, "string without its closing quote")
}

// badUTF8 points at the first byte of text, which starts at offset start, that
// is not part of a character.
func (d *Decoder) badUTF8(start int, text string) error {
	for i, r := range text {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(text[i:]); n == 1 {
				return d.syntax(start+i, "byte 0x"+strconv.FormatUint(uint64(text[i]), 16)+" in a string, expected UTF-8")
			}
		}
	}
	return d.syntax(start, "string is not UTF-8")
}

// hex4 reads four hexadecimal digits at offset i of s.
func hex4(s string, i int) (rune, bool) {
	if i+4 > len(s) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[i : i+4]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
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
		o := d.object()
		for o.next() {
			o.unknown("")
		}
		return o.end(0, "")
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
		found = quote(text)
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
