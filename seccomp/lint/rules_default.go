package lint

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

const enosys = uint16(unix.ENOSYS)

var (
	defaultAllow = &Rule{
		ID: "default-allow", Severity: Warning,
		Title: "a list of what is denied: every call that it does not name is executed",
		Help: `With SCMP_ACT_ALLOW as the default (or SCMP_ACT_LOG, which executes and logs) the system calls of future kernels pass,
too, and some of them do what the list denies under another name. A list of what is allowed, with SCMP_ACT_ERRNO as the
default, does not have this problem.`,
	}
	newerCalls = &Rule{
		ID: "newer-calls", Severity: Note,
		Title: "newer calls fail with another errno than ENOSYS",
		Help: `A C library tries a new call and falls back to an old one on ENOSYS, but takes EPERM for the answer. Numbers above the
largest one that the profile names get ENOSYS for this reason, whatever the default is; those below it get the default.
Set defaultErrnoRet to 38 (ENOSYS), as podman's profile does, or name the calls.`,
	}
	defaultRules = []*Rule{defaultAllow, newerCalls}
)

// firstCommon is the number from which on new calls have the same number on all
// architectures (pidfd_send_signal, Linux 5.1), added to the base of each.
const firstCommon = 424

func checkDefault(m *model) {
	switch m.otherwise.Kind() {
	case seccomp.Allow:
		m.report(defaultAllow, defaultPath, "calls that no entry names are executed, those of future kernels among them", nil)
		return
	case seccomp.Log:
		m.report(defaultAllow, defaultPath, "calls that no entry names are executed and logged, those of future kernels among them", nil)
		return
	case seccomp.Trace(0):
		return // trace-action
	}
	if m.otherwise == seccomp.Errno(enosys) {
		return
	}
	a := m.native()
	var calls []string
	last, lastName := uint32(0), ""
	names := map[uint32]string{}
	for id := range arch.ID(arch.NumIDs) {
		if nr, ok := a.NumberOf(id); ok && nr <= a.Dense {
			names[nr] = id.String()
			if len(m.uses[id]) > 0 && nr >= last {
				last, lastName = nr, id.String()
			}
		}
	}
	for nr := a.Base + firstCommon; nr < last; nr++ {
		if names[nr] == "" {
			continue
		}
		if list := m.outcomes(a, nr); len(list) == 1 && list[0].Cause.By == seccomp.ByDefault {
			calls = append(calls, names[nr])
		}
	}
	if len(calls) > 0 {
		m.report(newerCalls, defaultPath, fmt.Sprintf("%s and not ENOSYS, on which programs fall back, for %s (calls from Linux 5.1 on that are older than %s)",
			m.otherwise, list(calls), lastName), calls)
	}
}
