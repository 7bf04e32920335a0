package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// matrix collects the cells of a report, a list for each name of a call.
type matrix struct {
	archs []*arch.Arch
	calls map[string][]cell
}

// cell is what one profile makes of a call in one architecture.
type cell struct {
	profile, arch int
	number        uint32
	outcomes      []seccomp.Outcome
	different     bool // from the first profile
}

// add adds the calls of an architecture. differences are those between the first
// profile and this one.
func (m *matrix) add(profile, a int, calls []Call, differences []seccomp.Difference) {
	var here []seccomp.Difference
	for _, d := range differences {
		if d.Arch == m.archs[a].Scmp {
			here = append(here, d)
		}
	}
	for _, c := range calls {
		m.calls[c.Name] = append(m.calls[c.Name], cell{
			profile: profile, arch: a, number: c.Number, outcomes: c.Outcomes,
			different: slices.ContainsFunc(here, func(d seccomp.Difference) bool { return d.First <= c.Number && c.Number <= d.Last }),
		})
	}
}

// rows makes a row of the architectures that have all cells of a call in common.
func (m *matrix) rows(profiles int) (rows []Row) {
	names := make([]string, 0, len(m.calls))
	for name := range m.calls {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		first := len(rows)
		texts := []string{} // what the rows of this call say
		for a := range m.archs {
			row := Row{Name: name}
			text := ""
			for _, c := range m.calls[name] { // by profile
				if c.arch != a {
					continue
				}
				row.Numbers = []Number{{a, c.number}}
				row.Outcomes = append(row.Outcomes, c.outcomes)
				row.Different = append(row.Different, c.different)
				row.Conditional = row.Conditional || len(c.outcomes) > 1
				text += fmt.Sprintf("%s %t\n", outcomesText(c.outcomes), c.different)
			}
			if len(row.Outcomes) != profiles { // the architecture has no such call
				continue
			}
			if same := slices.Index(texts, text); same >= 0 {
				rows[first+same].Numbers = append(rows[first+same].Numbers, row.Numbers...)
				continue
			}
			texts = append(texts, text)
			rows = append(rows, row)
		}
	}
	return rows
}

// outcomesText tells outcomes apart.
func outcomesText(list []seccomp.Outcome) string {
	var b strings.Builder
	for _, o := range list {
		fmt.Fprintf(&b, "%#x %v %v; ", uint32(o.Action), o.If, o.Unless)
	}
	return b.String()
}
