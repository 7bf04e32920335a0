package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/plain"
	"github.com/runseal/runseal/seccomp/lint"
)

// writeRules does what --explain and --rules ask for.
func writeRules(c *cli.Context) error {
	if id := c.String("explain"); c.IsSet("explain") {
		r := lint.FindRule(id)
		if r == nil {
			return fmt.Errorf("--explain %q: no such rule, expected one of sealctl lint --rules", id)
		}
		_, err := fmt.Fprintf(c.App.Writer, "%s (%s): %s\n\n%s\n", r.ID, r.Severity, r.Title, r.Help)
		return err
	}
	t := tabwriter.NewWriter(c.App.Writer, 0, 8, 2, ' ', 0)
	fmt.Fprint(t, "RULE\tSEVERITY\tWHAT IT FINDS\n")
	for _, r := range lint.Rules() {
		fmt.Fprintf(t, "%s\t%s\t%s\n", r.ID, r.Severity, r.Title)
	}
	return t.Flush()
}

// writeFindings writes the findings and says whether there are any. hidden is the
// number of those below the severity.
func writeFindings(c *cli.Context, form string, all []*linted, hidden int) (found bool, err error) {
	var reports []lint.Report
	for _, p := range all {
		found = found || len(p.report.Findings) > 0
		reports = append(reports, p.report)
	}
	switch form {
	case "sarif":
		var b bytes.Buffer
		if err = lint.WriteSARIF(&b, version, reports); err == nil {
			err = writeEncoded(c, b.Bytes())
		}
	case "json":
		err = writeJSON(c, lintingOf(all))
	default:
		err = writeFindingsText(c.App.Writer, all, hidden)
	}
	return found, err
}

func writeFindingsText(w io.Writer, all []*linted, hidden int) error {
	var b strings.Builder
	counts := map[lint.Severity]int{}
	for _, p := range all {
		for _, f := range p.report.Findings {
			counts[f.Rule.Severity]++
			where := plain.Text(p.name)
			if at, ok := p.report.Positions[f.Path]; ok {
				where += ":" + at.String()
			}
			fmt.Fprintf(&b, "%s: %s: %s\n", where, f.Rule.Severity, f.String())
		}
	}
	var parts []string
	for _, s := range []lint.Severity{lint.Error, lint.Warning, lint.Note} {
		if n := counts[s]; n > 0 {
			parts = append(parts, plural(n, s.String()))
		}
	}
	summary := strings.Join(parts, ", ")
	if summary == "" {
		summary = "no findings"
	}
	if hidden > 0 {
		summary += fmt.Sprintf(" (%d of lower severity not shown, see --severity)", hidden)
	}
	fmt.Fprintln(&b, summary)
	_, err := io.WriteString(w, b.String())
	return err
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

type linting struct {
	Profiles []lintedProfile `json:"profiles"`
}

type lintedProfile struct {
	Profile  string    `json:"profile"`
	Findings []finding `json:"findings"`
}

type finding struct {
	Rule     string         `json:"rule"`
	Severity lint.Severity  `json:"severity"`
	place                   // of the field
	Message  string         `json:"message"`
	Calls    []string       `json:"calls,omitempty"`
	Related  []relatedPlace `json:"related,omitempty"`
}

type relatedPlace struct{ place }

// place is a field, with its position where there is a text.
type place struct {
	Path   string `json:"path"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

func lintingOf(all []*linted) linting {
	l := linting{Profiles: []lintedProfile{}}
	for _, p := range all {
		at := func(path string) place {
			pos := p.report.Positions[path]
			return place{path, pos.Line, pos.Column}
		}
		profile := lintedProfile{Profile: p.name, Findings: []finding{}}
		for _, f := range p.report.Findings {
			one := finding{Rule: f.Rule.ID, Severity: f.Rule.Severity, place: at(f.Path), Message: f.Message, Calls: f.Calls}
			for _, path := range f.Related {
				one.Related = append(one.Related, relatedPlace{at(path)})
			}
			profile.Findings = append(profile.Findings, one)
		}
		l.Profiles = append(l.Profiles, profile)
	}
	return l
}
