package lint

import (
	"fmt"
	"strings"

	"github.com/runseal/runseal/seccomp/arch"
)

var (
	unknownCall = &Rule{
		ID: "unknown-call", Severity: Warning,
		Title: "a name that is a system call of no architecture",
		Help: `The name is misspelt, or newer than this program's tables ("sealctl version" says what they are from). The
entry has no effect for it: what should be blocked passes, or what should be allowed is denied. Runtimes ignore such
names in silence, runseal with a warning; with --strict-seccomp it refuses the profile.`,
	}
	callElsewhere = &Rule{
		ID: "call-of-other-architecture", Severity: Note,
		Title: "a name that only architectures have which the profile does not list",
		Help: `The name is right, but no architecture that the filter covers has such a call, and so it has no effect here.
That is usual in profiles that are used on several machines.`,
	}
	duplicateName = &Rule{
		ID: "duplicate-name", Severity: Note,
		Title: "a name that occurs twice in one entry",
		Help:  `The second one has no effect. Perhaps another call was meant.`,
	}
	nameRules = []*Rule{unknownCall, callElsewhere, duplicateName}
)

func checkNames(m *model) {
	for i := range m.profile.Syscalls {
		var unknown, texts, elsewhere, twice []string
		firstUnknown, firstElsewhere, firstTwice := 0, 0, 0
		seen := map[string]bool{}
		for j, name := range m.profile.Syscalls[i].Names {
			if seen[name] {
				if twice = append(twice, name); len(twice) == 1 {
					firstTwice = j
				}
				continue
			}
			seen[name] = true
			id, known := arch.Find(name)
			switch {
			case !known:
				if unknown = append(unknown, name); len(unknown) == 1 {
					firstUnknown = j
				}
				text := fmt.Sprintf("%q", cut(name))
				if m.suggested++; len(texts) <= maxListed && m.suggested <= maxSuggested {
					if near := suggest(name, m.archs); near != "" {
						text += fmt.Sprintf(" (did you mean %q?)", near)
					}
				}
				texts = append(texts, text)
			case !m.exists(id):
				if elsewhere = append(elsewhere, name); len(elsewhere) == 1 {
					firstElsewhere = j
				}
			}
		}
		if len(unknown) > 0 {
			m.report(unknownCall, namePath(i, firstUnknown), "no system call of any architecture: "+list(texts), unknown)
		}
		if len(elsewhere) > 0 {
			m.report(callElsewhere, namePath(i, firstElsewhere), fmt.Sprintf("no call of %s: %s", m.archNames(), list(elsewhere)), elsewhere)
		}
		if len(twice) > 0 {
			m.report(duplicateName, namePath(i, firstTwice), "the entry has the name already: "+list(twice), twice)
		}
	}
}

// exists says whether an architecture of the filter that the kernel can run has
// the call, or makes it through a multiplexer.
func (m *model) exists(id arch.ID) bool {
	for _, a := range m.archs {
		if _, ok := a.NumberOf(id); ok {
			return true
		}
		if _, _, _, ok := a.Mux(id); ok {
			return true
		}
	}
	return false
}

func (m *model) archNames() string {
	var names []string
	for _, a := range m.archs {
		names = append(names, a.Scmp)
	}
	return strings.Join(names, ", ")
}

// cut bounds a name for a message.
func cut(name string) string {
	const most = 64
	if len(name) > most {
		return strings.ToValidUTF8(name[:most], "") + "..."
	}
	return name
}
