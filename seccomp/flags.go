package seccomp

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

const knownFlags = "SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_TSYNC, " +
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"

// flagTsync is in the specification's list but not in specs-go.
const flagTsync specs.LinuxSeccompFlag = "SECCOMP_FILTER_FLAG_TSYNC"

// parseFlags returns the flags for seccomp(2), and those of them that nobody
// asked for: where the field is absent the default is SPEC_ALLOW, which only
// saves time. An empty list means no flags.
func parseFlags(list []specs.LinuxSeccompFlag) (flags, unasked uint, err error) {
	if list == nil {
		return unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, nil
	}
	for i, f := range list {
		switch f {
		case specs.LinuxSeccompFlagLog:
			flags |= unix.SECCOMP_FILTER_FLAG_LOG
		case specs.LinuxSeccompFlagSpecAllow:
			flags |= unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
		case flagTsync:
			// The process that installs the filter has one thread.
		case specs.LinuxSeccompFlagWaitKillableRecv:
			return 0, 0, fmt.Errorf("linux.seccomp.flags[%d]: %s is only allowed with SCMP_ACT_NOTIFY, which is not supported yet", i, f)
		default:
			return 0, 0, fmt.Errorf("linux.seccomp.flags[%d]: unknown flag %q, expected one of %s", i, string(f), knownFlags)
		}
	}
	return flags, 0, nil
}
