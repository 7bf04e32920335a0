package strictjson

import (
	"strconv"
	"strings"
)

// A FieldError says which field of a JSON document is wrong.
type FieldError struct {
	// Field is the path of the field, such as syscalls[3].errnoRet.
	// It is empty when the document as a whole is at fault.
	Field string
	// Problem is the value found and what was expected instead.
	Problem string

	cause error // what a caller's own decoding function returned, if it did
}

// Error gives "field: problem" on one line.
func (e *FieldError) Error() string {
	if e.Field == "" {
		return e.Problem
	}
	return e.Field + ": " + e.Problem
}

// Unwrap gives the error of a function passed to Decoder.Object or
// Decoder.Array, or nil.
func (e *FieldError) Unwrap() error { return e.cause }

// problem makes an error whose path is still to be put together by Under.
func problem(text string) error { return &FieldError{Problem: text} }

// TooLarge is the error for a document of size bytes, more than MaxSize.
func TooLarge(size int64) error {
	return problem(strconv.FormatInt(size, 10) + " bytes: expected at most " + strconv.Itoa(MaxSize))
}

// Under puts segment, "name" or "[3]", in front of the path of err, which it
// changes and returns if it is a *FieldError. Another error gets to be one that
// unwraps to it.
func Under(segment string, err error) error {
	e, ok := err.(*FieldError)
	if !ok {
		e = &FieldError{Problem: err.Error(), cause: err}
	}
	switch {
	case e.Field == "" || e.Field[0] == '[':
		e.Field = segment + e.Field
	default:
		e.Field = segment + "." + e.Field
	}
	return e
}

// Member gives the path segment of an object's member: the name itself if it
// looks like an identifier, ["name"] otherwise. It is never longer than a line
// can bear, and never has a line break.
func Member(name string) string {
	for i := 0; i < len(name); i++ {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return "[" + Quote(name) + "]"
		}
	}
	if name == "" || len(name) > quoteMax {
		return "[" + Quote(name) + "]"
	}
	return name
}

// Index gives the path of element i of the list at path.
func Index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// quoteMax bounds, in bytes, how much of a value an error repeats.
const quoteMax = 64

// Quote gives s as a quoted string on one line, cut when it is long.
func Quote(s string) string {
	if len(s) > quoteMax {
		return strconv.Quote(strings.ToValidUTF8(s[:quoteMax], "")) + "..."
	}
	return strconv.Quote(s)
}
