package strictjson

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

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
