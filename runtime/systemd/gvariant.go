package systemd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kinds has the words by which the text format of GVariant names a type in front
// of a value, and what an error says was expected.
var kinds = [...]struct{ kind, word, example string }{
	{"b", "boolean", "true or false"},
	{"i", "int32", "a number, such as 15"},
	{"u", "uint32", "a number with its type, such as uint32 15"},
	{"t", "uint64", "a number with its type, such as uint64 5000000"},
	{"s", "string", "a string in quotes, such as 'text'"},
	{"as", "", "a list of strings, such as ['a.service', 'b.service']"},
	{"y", "byte", ""}, {"n", "int16", ""}, {"q", "uint16", ""}, {"x", "int64", ""}, {"d", "double", ""},
}

// parseValue reads a value of one of the types b, i, u, t, s, as. As in the
// format itself a number without a type in front is an int32.
func parseValue(text, kind string) (any, error) {
	rest, given := cutKind(strings.TrimSpace(text))
	wrong := errWrong(kind)
	if given != "" && given != kind || !utf8.ValidString(text) {
		return nil, wrong
	}
	switch kind {
	case "b":
		if rest == "true" || rest == "false" {
			return rest == "true", nil
		}
	case "i":
		if n, err := strconv.ParseInt(rest, 0, 32); err == nil && plainNumber(rest) {
			return int32(n), nil
		}
	case "u":
		if n, err := strconv.ParseUint(rest, 0, 32); err == nil && plainNumber(rest) && given != "" {
			return uint32(n), nil
		}
	case "t":
		if n, err := strconv.ParseUint(rest, 0, 64); err == nil && plainNumber(rest) && given != "" {
			return n, nil
		}
	case "s":
		s, rest, err := cutString(rest)
		if err != nil {
			return nil, err
		}
		if rest == "" {
			return s, nil
		}
	case "as":
		return parseStrings(rest)
	}
	return nil, wrong
}

func errWrong(kind string) error {
	for _, k := range kinds {
		if k.kind == kind {
			return errors.New("expected " + k.example)
		}
	}
	return errors.New("expected another type")
}

// cutKind takes a type off the front: "uint64 5", "@t 5".
func cutKind(text string) (rest, kind string) {
	first, rest, ok := strings.Cut(text, " ")
	if !ok {
		return text, ""
	}
	for _, k := range kinds {
		if first == "@"+k.kind || k.word != "" && first == k.word {
			return strings.TrimLeft(rest, " "), k.kind
		}
	}
	return text, ""
}

// plainNumber refuses what strconv accepts and others do not, or understand
// otherwise: 1_000, 0b1, 010 (which may be ten or eight), signs before 0x.
func plainNumber(s string) bool {
	if strings.HasPrefix(s, "0x") {
		return !strings.Contains(s, "_")
	}
	digits := strings.TrimLeft(s, "+-")
	return strings.Trim(digits, "0123456789") == "" && (digits == "0" || digits[0] != '0')
}

// parseNumber reads a number of any type.
func parseNumber(text string) (float64, error) {
	rest, given := cutKind(strings.TrimSpace(text))
	switch given {
	case "b", "s", "as":
		return 0, errors.New("expected a number of seconds")
	}
	v, err := strconv.ParseFloat(rest, 64)
	if err != nil || strings.ContainsAny(rest, "_xXpPnN") {
		return 0, errors.New("expected a number of seconds")
	}
	return v, nil
}

// cutString takes a string in single or double quotes off the front.
func cutString(text string) (s, rest string, err error) {
	if text == "" || text[0] != '\'' && text[0] != '"' {
		return "", "", errWrong("s")
	}
	var b strings.Builder
	for i := 1; i < len(text); {
		c := text[i]
		i++
		switch {
		case c == text[0]:
			if s = b.String(); strings.IndexByte(s, 0) >= 0 {
				return "", "", errors.New("expected a string without NUL")
			}
			return s, text[i:], nil
		case c != '\\':
			b.WriteByte(c)
			continue
		case i == len(text):
			continue
		}
		c = text[i]
		i++
		switch c {
		case 'a', 'b', 'f', 'n', 'r', 't', 'v':
			b.WriteByte("\a\b\f\n\r\t\v"[strings.IndexByte("abfnrtv", c)])
		case 'u', 'U':
			n := 4
			if c == 'U' {
				n = 8
			}
			if len(text)-i < n {
				return "", "", fmt.Errorf(`\%c: expected %d hexadecimal digits`, c, n)
			}
			r, err := strconv.ParseUint(text[i:i+n], 16, 32)
			if err != nil || !utf8.ValidRune(rune(r)) {
				return "", "", fmt.Errorf(`\%c%s: expected a character's number`, c, text[i:i+n])
			}
			b.WriteRune(rune(r))
			i += n
		case '\n': // goes on in the next line
		default:
			b.WriteByte(c)
		}
	}
	return "", "", errors.New("the string has no end")
}

// parseStrings reads a list of strings: ['a', "b"], [].
func parseStrings(text string) ([]string, error) {
	wrong := errWrong("as")
	rest, ok := strings.CutPrefix(text, "[")
	if !ok {
		return nil, wrong
	}
	out := []string{}
	for rest = strings.TrimLeft(rest, " "); ; {
		if rest == "]" && len(out) == 0 {
			return out, nil
		}
		s, after, err := cutString(rest)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
		switch rest = strings.TrimLeft(after, " "); {
		case rest == "]":
			return out, nil
		case strings.HasPrefix(rest, ","):
			rest = strings.TrimLeft(rest[1:], " ")
		default:
			return nil, wrong
		}
	}
}
