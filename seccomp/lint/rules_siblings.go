package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runseal/runseal/seccomp/arch"
)

var (
	siblingCall = &Rule{
		ID: "sibling-call", Severity: Warning,
		Title: "a call is denied or restricted, but another one that does the same is free",
		Help: `An entry of the profile denies a call, or allows it for some arguments only, and a newer version of it, its spelling
on another architecture, or a call to the same end passes whatever its arguments: openat2 beside open, clone3 beside
clone (whose flags are in memory, where no filter sees them), mount_setattr beside mount, umount of i386 beside umount2.
Deny the others as well; ENOSYS makes programs fall back.`,
	}
	siblingRules = []*Rule{siblingCall}
)

func checkSiblings(m *model) {
	type found struct {
		path    string
		pairs   []string
		calls   []string
		related []string
	}
	var all []found
	for _, s := range siblings {
		id, _ := arch.Find(s.call)
		where := m.restrictedBy(id)
		if where == "" {
			continue
		}
		var others, related []string
		for _, name := range s.others {
			path, a := m.free(name)
			if path == "" {
				continue
			}
			if a != m.native() {
				name += " (" + a.Scmp + ")"
			}
			others, related = append(others, name), append(related, path)
		}
		if len(others) == 0 {
			continue
		}
		i := slices.IndexFunc(all, func(f found) bool { return entryOfPath(f.path) == entryOfPath(where) })
		if i < 0 {
			i = len(all)
			all = append(all, found{path: where})
		}
		f := &all[i]
		f.pairs = append(f.pairs, fmt.Sprintf("%s, but not %s", s.call, strings.Join(others, ", ")))
		f.calls = append(f.calls, bare(others)...)
		f.related = append(f.related, related...)
	}
	for _, f := range all {
		m.report(siblingCall, f.path, "restricts "+joinPairs(f.pairs), unique(f.calls), f.related...)
	}
}

func joinPairs(pairs []string) string {
	if n := len(pairs); n > maxListed {
		return fmt.Sprintf("%s; and %d more", strings.Join(pairs[:maxListed], "; "), n-maxListed)
	}
	return strings.Join(pairs, "; ")
}

// entryOfPath cuts a path behind the entry.
func entryOfPath(path string) string {
	entry, _, _ := strings.Cut(path, "].")
	return entry
}

// restrictedBy returns the path of the name in the entry that restricts a call on
// purpose, or "": an entry names it, and it does not pass for all arguments.
func (m *model) restrictedBy(id arch.ID) string {
	for _, a := range m.archs {
		nr, ok := a.NumberOf(id)
		if !ok {
			continue
		}
		list := m.outcomes(a, nr)
		if _, all := passes(list); list == nil || all {
			continue
		}
		for _, u := range m.uses[id] {
			e := &m.entries[u.entry]
			if !e.action.Passes() || e.alternatives != nil {
				return u.path()
			}
		}
	}
	return ""
}
