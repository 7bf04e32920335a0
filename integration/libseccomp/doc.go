// Package libseccomp compiles profiles with the C library of that name, in the
// way in which runc drives it. It is the second opinion on what a profile means,
// for tests and for the benchmark; nothing that is installed imports it.
//
//	theirs, err := libseccomp.Compile(profile, "SCMP_ARCH_X86_64", 2)
//	action := theirs.Run(&bpf.Data{Nr: 1, Arch: unix.AUDIT_ARCH_X86_64})
//
// # How runc drives it
//
// The filter is made for the native architecture; each listed one is added. A rule
// whose action is the default is left out. A name that the library does not know
// is skipped. A rule without args is one call of seccomp_rule_add, with args one
// call with all of them, or, if an index occurs twice, one call for each. What the
// library refuses is an error of the whole. In front of the result runc puts a
// program of its own, which answers ENOSYS for numbers above the largest that the
// profile names, unless the default lets calls pass; [Filter.Run] does that in Go.
//
// # Limits
//
// It needs cgo and libseccomp's headers (Debian: libseccomp-dev, pkg-config, gcc)
// and the build tag libseccomp. Profiles are taken as correct: package seccomp's
// parser reports errors better. Some rule sets hang the library; see
// seccomp/regressions_test.go before a profile of unknown origin is given to it.
package libseccomp
