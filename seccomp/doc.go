// Package seccomp turns the linux.seccomp part of an OCI configuration into a
// program for the kernel's system call filter, proves the program, and loads it.
// It needs neither cgo nor libseccomp.
//
// # Pipeline
//
//	JSON ──ParseProfile──> *specs.LinuxSeccomp ──NewPolicy──> *Policy ──Compile──> *Filter ──Install, Exec──> kernel
//	                                                             │                    │
//	                                     Decide, Compare, Intersect ────── Verify ────┘
//
// A [Policy] is a profile that has been checked and spelt out: for each listed
// architecture a list of rules (number, conditions, action), the default, and
// what happens to calls of other architectures. [Policy.Decide] says what
// becomes of one call; it is the definition of what a profile means, written to
// be read and not to be fast. [Policy.Compile] makes classic BPF of the same
// lists, a [Filter]. [Verify] proves that a program and a policy decide all calls
// alike, or finds one on which they differ; it takes programs from anywhere, for
// example those that [ReadFilters] got from a running process.
//
//	profile, err := seccomp.ParseProfile(text)
//	...
//	f, err := seccomp.Compile(profile, seccomp.Options{})
//	...
//	fmt.Print(f.Disassemble())
//	err = f.Exec("/bin/sh", []string{"sh"}, os.Environ())
//
// Loading is one of three: [Filter.Install] for the calling thread,
// [Filter.InstallListener] if an agent is to answer calls (package notify), and
// [Filter.Exec] as the last system call before an execve. A program from elsewhere
// is loaded as Filter{Instructions: program}. [NoNewPrivs], [Filter.Supported] and
// [ReadFilters] speak to the kernel, too; everything else is a pure function.
//
// A profile in Docker's format (archMap, includes, excludes) goes through
// profiles.Parse, in the package below this one, before it is compiled;
// ParseProfile refuses it.
//
// # Meaning of a profile
//
// docs/seccomp.md explains it with examples. In short: as runc with libseccomp
// gives it, with these differences. What cannot be meant is an error that names
// the field: an unknown action, operator, architecture or flag, an errno that
// the action does not use or the kernel cannot return, an argument index above
// 5, an empty name. An unknown system call is a warning. A call from an
// architecture that is not listed kills the process, where runc kills the
// thread. Several rules with conditions for one call are tried in the order of
// the profile.
//
// # How the program is built
//
// For each architecture the numbers 0 to 2^32-1 are cut into ranges that have
// one decision each, and a search tree is built over the ranges. Decisions that
// read arguments are built of comparisons of 32-bit words. All of it is one
// graph in which equal parts exist once (graph.go, tree.go, args.go; merge.go for
// intersections). A call that is always allowed reaches its return without a look
// at an argument, so that the kernel (5.11 and newer) skips the filter for it.
//
// # How it is proved
//
// Policy and program are both turned into decision diagrams over the 512 bits of
// struct seccomp_data (package bdd): the policy from its rules (meaning.go), the
// program by executing it for all inputs at once ([bpf.Symbolic]). The diagrams
// are canonical, so equal functions are one and the same node, and any difference
// leads down to a call that the interpreter and Decide then confirm.
//
// What is proved is that the program is the Policy. Proof and compiler start from
// the same rules and order of actions, and share no code from there on. That the
// rules are what the profile means is no theorem: it is for NewPolicy to get right,
// and for Decide to be read.
//
// # Limits
//
// Filters see numbers and register values, never memory: a condition on a pointer
// means nothing. Arguments are compared in the full width of the register, as the
// profile says, unless [Options].IntArgs is set. Architectures without a system
// call table ([arch.Untabled]) are refused.
package seccomp
