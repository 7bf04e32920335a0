package spec

import (
	"fmt"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// bad makes the error of a validation rule.
func bad(field, format string, a ...any) error {
	return &FieldError{Field: field, Problem: fmt.Sprintf(format, a...)}
}

// The parts of errors that validation shares with the decoder, by short names.

func tooLarge(size int64) error             { return strictjson.TooLarge(size) }
func under(segment string, err error) error { return strictjson.Under(segment, err) }
func member(name string) string             { return strictjson.Member(name) }
func index(path string, i int) string       { return strictjson.Index(path, i) }
func quote(s string) string                 { return strictjson.Quote(s) }
