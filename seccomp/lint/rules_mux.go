package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

var (
	muxBypass = &Rule{
		ID: "multiplexer-bypass", Severity: Warning,
		Title: "a call that is denied or restricted, but free through socketcall or ipc",
		Help: `On i386 and some other architectures socket and System V IPC calls can be made through one call, socketcall or
ipc, whose first argument says which one is meant and whose second points to the arguments in memory. A filter cannot see
memory: a rule for socket also counts for socketcall(1), but its condition on argument 0 is lost there, and a rule that
allows socketcall as a whole allows all socket calls. A 64-bit program can make these calls, too.
Leave the 32-bit architecture out of the list, or allow neither the call nor its multiplexer.`,
	}
	muxPointer = &Rule{
		ID: "multiplexer-pointer", Severity: Warning,
		Title: "a condition that compares a pointer when the call comes through socketcall or ipc",
		Help: `The rule also counts for the multiplexer (see multiplexer-bypass). There a condition on argument 0 is lost, and one
on a later argument looks at the multiplexer's own argument, which for socketcall is an address in memory that the
program chooses. So the condition says nothing.`,
	}
	muxStrict = &Rule{
		ID: "multiplexer-strict", Severity: Note,
		Title: "a call that passes for some arguments, but never through socketcall or ipc",
		Help: `The rule denies some arguments of the call; through the multiplexer its condition is lost, and all are denied. On
i386 glibc makes socket calls in this way, unless it was built for Linux 4.3 and newer alone.`,
	}
	muxRules = []*Rule{muxBypass, muxPointer, muxStrict}
)

// muxCase is what becomes of a call through a multiplexer, with the calls of which
// the same can be said.
type muxCase struct {
	rule  *Rule
	text  string
	paths []string
	calls []string
}

func checkMux(m *model) {
	for _, a := range m.archs {
		var cases []muxCase
		for id := range arch.ID(arch.NumIDs) {
			mux, nr, selector, ok := a.Mux(id)
			if !ok {
				continue
			}
			direct, where := m.direct(a, id)
			through := m.outcomes(a, nr, specs.LinuxSeccompArg{Value: uint64(selector), Op: specs.OpEqualTo})
			if direct == nil || through == nil {
				continue
			}
			some, all := passes(direct)
			someMux, allMux := passes(through)
			c := muxCase{paths: m.conditionOf(id)}
			if len(c.paths) == 0 {
				c.paths = m.pathsOf(id)
			}
			restricted := "denied"
			if some {
				restricted = "restricted"
			}
			switch {
			case !all && allMux:
				c.rule, c.text = muxBypass, fmt.Sprintf("%s on %s, but passing through %s on %s whatever the arguments", restricted, where.Scmp, mux, a.Scmp)
				if by := through[0].Cause; by.By == seccomp.ByRule {
					c.text += " (" + by.String() + ")"
					if len(c.paths) == 0 {
						c.paths = []string{entryPath(by.Entry)}
					}
				}
			case !all && someMux && m.looksAtPointers(id):
				c.rule, c.text = muxPointer, fmt.Sprintf("through %s on %s the condition compares a pointer", mux, a.Scmp)
			case some && !someMux && len(m.uses[id]) > 0:
				c.rule, c.text = muxStrict, fmt.Sprintf("passes on %s, but never through %s on %s", where.Scmp, mux, a.Scmp)
			default:
				continue
			}
			if len(c.paths) == 0 {
				c.paths = []string{defaultPath}
			}
			name := id.String()
			if name == "socket" && c.rule == muxBypass {
				if families := m.familiesDenied(where); len(families) > 0 {
					name += " (" + strings.Join(families, ", ") + ")"
				}
			}
			c.calls = []string{name}
			cases = addCase(cases, c)
		}
		for _, c := range cases {
			var names []string
			for _, call := range c.calls {
				name, _, _ := strings.Cut(call, " ")
				names = append(names, name)
			}
			m.report(c.rule, c.paths[0], fmt.Sprintf("%s: %s", list(c.calls), c.text), names, c.paths[1:]...)
		}
	}
}

// addCase joins cases of which the same is to be said of the same entries.
func addCase(cases []muxCase, c muxCase) []muxCase {
	for i := range cases {
		if cases[i].rule == c.rule && cases[i].text == c.text {
			cases[i].calls = append(cases[i].calls, c.calls...)
			for _, p := range c.paths {
				if !slices.Contains(cases[i].paths, p) {
					cases[i].paths = append(cases[i].paths, p)
				}
			}
			return cases
		}
	}
	return append(cases, c)
}

// direct returns what becomes of the call itself: on the native architecture if it
// has the call, else on a.
func (m *model) direct(a *arch.Arch, id arch.ID) ([]seccomp.Outcome, *arch.Arch) {
	for _, where := range []*arch.Arch{m.native(), a} {
		if nr, ok := where.NumberOf(id); ok {
			return m.outcomes(where, nr), where
		}
	}
	return nil, nil
}

// pathsOf returns where the profile names a call.
func (m *model) pathsOf(id arch.ID) []string {
	var paths []string
	for _, u := range m.uses[id] {
		paths = append(paths, u.path())
	}
	return paths
}

// looksAtPointers says whether an entry for the call has a condition on an argument
// behind the first.
func (m *model) looksAtPointers(id arch.ID) bool {
	return slices.ContainsFunc(m.uses[id], func(u use) bool {
		return m.entries[u.entry].effective && slices.ContainsFunc(m.profile.Syscalls[u.entry].Args,
			func(a specs.LinuxSeccompArg) bool { return a.Index > 0 })
	})
}

// familiesDenied returns those that socket cannot have on the architecture.
func (m *model) familiesDenied(a *arch.Arch) []string {
	var denied []string
	nr, ok := a.Number("socket")
	if !ok {
		return nil
	}
	for _, f := range socketFamilies {
		list := m.outcomes(a, nr, specs.LinuxSeccompArg{Value: f.v, Op: specs.OpEqualTo})
		if some, _ := passes(list); list != nil && !some {
			denied = append(denied, f.name)
		}
	}
	return denied
}

// decisions is "it is SCMP_ACT_ALLOW", or "it can be SCMP_ACT_ALLOW".
func decisions(list []seccomp.Outcome) string {
	for _, o := range list {
		if o.Action.Passes() {
			if _, all := passes(list); all {
				return "it is " + o.Action.String()
			}
			return "it can be " + o.Action.String()
		}
	}
	return "it is " + list[0].Action.String()
}
