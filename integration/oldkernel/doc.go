// Package oldkernel tests the runtime on kernels that lack what this one has: on Linux
// 5.10, where containers must come out as they do here, and below, where an error has to
// say what is missing. The kernel is this machine's; the runtime is executed under a
// seccomp filter, made by this project, that answers as the older one would: ENOSYS to
// calls that it does not know, EINVAL to flags. What no filter can see, files and flags in
// memory, is left to tests on real kernels.
//
// The commands are executed by this test program itself, see TestMain.
package oldkernel
