package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/runseal/runseal/cmd/sealctl/internal/palette"
	"github.com/runseal/runseal/cmd/sealctl/internal/plain"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// page is what the template shows. Everything in it is text.
type page struct {
	Title      string
	Profiles   []string
	Several    bool
	Archs      []archView
	Facts      []factView
	Counts     []countView
	Rows       []rowView
	Actions    []actionView // of calls in the table
	Legend     []legendView // of all actions on the page
	Style      template.CSS
	Script     template.JS
	Policy     string // the content security policy
	Conditions bool   // some call is decided by its arguments
}

type archView struct{ Name, Full string }

// factView is a line of the summary, with a value for each profile.
type factView struct {
	Name      string
	Values    []valueView
	Different bool
}

type valueView struct {
	Lines  []string
	Action *actionView
}

// countView is a line of the counts, with a cell for each architecture of each profile.
type countView struct {
	Action actionView
	Cells  []countCell
}

type countCell struct {
	Always, ByArguments int
	First               bool // of its profile
}

type actionView struct{ Class, Text, Full string }

// legendView explains actions that differ in their errno or message only.
type legendView struct {
	Actions []actionView
	Meaning string
}

type rowView struct {
	Name                   string
	Of                     string   // its architectures, if the call has other rows
	Numbers                []string // for each architecture; empty where the row is not about it
	Cells                  []cellView
	Different, Conditional bool
}

// cellView is what one profile, or all if they agree, makes of a call.
type cellView struct {
	Ways      []wayView
	Span      int
	Different bool // from the first profile
}

// wayView is one way in which a call is decided, under one of several conditions.
type wayView struct {
	Action actionView
	If     []string // one of these holds
	Rest   bool     // all else
}

func viewAction(a seccomp.Action) actionView {
	full := a.String()
	return actionView{Class: palette.Of(a).Class, Text: strings.TrimPrefix(full, "SCMP_ACT_"), Full: full}
}

// meaning is what the action does, for the legend.
func meaning(a seccomp.Action) string {
	switch a.Kind() {
	case seccomp.Allow:
		return "the call is executed"
	case seccomp.Log:
		return "the call is executed and logged"
	case seccomp.Trace(0):
		return "a tracer decides; without one the call fails with ENOSYS"
	case seccomp.Notify:
		return "an agent decides"
	case seccomp.Errno(0):
		return "the call fails with this errno"
	case seccomp.Trap:
		return "the thread gets SIGSYS"
	case seccomp.KillThread:
		return "the thread is killed"
	case seccomp.KillProcess:
		return "the process is killed"
	}
	return "the kernel kills the process"
}

// ways puts neighbouring outcomes with the same action together. The outcomes are read
// from the first to the last, so exceptions need not be said.
func ways(list []seccomp.Outcome) (out []wayView) {
	for i, o := range list {
		if i == 0 || list[i-1].Action != o.Action {
			out = append(out, wayView{Action: viewAction(o.Action)})
		}
		w := &out[len(out)-1]
		if len(o.If) == 0 {
			w.If, w.Rest = nil, len(out) > 1 || len(list) > 1
			continue
		}
		w.If = append(w.If, strings.TrimPrefix(seccomp.Outcome{If: o.If}.Conditions(), "if "))
	}
	if len(out) > 0 {
		if last := &out[len(out)-1]; !last.Rest && len(out) > 1 {
			last.If, last.Rest = nil, true // nothing else is left
		}
	}
	return out
}

// view turns the report into what the template shows.
func (r *Report) view() *page {
	p := &page{Several: len(r.Profiles) > 1}
	for _, s := range r.Profiles {
		p.Profiles = append(p.Profiles, plain.Text(s.Name))
	}
	p.Title = "Seccomp report: " + strings.Join(p.Profiles, ", ")
	for _, a := range r.Archs {
		p.Archs = append(p.Archs, archView{strings.ToLower(strings.TrimPrefix(a.Scmp, "SCMP_ARCH_")), a.Scmp})
	}
	r.facts(p)
	r.counts(p)
	for i := range r.Rows {
		row := r.viewRow(&r.Rows[i])
		if i > 0 && r.Rows[i-1].Name == row.Name || i+1 < len(r.Rows) && r.Rows[i+1].Name == row.Name {
			var names []string
			for _, n := range r.Rows[i].Numbers {
				names = append(names, p.Archs[n.Arch].Name)
			}
			row.Of = strings.Join(names, ", ")
		}
		p.Conditions = p.Conditions || row.Conditional
		p.Rows = append(p.Rows, row)
	}
	return p
}

func (r *Report) viewRow(row *Row) rowView {
	v := rowView{Name: row.Name, Numbers: make([]string, len(r.Archs)), Different: row.Differs(), Conditional: row.Conditional}
	for _, n := range row.Numbers {
		v.Numbers[n.Arch] = fmt.Sprint(n.Number)
		if r.Archs[n.Arch].IsX32() {
			v.Numbers[n.Arch] = fmt.Sprintf("%#x", n.Number) // what matters is its bit 30
		}
	}
	alike := !slices.ContainsFunc(row.Outcomes, func(o []seccomp.Outcome) bool { return outcomesText(o) != outcomesText(row.Outcomes[0]) })
	for i, o := range row.Outcomes {
		cell := cellView{Ways: ways(o), Span: 1, Different: row.Different[i]}
		if alike {
			cell.Span = len(row.Outcomes)
		}
		v.Cells = append(v.Cells, cell)
		if alike {
			break
		}
	}
	return v
}

// facts makes the lines of the summary.
func (r *Report) facts(p *page) {
	add := func(name string, value func(s *Summary) valueView) {
		f := factView{Name: name}
		for i := range r.Profiles {
			v := value(&r.Profiles[i])
			f.Values = append(f.Values, v)
			f.Different = f.Different || fmt.Sprint(v.Lines, v.Action) != fmt.Sprint(f.Values[0].Lines, f.Values[0].Action)
		}
		p.Facts = append(p.Facts, f)
	}
	action := func(a seccomp.Action) valueView { v := viewAction(a); return valueView{Action: &v} }
	add("Default action", func(s *Summary) valueView { return action(s.Default) })
	add("Architectures", func(s *Summary) valueView {
		var listed []string
		for k, a := range s.Archs {
			if a.Listed {
				listed = append(listed, p.Archs[k].Name)
			}
		}
		if listed == nil {
			return valueView{Lines: []string{"none of these"}}
		}
		return valueView{Lines: []string{strings.Join(listed, ", ")}}
	})
	for k := range p.Archs {
		alike := func(j int) bool { // in all profiles
			return !slices.ContainsFunc(r.Profiles, func(s Summary) bool { return s.Archs[j].Newer != s.Archs[k].Newer })
		}
		if first := slices.IndexFunc(r.Archs, func(a *arch.Arch) bool { return alike(slices.Index(r.Archs, a)) }); first < k {
			continue
		}
		var names []string
		for j := range p.Archs {
			if alike(j) {
				names = append(names, p.Archs[j].Name)
			}
		}
		name := "Calls newer than the tables"
		if len(names) < len(p.Archs) {
			name += ", " + strings.Join(names, ", ")
		}
		add(name, func(s *Summary) valueView { return action(s.Archs[k].Newer) })
	}
	add("Other architectures", func(s *Summary) valueView { return action(s.Unlisted) })
	add("Instructions", func(s *Summary) valueView { return valueView{Lines: []string{fmt.Sprint(s.Instructions)}} })
	add("Flags", func(s *Summary) valueView { return valueView{Lines: orNone(s.Flags)} })
	add("Warnings", func(s *Summary) valueView { return valueView{Lines: orNone(s.Warnings)} })
}

func orNone(lines []string) []string {
	if len(lines) == 0 {
		return []string{"none"}
	}
	return lines
}

// counts makes the lines of the counts, and the lists of actions.
func (r *Report) counts(p *page) {
	var inTable, everywhere []seccomp.Action
	note := func(list *[]seccomp.Action, a seccomp.Action) {
		if !slices.Contains(*list, a) {
			*list = append(*list, a)
		}
	}
	for _, s := range r.Profiles {
		note(&everywhere, s.Default)
		note(&everywhere, s.Unlisted)
		for _, a := range s.Archs {
			note(&everywhere, a.Newer)
			for _, c := range a.Counts {
				note(&inTable, c.Action)
				note(&everywhere, c.Action)
			}
		}
	}
	slices.SortFunc(inTable, permissive)
	slices.SortFunc(everywhere, permissive)
	for _, action := range inTable {
		p.Actions = append(p.Actions, viewAction(action))
		p.Counts = append(p.Counts, r.countLine(action))
	}
	for i, action := range everywhere {
		if i == 0 || everywhere[i-1].Kind() != action.Kind() {
			p.Legend = append(p.Legend, legendView{Meaning: meaning(action)})
		}
		last := &p.Legend[len(p.Legend)-1]
		last.Actions = append(last.Actions, viewAction(action))
	}
}

// countLine has a cell for each architecture of each profile.
func (r *Report) countLine(action seccomp.Action) countView {
	line := countView{Action: viewAction(action)}
	for _, s := range r.Profiles {
		for k, a := range s.Archs {
			cell := countCell{First: k == 0}
			for _, c := range a.Counts {
				if c.Action == action {
					cell.Always, cell.ByArguments = c.Always, c.ByArguments
				}
			}
			line.Cells = append(line.Cells, cell)
		}
	}
	return line
}
