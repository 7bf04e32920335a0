package main

import (
	"fmt"
	"strings"
)

// markdown is the report as a page quotes it: the machine, the versions, and a table for
// each section.
func (rep *report) markdown() string {
	var b strings.Builder
	var versions []string
	for _, r := range rep.Runtimes {
		versions = append(versions, r.Version)
	}
	fmt.Fprintf(&b, "%s.\n%s.\n", rep.Machine, strings.Join(append(versions, rep.Tools...), ", "))
	for _, s := range []section{sectionMain, sectionHot} {
		rows := rep.rowsOf(s)
		if len(rows) == 0 {
			continue
		}
		header := []string{""}
		for _, r := range rep.Runtimes {
			header = append(header, r.Name)
		}
		for _, r := range rep.Runtimes[1:] {
			header = append(header, rep.Runtimes[0].Name+"/"+r.Name)
		}
		b.WriteString(rep.heading(s))
		b.WriteString(markdownRow(header) + "|" + strings.Repeat("---|", len(header)) + "\n")
		for _, r := range rows {
			cells := append([]string{cellName(r.Name)}, make([]string, len(header)-1)...)
			for i, m := range r.Median {
				cells[1+i] = fmt.Sprintf("%.2f %s", m, r.Unit)
			}
			for i, ratio := range r.Ratios {
				cells[1+len(rep.Runtimes)+i] = fmt.Sprintf("%.2f", ratio)
			}
			b.WriteString(markdownRow(cells))
		}
	}
	if rows := rep.rowsOf(sectionFloor); len(rows) > 0 {
		b.WriteString(rep.heading(sectionFloor))
		b.WriteString(markdownRow([]string{"", "median"}) + "|---|---|\n")
		for _, r := range rows {
			b.WriteString(markdownRow([]string{cellName(r.Name), fmt.Sprintf("%.2f %s", r.Median[0], r.Unit)}))
		}
	}
	return b.String()
}

func (rep *report) heading(s section) string {
	title := rep.title(s)
	return "\n" + strings.ToUpper(title[:1]) + title[1:] + ":\n\n"
}

// cellName keeps the indentation of a row that is part of the one above.
func cellName(name string) string {
	if sub, ok := strings.CutPrefix(name, "  "); ok {
		return "&nbsp;&nbsp;" + sub
	}
	return name
}

func markdownRow(cells []string) string {
	var b strings.Builder
	for _, c := range cells {
		b.WriteString("| ")
		if c != "" {
			b.WriteString(c + " ")
		}
	}
	return b.String() + "|\n"
}
