// Package conformance runs the validation programs of the Open Container Initiative
// (github.com/opencontainers/runtime-tools, validation/) against runseal and compares what
// they say with a table: each program passes, or fails in named lines for a reason that is
// written beside them, or is left out. A failing line that is not in the table is an
// error, and so is one in the table that passes.
//
// The programs and their dependencies are in the go.mod of ./programs, which holds no
// code, so that they stay out of runseal's. They are compiled when the tests run, into
// bin/conformance, which the next run finds. README.md says what they found, for runseal,
// runc and crun; -table makes its table anew (runc and crun are then needed).
//
// It needs root and, for a few rows, cgroup version 1 controllers. Those that nobody has
// mounted are mounted for the tests, in a mount namespace of their own.
package conformance
