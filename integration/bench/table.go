package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// table is the report for the terminal.
func (rep *report) table() string {
	var b strings.Builder
	for _, r := range rep.Runtimes {
		fmt.Fprintf(&b, "%-8s %s (%s)\n", r.Name, r.Version, r.Path)
	}
	for _, t := range rep.Tools {
		fmt.Fprintf(&b, "%-8s %s\n", "", t)
	}
	fmt.Fprintf(&b, "%s\n", rep.Machine)
	for _, s := range []section{sectionMain, sectionHot} {
		if rows := rep.rowsOf(s); len(rows) > 0 {
			fmt.Fprintf(&b, "\n%s:\n\n%s", rep.title(s), rep.compared(rows))
		}
	}
	if rows := rep.rowsOf(sectionFloor); len(rows) > 0 {
		fmt.Fprintf(&b, "\n%s:\n\n", rep.title(sectionFloor))
		width := 0
		for _, r := range rows {
			width = max(width, len(r.Name))
		}
		for _, r := range rows {
			fmt.Fprintf(&b, "   %-*s   %8.2f %s\n", width, r.Name, r.Median[0], r.Unit)
		}
	}
	b.WriteString("\n")
	total := 0.0
	for _, p := range rep.Parts {
		total += p.Seconds
	}
	fmt.Fprintf(&b, "measured in %.0f s:", total)
	for _, p := range rep.Parts {
		fmt.Fprintf(&b, " %s %.1f", p.Name, p.Seconds)
	}
	return b.String() + "\n"
}

// title says how a section's figures were taken. Rows of memory and of many containers
// have fewer measurements than the others.
func (rep *report) title(s section) string {
	switch s {
	case sectionHot:
		return fmt.Sprintf("hot loop, without pauses, medians of %d", rep.N)
	case sectionFloor:
		return fmt.Sprintf("what is no runtime, medians of %d", rep.N)
	}
	t := fmt.Sprintf("interleaved, pause %g ms, medians of %d, memory of %d", rep.PauseMs, rep.N, memorySamples(rep.N))
	if rep.Many > 0 {
		t += fmt.Sprintf(", %d containers by %d workers %d times", rep.Many, workers, min(rep.N, manyRounds))
	}
	return t
}

// compared is a table with a column for each runtime and each ratio.
func (rep *report) compared(rows []row) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', tabwriter.AlignRight)
	first := rep.Runtimes[0].Name
	fmt.Fprint(t, "\t")
	for _, r := range rep.Runtimes {
		fmt.Fprintf(t, "%s\t", r.Name)
	}
	for _, r := range rep.Runtimes[1:] {
		fmt.Fprintf(t, "%s/%s\t", first, r.Name)
	}
	fmt.Fprintln(t)
	// The column of names is as wide as the longest, so that right alignment,
	// which tabwriter gives all columns, does not move them.
	width := 0
	for _, r := range rows {
		width = max(width, len(r.Name))
	}
	for _, r := range rows {
		fmt.Fprintf(t, "%-*s\t", width, r.Name)
		for _, m := range r.Median {
			fmt.Fprintf(t, "%.2f %s\t", m, r.Unit)
		}
		// Cells that a row of runseal alone has no values for; without them
		// tabwriter would start new columns.
		fmt.Fprint(t, strings.Repeat("\t", len(rep.Runtimes)-len(r.Median)))
		for _, ratio := range r.Ratios {
			fmt.Fprintf(t, "%.2f\t", ratio)
		}
		fmt.Fprint(t, strings.Repeat("\t", len(rep.Runtimes)-1-len(r.Ratios)))
		fmt.Fprintln(t)
	}
	t.Flush() // to a strings.Builder, which has no errors
	// tabwriter pads the empty cells too.
	var trimmed strings.Builder
	for line := range strings.Lines(b.String()) {
		trimmed.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return trimmed.String()
}
