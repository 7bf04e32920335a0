package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"
)

// Names of the rows that targets refer to.
const (
	rowRun       = "run"
	rowCycle     = "create+start+delete"
	rowExec      = "exec"
	rowCreateMem = "peak memory, create"
	rowExecMem   = "peak memory, exec"
)

// report is the result; its JSON form is what -json prints.
type report struct {
	Kernel   string     `json:"kernel"`
	N        int        `json:"n"`
	PauseMs  float64    `json:"pauseMs"`
	Runtimes []*runtime `json:"runtimes"`
	Rows     []row      `json:"rows"`
	Targets  []verdict  `json:"targets"`
}

// row holds one value per runtime in the order of report.Runtimes, or a single
// one for a floor. Times are in milliseconds, memory in MiB (2^20 bytes).
type row struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit"`
	Median []float64 `json:"median"`
	// Min and P90 (the 90th percentile) show the spread.
	Min []float64 `json:"min"`
	P90 []float64 `json:"p90"`
	// Ratios of the first runtime's median to the second's and the third's.
	Ratios []float64 `json:"ratios,omitempty"`
}

// A target is an upper limit for a ratio of medians.
type target struct {
	row     string
	against int // index into report.Runtimes
	limit   float64
	below   bool // the limit itself does not count
}

// The values that the project aims for.
func targets() []target {
	return []target{
		{row: rowRun, against: 1, limit: 0.8},
		{row: rowRun, against: 2, limit: 0.3},
		{row: rowCreateMem, against: 2, limit: 0.5, below: true},
		{row: rowExecMem, against: 2, limit: 0.5, below: true},
	}
}

// verdict is a target with its outcome.
type verdict struct {
	Target string  `json:"target"`
	Ratio  float64 `json:"ratio"`
	Met    bool    `json:"met"`
}

func newReport(o options, rts []*runtime) *report {
	var u unix.Utsname
	kernel := "unknown"
	if err := unix.Uname(&u); err == nil {
		kernel = unix.ByteSliceToString(u.Release[:])
	}
	return &report{Kernel: kernel, N: o.n, PauseMs: float64(o.pause) / float64(time.Millisecond), Runtimes: rts}
}

// addTimes adds a row from the times of each runtime, and the verdicts about it.
func (rep *report) addTimes(name string, perRuntime [][]time.Duration) {
	r := row{Name: name, Unit: "ms"}
	for _, times := range perRuntime {
		ms := make([]float64, len(times))
		for i, t := range times {
			ms[i] = float64(t) / float64(time.Millisecond)
		}
		r.add(ms)
	}
	rep.addRow(r)
}

// addFloor adds a row that belongs to no runtime.
func (rep *report) addFloor(name string, times []time.Duration) {
	rep.addTimes(name, [][]time.Duration{times})
}

// addPeaks adds a row from peaks in KiB.
func (rep *report) addPeaks(name string, perRuntime [][]int64) {
	r := row{Name: name, Unit: "MiB"}
	for _, peaks := range perRuntime {
		mib := make([]float64, len(peaks))
		for i, kib := range peaks {
			mib[i] = float64(kib) / 1024
		}
		r.add(mib)
	}
	rep.addRow(r)
}

func (r *row) add(values []float64) {
	r.Median = append(r.Median, quantile(values, 0.5))
	r.Min = append(r.Min, slices.Min(values))
	r.P90 = append(r.P90, quantile(values, 0.9))
}

func (rep *report) addRow(r row) {
	for _, m := range r.Median[1:] {
		r.Ratios = append(r.Ratios, r.Median[0]/m)
	}
	rep.Rows = append(rep.Rows, r)
	for _, t := range targets() {
		if t.row != r.Name || t.against >= len(r.Median) {
			continue
		}
		v := verdict{Ratio: r.Ratios[t.against-1]}
		sign := "at most"
		if v.Met = v.Ratio <= t.limit; t.below {
			sign, v.Met = "below", v.Ratio < t.limit
		}
		v.Target = fmt.Sprintf("%s: %s %gx of %s", t.row, sign, t.limit, rep.Runtimes[t.against].Name)
		rep.Targets = append(rep.Targets, v)
	}
}

// quantile returns the value below which the fraction q of the values lies,
// interpolated between neighbours; q = 0.5 is the median. values is not empty.
func quantile(values []float64, q float64) float64 {
	v := slices.Clone(values)
	slices.Sort(v)
	pos := q * float64(len(v)-1)
	low := int(math.Floor(pos))
	if low == len(v)-1 {
		return v[low]
	}
	return v[low] + (pos-float64(low))*(v[low+1]-v[low])
}

func (rep *report) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(rep)
}

// writeTable prints the table for people, with the targets below it on demand.
func (rep *report) writeTable(w io.Writer, withTargets bool) error {
	var b strings.Builder
	for _, r := range rep.Runtimes {
		fmt.Fprintf(&b, "%-8s %s (%s)\n", r.Name, r.Version, r.Path)
	}
	fmt.Fprintf(&b, "Linux %s, medians of %d, pause %g ms, memory of %d runs\n\n", rep.Kernel, rep.N, rep.PauseMs, memorySamples(rep.N))

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
	for _, r := range rep.Rows {
		width = max(width, len(r.Name))
	}
	for _, r := range rep.Rows {
		fmt.Fprintf(t, "%-*s\t", width, r.Name)
		for _, m := range r.Median {
			fmt.Fprintf(t, "%.2f %s\t", m, r.Unit)
		}
		// Cells that a floor has no values for; without them tabwriter would
		// start new columns.
		fmt.Fprint(t, strings.Repeat("\t", len(rep.Runtimes)-len(r.Median)))
		for _, ratio := range r.Ratios {
			fmt.Fprintf(t, "%.2f\t", ratio)
		}
		fmt.Fprint(t, strings.Repeat("\t", len(rep.Runtimes)-1-len(r.Ratios)))
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	// tabwriter pads the empty cells too.
	table := b.String()
	b.Reset()
	for line := range strings.Lines(table) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	if withTargets {
		b.WriteString("\n")
		for _, v := range rep.Targets {
			word := "missed"
			if v.Met {
				word = "met"
			}
			fmt.Fprintf(&b, "target %-6s  %s (%.2fx)\n", word, v.Target, v.Ratio)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
