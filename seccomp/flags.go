package seccomp

import (
	"errors"
	"fmt"
	"slices"

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
			// The process that installs the filter has one thread. The kernel
			// would also refuse the flag beside NEW_LISTENER.
		case specs.LinuxSeccompFlagWaitKillableRecv:
			flags |= unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
		default:
			return 0, 0, fmt.Errorf("linux.seccomp.flags[%d]: %q: expected one of %s", i, string(f), knownFlags)
		}
	}
	return flags, 0, nil
}

// listen adds the flag that makes seccomp(2) return a listener if a rule says
// NOTIFY, and checks the fields that have a meaning only together with one. A
// rule whose names no listed architecture has is none.
func (p *Policy) listen(profile *specs.LinuxSeccomp) error {
	if profile.ListenerMetadata != "" && profile.ListenerPath == "" {
		return errors.New("linux.seccomp.listenerMetadata: set without listenerPath, expected both or none")
	}
	i := slices.IndexFunc(profile.Syscalls, func(s specs.LinuxSyscall) bool { return s.Action == specs.ActNotify })
	notifies := i >= 0 && p.notifies()
	switch {
	case notifies && profile.ListenerPath == "":
		return fmt.Errorf("linux.seccomp.listenerPath: missing, expected the path of an agent's socket, because %s.action is SCMP_ACT_NOTIFY",
			syscallPath(i))
	case notifies:
		p.flags |= unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
	case p.flags&unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV != 0:
		i := slices.Index(profile.Flags, specs.LinuxSeccompFlagWaitKillableRecv)
		return fmt.Errorf("linux.seccomp.flags[%d]: %s: expected a rule with SCMP_ACT_NOTIFY beside it",
			i, specs.LinuxSeccompFlagWaitKillableRecv)
	}
	return nil
}

// NotifiesExecve says whether some execve(2) of the native architecture waits for
// an agent. The container's program then starts when the agent lets it.
func (p *Policy) NotifiesExecve() bool {
	nr, _ := p.native().Number("execve")
	return slices.ContainsFunc(p.parts(), func(part *Policy) bool {
		return slices.ContainsFunc(part.tables[0].rules, func(r rule) bool { return r.nr == nr && r.action == Notify })
	})
}

// notifies says whether a rule hands calls to an agent.
func (p *Policy) notifies() bool {
	for i := range p.tables {
		for j := range p.tables[i].rules {
			if p.tables[i].rules[j].action == Notify {
				return true
			}
		}
	}
	return false
}
