// Package ptrace holds tests of the rules about ptrace(2) in Docker's default profile,
// by the program that people want it for: strace.
//
// Before Linux 4.8 a tracer could change a system call after the filter had seen it,
// and so evade the filter of the process that it traces (seccomp(2),
// SECCOMP_RET_TRACE). The profile therefore allows ptrace from 4.8 on, and earlier only
// to containers with CAP_SYS_PTRACE. The tests resolve the profile for kernels on both
// sides and compare what strace meets in a container with what Policy.Decide says.
//
// strace and its libraries are the host's, bind-mounted into the container.
package ptrace
