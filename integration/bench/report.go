package main

import (
	"encoding/json"
	"io"
	"os"
	"slices"
	"time"
)

// Names of the rows that targets refer to, or that are compared as a group.
const (
	rowRun          = "run"
	rowCycle        = "create+start+delete"
	rowExec         = "exec"
	rowExecDetached = "exec --detach"
	rowState        = "state"
	rowKill         = "kill"
	rowCreateMem    = "peak memory, create"
	rowExecMem      = "peak memory, exec"
	rowCharged      = "memory of a created container"
	rowMany         = "containers made and deleted"
	rowManyStart    = "  create+start"
	rowManyDelete   = "  delete"
	rowCtr          = "ctr run --rm"
)

// A section is a table of the report.
type section string

const (
	sectionMain  section = "main"  // with pauses, and what is no time of a command
	sectionHot   section = "hot"   // commands without a pause
	sectionFloor section = "floor" // what is no runtime: a single value
)

// A unit is what a row's values are in, as it is printed.
type unit string

const (
	ms   unit = "ms"
	mib  unit = "MiB" // 2^20 bytes
	rate unit = "/s"  // containers per second: more is better
)

// report is the result; its JSON form is what -json writes.
type report struct {
	Machine  machine    `json:"machine"`
	N        int        `json:"n"`
	PauseMs  float64    `json:"pauseMs"`
	Many     int        `json:"many,omitempty"` // containers of part many
	Runtimes []*runtime `json:"runtimes"`
	Tools    []string   `json:"tools"` // versions of other programs
	Rows     []row      `json:"rows"`
	Targets  []verdict  `json:"targets"`
	Parts    []partTime `json:"parts"`
}

// row holds one value per runtime in the order of report.Runtimes, or a single
// one for what is no runtime or concerns one alone.
type row struct {
	Section section `json:"section"`
	Name    string  `json:"name"`
	Unit    unit    `json:"unit"`
	N       int     `json:"n"`
	// The quartiles, the minimum and the 90th percentile show the spread.
	Min    []float64 `json:"min"`
	Q1     []float64 `json:"q1"`
	Median []float64 `json:"median"`
	Q3     []float64 `json:"q3"`
	P90    []float64 `json:"p90"`
	// Ratios of the first runtime's median to the second's and the third's.
	Ratios []float64 `json:"ratios,omitempty"`
}

// partTime is how long the benchmark took for a part.
type partTime struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

func newReport(o options, rts []*runtime) *report {
	return &report{Machine: thisMachine(), N: o.n, PauseMs: milli(o.pause), Runtimes: rts, Tools: []string{}, Targets: []verdict{}}
}

// addTimes adds a row from the times of each runtime.
func (rep *report) addTimes(s section, name string, perRuntime [][]time.Duration) {
	var values [][]float64
	for _, times := range perRuntime {
		values = append(values, milliseconds(times))
	}
	rep.add(s, name, ms, values)
}

// add adds a row from the values of each runtime, which are as many for each.
func (rep *report) add(s section, name string, u unit, perRuntime [][]float64) {
	r := row{Section: s, Name: name, Unit: u, N: len(perRuntime[0])}
	for _, v := range perRuntime {
		r.Min = append(r.Min, slices.Min(v))
		r.Q1 = append(r.Q1, quantile(v, 0.25))
		r.Median = append(r.Median, quantile(v, 0.5))
		r.Q3 = append(r.Q3, quantile(v, 0.75))
		r.P90 = append(r.P90, quantile(v, 0.9))
	}
	for _, m := range r.Median[1:] {
		r.Ratios = append(r.Ratios, r.Median[0]/m)
	}
	rep.Rows = append(rep.Rows, r)
}

// rowsOf returns the rows of a section.
func (rep *report) rowsOf(s section) []row {
	return slices.DeleteFunc(slices.Clone(rep.Rows), func(r row) bool { return r.Section != s })
}

func milli(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func milliseconds(times []time.Duration) []float64 {
	values := make([]float64, len(times))
	for i, t := range times {
		values[i] = milli(t)
	}
	return values
}

// perSecond turns the times in which n things were done into rates.
func perSecond(n int, times []time.Duration) []float64 {
	values := make([]float64, len(times))
	for i, t := range times {
		values[i] = float64(n) / t.Seconds()
	}
	return values
}

// saveJSON writes the report for programs.
func (rep *report) saveJSON(name string) error {
	text, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644)
}

// print writes what the flags ask for.
func (rep *report) print(o options) error {
	if o.json != "" {
		if err := rep.saveJSON(o.json); err != nil {
			return err
		}
	}
	text := rep.table()
	if o.markdown {
		text = rep.markdown()
	}
	if o.target {
		text += "\n" + rep.verdicts(o.markdown)
	}
	_, err := io.WriteString(os.Stdout, text)
	return err
}
