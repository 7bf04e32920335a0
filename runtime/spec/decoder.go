package spec

import "github.com/runseal/runseal/seccomp/strictjson"

// The decoder is package strictjson's, which lies lower so that package seccomp
// reads profiles with it too. These are its names in this package.

// A Decoder reads one JSON document from its start to its end.
type Decoder = strictjson.Decoder

// A FieldError says which field of config.json (or of another document that a
// [Decoder] has read) is wrong.
type FieldError = strictjson.FieldError

// MaxSize is the largest document, in bytes.
const MaxSize = strictjson.MaxSize

// NewDecoder gives a Decoder for data. The strings that it decodes do not share
// data's memory; what Skip gives does.
func NewDecoder(data []byte) *Decoder { return strictjson.NewDecoder(data) }
