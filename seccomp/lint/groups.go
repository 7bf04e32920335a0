package lint

import (
	"fmt"

	"github.com/runseal/runseal/seccomp/arch"
)

// group is uses of one entry of which the same is to be said.
type group struct {
	rule  *Rule
	text  string // with %s for the calls
	uses  []use
	calls []string
	other []string // paths
}

// groups collects them in order.
type groups struct {
	list []*group
	at   map[string]*group // by rule, entry and text
}

func (g *groups) add(r *Rule, u use, id arch.ID, text string, other ...string) {
	key := fmt.Sprint(r.ID, u.entry, text)
	one := g.at[key]
	if one == nil {
		one = &group{rule: r, text: text, other: other}
		if g.at == nil {
			g.at = map[string]*group{}
		}
		g.list, g.at[key] = append(g.list, one), one
	}
	one.uses, one.calls = append(one.uses, u), append(one.calls, id.String())
}

// report makes one finding of each group. An entry whose names are all in it is named
// as a whole.
func (g *groups) report(m *model) {
	for _, one := range g.list {
		var paths []string
		for _, u := range one.uses {
			if len(one.uses) == len(m.profile.Syscalls[u.entry].Names) {
				paths = append(paths, entryPath(u.entry))
			} else {
				paths = append(paths, u.path())
			}
		}
		calls := unique(one.calls)
		paths = append(unique(paths), one.other...)
		m.report(one.rule, paths[0], fmt.Sprintf(one.text, list(calls)), calls, paths[1:]...)
	}
}
