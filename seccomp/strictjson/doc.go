// Package strictjson reads JSON without reading it generously.
//
// A program that enforces a security policy must not read it differently from
// the program that wrote it or from the person who reviewed it. The [Decoder]
// therefore follows RFC 8259 to the letter and adds four rules:
//
//   - types are exact: "true" is not a bool, 1.0 and 1e3 are not integers, an
//     integer must fit its field;
//   - names are exact: a member whose name differs from a known one only by
//     case is an error ("did you mean"), never a second spelling;
//   - names are unique: a second member of the same name is an error at any
//     depth, also inside values that are skipped;
//   - text is UTF-8, an unpaired surrogate (\ud800) is an error, and nothing but
//     white space follows the value.
//
// Unknown members are skipped, as the OCI specification demands ("extensibility"
// in its config.md), but they have to be valid JSON.
//
// A null stands for "absent" where the Go type has a nil: pointers, lists and
// maps. It is an error for a scalar, an object held by value and a list's
// element.
//
// Limits: 16 MiB of text ([MaxSize]), 64 levels of nesting ([MaxDepth]).
//
// # Errors
//
// Every error about the content is a [*FieldError] and begins with the path of
// the field, in the notation of JavaScript:
//
//	process.args[2]: 7: expected a string
//	linux.seccomp.syscalls[3].errnoRet: -1: expected an integer from 0 to 4294967295
//	linux.sysctl["net.ipv4.ip_forward"]: 1: expected a string
//
// The path is put together while the error travels up; input without an error
// pays nothing for it. Each error is one line, however wild the text.
//
// # Two ways to use it
//
// The functions that fill the structs of runtime-spec are generated from the
// types themselves (command gen), because reflection at run time costs more than
// all the rest of the start of a container's runtime. They are made of
// [Members], which iterates over an object's members, and of one function for
// each kind of Go type ([Text], [Bool], [Unsigned32], [Pointer], [Slice],
// [Table] ...). [Parse] applies such a function to a whole document. Small
// structs are decoded by hand with [Decoder.Object], [Decoder.Array],
// [Decoder.String] and their like.
//
// The Decoder is a scanner over one string. Decoded strings without escapes are
// substrings of it, so that a document costs one copy and few allocations; a
// decoded string keeps the whole text in memory.
package strictjson
