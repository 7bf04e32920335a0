package features

import (
	"github.com/opencontainers/runtime-spec/specs-go/features"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
)

func seccompFeatures() *features.Seccomp {
	yes := true
	s := &features.Seccomp{
		Enabled: &yes,
		Actions: []string{
			"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS",
			"SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",
		},
		Operators: []string{
			"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT",
			"SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE",
		},
		KnownFlags: []string{
			"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
			"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
		},
		SupportedFlags: []string{},
	}
	for _, a := range arch.All() {
		s.Archs = append(s.Archs, a.Scmp)
	}
	for _, name := range s.KnownFlags {
		if kernelHas(flagBit(name)) {
			s.SupportedFlags = append(s.SupportedFlags, name)
		}
	}
	return s
}

// flagBit is a flag's value in seccomp(2), with those that it needs beside it:
// WAIT_KILLABLE_RECV (Linux 5.19) comes with a listener only.
func flagBit(name string) uintptr {
	switch name {
	case "SECCOMP_FILTER_FLAG_LOG":
		return unix.SECCOMP_FILTER_FLAG_LOG
	case "SECCOMP_FILTER_FLAG_SPEC_ALLOW":
		return unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
	case "SECCOMP_FILTER_FLAG_TSYNC":
		return unix.SECCOMP_FILTER_FLAG_TSYNC
	case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV":
		return unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
	}
	return 0
}

// kernelHas asks the kernel whether seccomp(2) knows a flag, without installing
// anything: the flags are looked at before the filter's address, which is null,
// so that the answer is EFAULT for a known flag and EINVAL for an unknown one.
func kernelHas(flag uintptr) bool {
	if flag == 0 {
		return false
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flag, 0)
	return errno == unix.EFAULT
}
