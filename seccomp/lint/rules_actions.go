package lint

import (
	"fmt"
	"slices"

	"github.com/runseal/runseal/seccomp"
)

var (
	errnoZero = &Rule{
		ID: "errno-zero", Severity: Warning,
		Title: "SCMP_ACT_ERRNO with errno 0: the denied call returns success",
		Help: `The call is not executed and returns 0. Programs that rely on it go on as if it was done: setuid(2) that drops
nothing, write(2) that writes nothing. That is meant at times, for a program that insists on a call; otherwise use
EPERM (1) or ENOSYS (38).`,
	}
	killThread = &Rule{
		ID: "kill-thread", Severity: Warning,
		Title: "SCMP_ACT_KILL, which kills one thread only",
		Help: `SCMP_ACT_KILL is SCMP_ACT_KILL_THREAD: the calling thread dies, with what it holds locked, and the others go on.
A program with several threads usually hangs then, in a state that its author never thought of. SCMP_ACT_KILL_PROCESS
(Linux 4.14) ends the program.`,
	}
	traceAction = &Rule{
		ID: "trace-action", Severity: Warning,
		Title: "SCMP_ACT_TRACE, which fails with ENOSYS unless a tracer is attached",
		Help: `The call is left to a ptrace(2) tracer with PTRACE_O_TRACESECCOMP. Container engines attach none, and without one the
call fails with ENOSYS, errnoRet notwithstanding: that is the message to the tracer.`,
	}
	notifyPointers = &Rule{
		ID: "notify-continue", Severity: Note,
		Title: "calls that an agent decides",
		Help: `An agent that looks at the arguments and answers "continue" decides nothing for sure: what pointers lead to can be
changed by another thread after the agent has looked at it (seccomp_unotify(2)). It must do the call itself on behalf of
the program, or decide by values in registers alone. If the agent ends, the calls fail with ENOSYS.`,
	}
	listenerUnused = &Rule{
		ID: "listener-unused", Severity: Warning,
		Title: "listenerPath without an entry that notifies",
		Help:  `No call of the architectures here has SCMP_ACT_NOTIFY, so that the agent is never asked.`,
	}
	actionRules = []*Rule{errnoZero, killThread, traceAction, notifyPointers, listenerUnused}
)

func checkActions(m *model) {
	for _, c := range []struct {
		rule      *Rule
		is        func(seccomp.Action) bool
		text      string
		field     string // of an entry
		otherwise string // and of the profile
	}{
		{errnoZero, func(a seccomp.Action) bool { return a == seccomp.Errno(0) }, "not executed, but returns success", "errnoRet", "defaultErrnoRet"},
		{killThread, func(a seccomp.Action) bool { return a == seccomp.KillThread }, "kills one thread and leaves the others, which usually hang", "action", "defaultAction"},
		{traceAction, func(a seccomp.Action) bool { return a.Kind() == seccomp.Trace(0) }, "ENOSYS, unless a tracer is attached", "action", "defaultAction"},
	} {
		if c.is(m.otherwise) {
			m.report(c.rule, root+"."+c.otherwise, "every call that no entry names: "+c.text, nil)
		}
		paths, calls := m.entriesWith(func(e *entry) bool { return e.effective && c.is(e.action) }, c.field)
		if len(paths) > 0 {
			m.report(c.rule, paths[0], fmt.Sprintf("%s: %s", list(calls), c.text), calls, paths[1:]...)
		}
	}
	paths, calls := m.entriesWith(func(e *entry) bool { return e.action == seccomp.Notify }, "action")
	if len(paths) > 0 {
		m.report(notifyPointers, paths[0], fmt.Sprintf("%s: the agent must not decide by what pointers lead to and then continue the call", list(calls)), calls, paths[1:]...)
	}
	if m.profile.ListenerPath != "" && len(calls) == 0 {
		m.report(listenerUnused, root+".listenerPath", "no entry has SCMP_ACT_NOTIFY, so that the agent is never asked", nil)
	}
}

// entriesWith returns the paths of a field of the entries of a kind that name a call
// that exists, and those calls. A field that is not there is that of its entry.
func (m *model) entriesWith(is func(*entry) bool, field string) (paths, calls []string) {
	for _, id := range m.ids {
		if !m.exists(id) {
			continue
		}
		for _, u := range m.uses[id] {
			if !is(&m.entries[u.entry]) {
				continue
			}
			paths = append(paths, entryPath(u.entry)+"."+field)
			if name := id.String(); len(calls) == 0 || calls[len(calls)-1] != name {
				calls = append(calls, name)
			}
		}
	}
	slices.SortFunc(paths, func(x, y string) int { return slices.CompareFunc(split(x), split(y), compareSegments) })
	return slices.Compact(paths), calls
}
