// Package spec turns the text of a config.json into a validated *specs.Spec.
//
// The work has three steps, each of them a pure function of the one before:
//
//	s, raw, err := spec.Load("/run/bundle")  // text -> specs.Spec: syntax and types
//	err = spec.Validate(s)                   // does it mean something?
//
// # Strictness
//
// The text is read by package seccomp/strictjson, which says what its decoder
// refuses: values of another type, names that differ by case, duplicates at any
// depth, what is not UTF-8, and text behind the value.
//
// Unknown members are skipped, as the OCI specification demands ("extensibility"
// in config.md), but they have to be valid JSON. The sections of other platforms
// (windows, solaris, vm, zos, freebsd) are unknown members to this package.
//
// Limits: 16 MiB of text (MaxSize), 64 levels of nesting (strictjson.MaxDepth).
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
// The functions that fill the structs of runtime-spec are generated from the
// types themselves (go generate; the generator is seccomp/strictjson/gen). Those
// for linux.seccomp are in package seccomp, which can read a profile by itself.
// Other packages decode small structs of their own with the methods of Decoder,
// and write JSON with package jsonw.
//
// The package reads no file except config.json in Load, and knows nothing of
// the running kernel: whether a path exists or a namespace file is what it
// claims to be is checked by those who open it.
package spec

//go:generate go run ../../seccomp/strictjson/gen -package spec -o zdecode.go
