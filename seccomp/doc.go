// Package seccomp turns the linux.seccomp part of an OCI configuration into a
// program for the kernel's system call filter, and installs it.
//
// # Pipeline
//
//	*specs.LinuxSeccomp ──NewPolicy──> *Policy ──Compile──> *Filter ──Install──> kernel
//
// A [Policy] is a profile that has been checked and spelt out: for each listed
// architecture a list of rules (number, conditions, action), the default, and
// what happens to calls of other architectures. [Policy.Decide] says what
// becomes of one call; it is the definition of what a profile means, written to
// be read and not to be fast. [Policy.Compile] makes classic BPF of the same
// lists; tests hold the program against Decide.
//
// Only Install touches the kernel. Everything before it is a pure function.
//
//	f, err := seccomp.Compile(spec.Linux.Seccomp, seccomp.Options{})
//	...
//	runtime.LockOSThread()
//	err = f.Install()
//
// # Meaning of a profile
//
// As runc with libseccomp gives it, with these differences. What cannot be
// meant is an error that names the field: an unknown action, operator,
// architecture or flag, an errno that the action does not use or the kernel
// cannot return, an argument index above 5, an empty name. An unknown system
// call is a warning. A call from an architecture that is not listed kills the
// process, where runc kills the thread. Several rules with conditions for one
// call are tried in the order of the profile.
//
// # How the program is built
//
// For each architecture the numbers 0 to 2^32-1 are cut into ranges that have
// one decision each, and a search tree is built over the ranges. Decisions that
// read arguments are built of comparisons of 32-bit words. All of it is one
// graph in which equal parts exist once (graph.go, tree.go, args.go). A call
// that is always allowed reaches its return without a look at an argument, so
// that the kernel (5.11 and newer) skips the filter for it.
//
// # Limits
//
// SCMP_ACT_NOTIFY is refused for now. Filters see numbers and register values,
// never memory: a condition on a pointer means nothing, and int arguments are
// compared in the full width of the register as the profile says.
package seccomp
