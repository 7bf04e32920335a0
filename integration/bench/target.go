package main

import (
	"fmt"
	"strings"
)

// A target is a limit for a ratio of medians, runseal's to another's.
type target struct {
	section section
	row     string
	against int // index into report.Runtimes
	limit   float64
	least   bool // the ratio has to be at least the limit: of rates, not of times
}

// The values that the project aims for.
func targets() []target {
	const crun, runc = 1, 2
	var all []target
	// Of commands: beside crun with pauses and in a hot loop, and beside runc with pauses.
	for _, t := range []struct {
		row               string
		paused, hot, runc float64
	}{
		{rowRun, 0.50, 0.75, 0.20},
		{rowCycle, 0.45, 0.60, 0.12},
		{rowExec, 0.55, 0.65, 0.12},
		{rowExecDetached, 0.55, 0.65, 0.12},
		{rowState, 0.8, 0.8, 0.3},
		{rowKill, 0.8, 0.8, 0.3},
	} {
		all = append(all,
			target{section: sectionMain, row: t.row, against: crun, limit: t.paused},
			target{section: sectionHot, row: t.row, against: crun, limit: t.hot},
			target{section: sectionMain, row: t.row, against: runc, limit: t.runc})
	}
	for _, t := range []struct {
		row        string
		crun, runc float64
		least      bool
	}{
		{row: rowCreateMem, crun: 0.9, runc: 0.25},
		{row: rowExecMem, crun: 0.9, runc: 0.25},
		{row: rowCharged, crun: 1.0, runc: 0.1},
		{row: rowMany, crun: 1.8, runc: 6, least: true},
		{row: rowCtr, crun: 0.9, runc: 0.6},
	} {
		all = append(all,
			target{section: sectionMain, row: t.row, against: crun, limit: t.crun, least: t.least},
			target{section: sectionMain, row: t.row, against: runc, limit: t.runc, least: t.least})
	}
	return all
}

// verdict is a target with its outcome.
type verdict struct {
	Target string  `json:"target"`
	Ratio  float64 `json:"ratio"`
	Met    bool    `json:"met"`
}

// judge compares the targets with the rows that were measured.
func (rep *report) judge(all []target) {
	for _, t := range all {
		for _, r := range rep.rowsOf(t.section) {
			if r.Name != t.row || t.against >= len(r.Median) {
				continue
			}
			v := verdict{Ratio: r.Ratios[t.against-1]}
			sign, mode := "at most", ""
			if v.Met = v.Ratio <= t.limit; t.least {
				sign, v.Met = "at least", v.Ratio >= t.limit
			}
			if t.section == sectionHot {
				mode = " in a hot loop"
			}
			v.Target = fmt.Sprintf("%s%s: %s %gx of %s", t.row, mode, sign, t.limit, rep.Runtimes[t.against].Name)
			rep.Targets = append(rep.Targets, v)
		}
	}
}

// verdicts is a line for each target.
func (rep *report) verdicts(markdown bool) string {
	var b strings.Builder
	for _, v := range rep.Targets {
		word := "missed"
		if v.Met {
			word = "met"
		}
		if markdown {
			fmt.Fprintf(&b, "- %s: %s (%.2fx)\n", word, v.Target, v.Ratio)
		} else {
			fmt.Fprintf(&b, "target %-6s  %s (%.2fx)\n", word, v.Target, v.Ratio)
		}
	}
	return b.String()
}
