// Package jsonw writes JSON by appending to a byte slice: no reflection, no
// intermediate values, and nothing that runs before main. It is for documents
// whose shape is known, such as the state of a container:
//
//	b := append(buf[:0], '{')
//	b = jsonw.AppendString(jsonw.AppendName(b, "id"), id)
//	b = jsonw.AppendInt(jsonw.AppendName(b, "pid"), pid)
//	b = jsonw.AppendStringMap(jsonw.AppendName(b, "cgroupPaths"), paths)
//	b = append(b, '}')
//
// The brackets are the caller's; the functions put commas where they belong by
// looking at the last byte. Output is compact and has the members in the order
// in which they were appended, maps in the order of their names, so that equal
// values give equal bytes. What is written by this package is read back
// unchanged by spec.Decoder, except that bytes which are not UTF-8, which JSON
// cannot hold, become U+FFFD.
package jsonw

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// AppendName appends the name of an object's member and its colon, with a comma
// before it unless the object has just been opened.
func AppendName(b []byte, name string) []byte {
	return append(AppendString(AppendComma(b), name), ':')
}

// AppendComma appends the comma between two elements of an array, unless the
// array has just been opened.
func AppendComma(b []byte) []byte {
	if n := len(b); n == 0 || b[n-1] == '[' || b[n-1] == '{' {
		return b
	}
	return append(b, ',')
}

// AppendString appends s in quotes. Control characters, quotes and backslashes
// are escaped, and so are U+2028 and U+2029, which JavaScript takes for line
// breaks.
func AppendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	done := 0 // s[:done] has been appended
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		n := 1
		var r rune
		if c >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
			if r != '\u2028' && r != '\u2029' && (r != utf8.RuneError || n > 1) {
				i += n
				continue
			}
		}
		b = append(b, s[done:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			if c < ' ' {
				r = rune(c)
			}
			b = append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		}
		i += n
		done = i
	}
	b = append(b, s[done:]...)
	return append(b, '"')
}

// AppendStrings appends a list of strings; nil gives null.
func AppendStrings(b []byte, list []string) []byte {
	if list == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for _, s := range list {
		b = AppendString(AppendComma(b), s)
	}
	return append(b, ']')
}

// AppendStringMap appends an object whose values are strings, in the order of
// the names; nil gives null.
func AppendStringMap(b []byte, m map[string]string) []byte {
	if m == nil {
		return append(b, "null"...)
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	b = append(b, '{')
	for _, name := range names {
		b = AppendString(AppendName(b, name), m[name])
	}
	return append(b, '}')
}

// AppendInt appends an integer.
func AppendInt[T ~int | ~int32 | ~int64](b []byte, n T) []byte {
	return strconv.AppendInt(b, int64(n), 10)
}

// AppendUint appends an integer that is not negative.
func AppendUint[T ~uint | ~uint32 | ~uint64](b []byte, n T) []byte {
	return strconv.AppendUint(b, uint64(n), 10)
}

// AppendBool appends true or false.
func AppendBool(b []byte, v bool) []byte { return strconv.AppendBool(b, v) }
