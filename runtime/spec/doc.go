// Package spec turns the text of a config.json into a validated *specs.Spec.
//
// The work has three steps, each of them a pure function of the one before:
//
//	s, raw, err := spec.Load("/run/bundle")  // text -> specs.Spec: syntax and types
//	err = spec.Validate(s)                   // does it mean something?
//	err = spec.Unsupported(s)                // does this version of runseal do all of it?
//
// # Strictness
//
// A runtime that reads a security policy must not read it differently from the
// program that wrote it or from the person who reviewed it. The decoder
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
// in config.md), but they have to be valid JSON. The sections of other platforms
// (windows, solaris, vm, zos, freebsd) are unknown members to this package.
//
// A null stands for "absent" where the Go type has a nil: pointers, lists and
// maps. It is an error for a scalar, an object held by value and a list's
// element.
//
// Limits: 16 MiB of text (MaxSize), 64 levels of nesting (MaxDepth).
//
// # Errors
//
// Every error about the content is a *FieldError and begins with the path of the
// field, in the notation of JavaScript:
//
//	process.args[2]: 7: expected a string
//	linux.seccomp.syscalls[3].errnoRet: -1: expected an integer from 0 to 4294967295
//	linux.sysctl["net.ipv4.ip_forward"]: 1: expected a string
//
// The path is put together while the error travels up; input without an error
// pays nothing for it.
//
// # How it is made
//
// Decoder is a scanner over one string; decoded strings without escapes are
// substrings of it, so that a config.json costs one copy and few allocations.
// The functions that fill the structs of runtime-spec are generated from the
// types themselves (go generate; see gen), because reflection at run time costs
// more than all the rest of the start of a container's runtime. Other packages
// decode small structs of their own with the exported methods of Decoder, and
// write JSON with package jsonw.
//
// The package reads no file except config.json in Load, and knows nothing of
// the running kernel: whether a path exists or a namespace file is what it
// claims to be is checked by those who open it.
package spec

//go:generate go run ./gen -o zdecode.go
