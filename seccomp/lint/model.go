package lint

import (
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// model is a profile with what the rules ask about it.
type model struct {
	profile   *specs.LinuxSeccomp
	source    *Source // nil: there is no text
	policy    *seccomp.Policy
	otherwise seccomp.Action
	// archs are those that the kernel can run, the native one first: what is
	// said about others concerns no program.
	archs   []*arch.Arch
	all     []*arch.Arch // with those others
	entries []entry
	// uses are by name, in profile order. ids are the names that have any.
	uses map[arch.ID][]use
	ids  []arch.ID

	loads     map[call]load
	explained map[question][]seccomp.Outcome
	work      work
	removed   []use // uses that were found to be without effect
	suggested int   // names for which the known ones were searched
	skip      func(*Rule) bool
	findings  []Finding
}

// entry is linux.seccomp.syscalls[i].
type entry struct {
	action    seccomp.Action
	effective bool // it does not say what the default says
	// alternatives are conditions that must all hold, one list of them at least;
	// nil: no condition. They are several if an index occurs twice.
	alternatives [][]specs.LinuxSeccompArg
}

// use is linux.seccomp.syscalls[entry].names[name].
type use struct{ entry, name int }

func (u use) path() string { return namePath(u.entry, u.name) }

// call is a system call of an architecture.
type call struct {
	arch *arch.Arch
	nr   uint32
}

func (m *model) native() *arch.Arch { return m.archs[0] }

func (m *model) init(policy *seccomp.Policy) {
	m.policy = policy
	m.uses, m.loads, m.explained = map[arch.ID][]use{}, map[call]load{}, map[question][]seccomp.Outcome{}
	m.all = policy.Archs()
	for i, a := range m.all {
		if i == 0 || runsOn(a, m.all[0]) {
			m.archs = append(m.archs, a)
		}
	}
	m.otherwise = actionOf(m.profile.DefaultAction, m.profile.DefaultErrnoRet)
	for i := range m.profile.Syscalls {
		s := &m.profile.Syscalls[i]
		e := entry{action: actionOf(s.Action, s.ErrnoRet)}
		if len(s.Args) > 0 {
			e.alternatives = seccomp.Alternatives(s.Args)
		}
		e.effective = e.action != m.otherwise
		m.entries = append(m.entries, e)
		for j, name := range s.Names {
			if id, ok := arch.Find(name); ok {
				m.uses[id] = append(m.uses[id], use{i, j})
			}
		}
	}
	for id := range arch.ID(arch.NumIDs) {
		if len(m.uses[id]) == 0 {
			continue
		}
		m.ids = append(m.ids, id)
		l := m.loadOf(m.uses[id])
		for _, a := range m.all {
			if nr, ok := a.NumberOf(id); ok {
				m.loads[call{a, nr}] = m.loads[call{a, nr}].add(l)
			}
			if _, nr, _, ok := a.Mux(id); ok {
				m.loads[call{a, nr}] = m.loads[call{a, nr}].add(load{l.rules, l.args | 1})
			}
		}
	}
}

// loadOf is what uses of one name amount to.
func (m *model) loadOf(uses []use) (l load) {
	for _, u := range uses {
		e := &m.entries[u.entry]
		if !e.effective {
			continue
		}
		l.rules += max(1, len(e.alternatives))
		for _, a := range m.profile.Syscalls[u.entry].Args {
			l.args |= 1 << a.Index
		}
	}
	return l
}

// actionOf reads an action that NewPolicy has accepted.
func actionOf(a specs.LinuxSeccompAction, errno *uint) seccomp.Action {
	action, _ := seccomp.ParseAction(a, errno)
	return action
}

// conditional says whether an effective entry has conditions for the call.
func (m *model) conditional(id arch.ID) bool {
	return slices.ContainsFunc(m.uses[id], func(u use) bool {
		return m.entries[u.entry].effective && m.entries[u.entry].alternatives != nil
	})
}

// report adds a finding.
func (m *model) report(r *Rule, path, message string, calls []string, related ...string) {
	if m.skip(r) {
		return
	}
	related = slices.DeleteFunc(unique(related), func(s string) bool { return s == path })
	m.findings = append(m.findings, Finding{Rule: r, Path: path, Message: message, Calls: calls, Related: related})
}
