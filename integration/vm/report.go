package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// line says in one line how a machine did, as soon as it has ended.
func (o *outcome) line(opt options) string {
	problems := len(o.problems(opt))
	verdict := "ok"
	if problems > 0 {
		verdict = fmt.Sprintf("%d problems", problems)
	}
	return fmt.Sprintf("%-12s %-28s booted in %4.1f s, ended after %5.1f s: %s", o.target.name, o.release, o.boot, o.seconds, verdict)
}

// problems of a machine, each with the suite's name.
func (o *outcome) problems(opt options) (list []string) {
	if o.err != nil {
		list = append(list, o.err.Error())
	}
	var missing []string
	for _, s := range o.suites {
		if o.err != nil && !s.begun {
			missing = append(missing, s.name)
			continue
		}
		for _, p := range s.problems(o.target, opt.run) {
			list = append(list, s.name+": "+p)
		}
	}
	if len(missing) > 0 {
		list = append(list, "did not run: "+strings.Join(missing, ", "))
	}
	return list
}

// report prints the table of suites by machine, keeps the one of all tests in a
// file, and returns an error if anything is wrong or missing.
func report(w io.Writer, opt options, all []*outcome) error {
	table(w, all)
	if err := keep(opt, all); err != nil {
		return err
	}
	shown(w, all)
	bad := 0
	for _, o := range all {
		for _, p := range o.problems(opt) {
			bad++
			fmt.Fprintf(w, "%s: %s\n", o.target.name, p)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d problems; what the tests and the kernels have said is in %s", bad, opt.out)
	}
	return nil
}

func table(w io.Writer, all []*outcome) {
	var rows []string
	for _, o := range all {
		for _, s := range o.suites {
			if !slices.Contains(rows, s.name) {
				rows = append(rows, s.name)
			}
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t)
	for _, o := range all {
		fmt.Fprintf(t, "\t%s", o.target.name)
	}
	fmt.Fprintln(t, "\t")
	for _, row := range rows {
		fmt.Fprint(t, row)
		for _, o := range all {
			fmt.Fprintf(t, "\t%s", o.cell(row))
		}
		fmt.Fprintln(t, "\t")
	}
	fmt.Fprint(t, "machine")
	for _, o := range all {
		fmt.Fprintf(t, "\t%.0f s", o.seconds)
	}
	fmt.Fprintln(t, "\t")
	t.Flush()
}

// shown prints what programs have said to people.
func shown(w io.Writer, all []*outcome) {
	for _, o := range all {
		for _, s := range o.suites {
			if s.show && s.ended {
				fmt.Fprintf(w, "\n%s on %s:\n\n%s\n", s.name, o.target.name, strings.ReplaceAll(s.text.String(), "\r", ""))
			}
		}
	}
}

// cell is "12/12 3.1 s", or a dash for a suite that the machine does not run.
func (o *outcome) cell(suite string) string {
	for _, s := range o.suites {
		if s.name == suite {
			passed, all := s.counts()
			if s.program {
				return fmt.Sprintf("status %d %.1f s", s.status, s.seconds)
			}
			return fmt.Sprintf("%d/%d %.1f s", passed, max(all, len(s.listed)), s.seconds)
		}
	}
	return "-"
}

// keep writes all tests by machine, with their times, to a file.
func keep(opt options, all []*outcome) error {
	f, err := os.Create(filepath.Join(opt.out, "tests.txt"))
	if err != nil {
		return err
	}
	tests(f, all)
	return f.Close()
}

// tests prints each top-level test, one a line, with its time on each machine.
func tests(w io.Writer, all []*outcome) {
	type row struct{ suite, test string }
	var rows []row
	cells := make(map[row]map[string]string)
	for _, o := range all {
		for _, s := range o.suites {
			for _, r := range s.tests {
				if strings.Contains(r.name, "/") {
					continue
				}
				k := row{s.name, r.name}
				if cells[k] == nil {
					cells[k] = make(map[string]string)
					rows = append(rows, k)
				}
				cells[k][o.target.name] = fmt.Sprintf("%s %.2f", strings.ToLower(r.verdict), r.seconds)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return strings.Compare(a.suite, b.suite) })
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "suite\ttest")
	for _, o := range all {
		fmt.Fprintf(t, "\t%s", o.target.name)
	}
	fmt.Fprintln(t)
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s", r.suite, r.test)
		for _, o := range all {
			cell := cells[r][o.target.name]
			if cell == "" {
				cell = "-"
			}
			fmt.Fprintf(t, "\t%s", cell)
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}
