package kube

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// fieldError makes one line of an error of the decoder, with the path of the field, its
// value and what was expected. The decoder itself leaves out which element of an array
// it is, and the value; it says where it stopped, though. The errors of a few types
// that read themselves, such as quantities, come without a field.
func fieldError(text []byte, err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return errors.New(oneLine(err.Error()))
	}
	f := finder{d: json.NewDecoder(bytes.NewReader(text)), offset: wrong.Offset}
	f.d.UseNumber()
	f.value("")
	// The offset is not one of the text if a type that reads itself made the error.
	if _, name := lastStep(wrong.Field); !strings.Contains(f.path, name) {
		f.path, f.found = wrong.Field, wrong.Value
	}
	problem := fmt.Sprintf("%s: expected %s", f.found, expected(wrong.Type))
	if f.path != "" {
		problem = oneLine(f.path) + ": " + problem
	}
	return errors.New(problem)
}

// A finder looks for the value of a JSON text that ends at an offset or, if it is an
// object or an array, has its first character there.
type finder struct {
	d      *json.Decoder
	offset int64
	path   string
	found  string // the value, or what it is
}

// value reads one value and returns whether it is done. The text has been read before,
// so that there is nothing wrong with its syntax.
func (f *finder) value(path string) (done bool) {
	token, err := f.d.Token()
	if err != nil {
		return true
	}
	if f.d.InputOffset() == f.offset {
		f.path, f.found = path, name(token)
		return true
	}
	switch token {
	case json.Delim('{'):
		for !done && f.d.More() {
			key, err := f.d.Token()
			done = err != nil || f.value(under(path, fmt.Sprint(key)))
		}
	case json.Delim('['):
		for i := 0; !done && f.d.More(); i++ {
			done = f.value(index(path, i))
		}
	default:
		return false
	}
	if !done {
		_, err = f.d.Token() // the closing one
	}
	return done || err != nil
}

func name(token json.Token) string {
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return "an object"
		}
		return "an array"
	case string:
		return strictjson.Quote(t)
	case json.Number:
		if len(t) > 32 {
			return "a long number"
		}
	}
	return fmt.Sprint(token)
}

// expected is what JSON has for a type.
func expected(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return fmt.Sprintf("an integer of %d bits", t.Bits())
	case reflect.Slice:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a value of type " + t.String()
}
