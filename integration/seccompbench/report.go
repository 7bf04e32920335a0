//go:build libseccomp && amd64

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/libseccomp"
	"github.com/runseal/runseal/seccomp/bpf"
)

// report is a table for each profile and one for the large ones. Columns: the
// three compilers, and where it makes sense no filter.
type report struct {
	kernel string
	n      int
	tables []*table
}

type table struct {
	name  string
	rows  []*row
	notes []string
}

// row has one value for each column, or NaN for none, and what stands before it.
type row struct {
	name   string
	unit   unit
	values []float64
	words  []string

	target string  // as the reader sees it, or ""
	limit  float64 // for values[0]
	below  bool    // the limit itself does not count
}

type unit int

const (
	count unit = iota
	mean
	duration // ns in, us or ms out
	percall  // ns
	size     // bytes in, KiB out
)

func newReport(o options) *report {
	rep := &report{n: o.n, kernel: "unknown"}
	var u unix.Utsname
	if err := unix.Uname(&u); err == nil {
		rep.kernel = unix.ByteSliceToString(u.Release[:])
	}
	return rep
}

// add appends a row with the medians.
func (t *table) add(name string, u unit, samples ...[]float64) *row {
	r := &row{name: name, unit: u}
	for _, s := range samples {
		r.values = append(r.values, median(s))
	}
	t.rows = append(t.rows, r)
	return r
}

func (r *row) atMost(limit float64) {
	r.limit, r.target = limit, "<= "+r.unit.format(limit)
}

// cell appends one column.
func (r *row) cell(word string, value float64) {
	r.words, r.values = append(r.words, word), append(r.values, value)
}

// median of no values is NaN.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// limits for the number of instructions, by profile.
func maxInstructions(profile string) float64 {
	switch profile {
	case "docker":
		return 265
	case "containerd":
		return 270
	default:
		return 285
	}
}

// profile measures everything about one profile.
func (rep *report) profile(ctx context.Context, o options, p libseccomp.Profile) error {
	t := &table{name: p.Name}
	rep.tables = append(rep.tables, t)
	var progs [compilers + 1][]bpf.Instruction // the last one: no filter
	var lengths, means, mosts, fresh, load [compilers][]float64
	for level := range compilers {
		prog, err := compile(level, p.LinuxSeccomp)
		if err != nil {
			return err
		}
		if err := checkCalls(prog); err != nil {
			return err
		}
		avg, most, err := steps(prog)
		if err != nil {
			return err
		}
		progs[level] = prog
		lengths[level], means[level], mosts[level] = []float64{float64(len(prog))}, []float64{avg}, []float64{most}
	}
	t.add("instructions", count, lengths[:]...).atMost(maxInstructions(p.Name))
	t.add("executed per call, average", mean, means[:]...).atMost(9.5)
	t.add("executed per call, maximum", count, mosts[:]...).atMost(17)

	times, err := warm(o.n, p.LinuxSeccomp)
	if err != nil {
		return err
	}
	t.add("compile, warm", duration, times[:]...).atMost(150e3)
	for round := range o.n {
		for i := range compilers {
			level := (i + round) % compilers
			res, err := compileOnce(ctx, childLimit, "compile", level, p.LinuxSeccomp)
			if err == nil && res.Error != "" {
				err = errors.New(res.Error)
			}
			if err != nil {
				return err
			}
			fresh[level] = append(fresh[level], float64(res.Ns))
			ns, err := loadOnce(ctx, progs[level])
			if err != nil {
				return err
			}
			load[level] = append(load[level], ns)
		}
	}
	t.add("compile, fresh process", duration, fresh[:]...).atMost(400e3)
	proved, err := proofs(o.n, p.LinuxSeccomp, progs[:compilers])
	if err != nil {
		return err
	}
	t.add("Verify", duration, proved[:]...).atMost(20e6)
	allocs, bytes, err := allocations(p.LinuxSeccomp)
	if err != nil {
		return err
	}
	t.add("allocations", count, []float64{allocs})
	t.add("allocated", size, []float64{bytes})
	r := t.add("seccomp(2)", duration, load[:]...)
	r.limit, r.target = r.values[2]/2, "<= half of level 2"

	ns, err := costs(ctx, o, progs[:])
	if err != nil {
		return err
	}
	t.add("call, allowed", percall, ns[callAllowed]...)
	t.add("call, refused", percall, ns[callRefused]...)
	t.add("call, argument checked", percall, ns[callChecked]...)
	return nil
}

func (r *row) met() bool {
	if r.below {
		return r.values[0] < r.limit
	}
	return r.values[0] <= r.limit
}

// missed lists the rows whose target is not met.
func (rep *report) missed() []*row {
	var list []*row
	for _, t := range rep.tables {
		for _, r := range t.rows {
			if r.target != "" && !r.met() {
				list = append(list, r)
			}
		}
	}
	return list
}

func (u unit) format(v float64) string {
	switch {
	case math.IsNaN(v):
		return ""
	case u == count:
		return fmt.Sprintf("%.0f", v)
	case u == mean:
		return fmt.Sprintf("%.1f", v)
	case u == percall:
		return fmt.Sprintf("%.1f ns", v)
	case u == size:
		return fmt.Sprintf("%.0f KiB", v/1024)
	case v < 1e6:
		return fmt.Sprintf("%.0f us", v/1e3)
	case v < 1e9:
		return fmt.Sprintf("%.2f ms", v/1e6)
	default:
		return fmt.Sprintf("%.2f s", v/1e9)
	}
}

// write prints the tables for people.
func (rep *report) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "runseal beside libseccomp %s at its levels 1 (linear) and 2 (tree)\n", libseccomp.Version())
	fmt.Fprintf(&b, "Linux %s, medians of %d, architectures X86_64, X86, X32\n", rep.kernel, rep.n)
	width := 0
	for _, t := range rep.tables {
		width = max(width, len(t.name))
		for _, r := range t.rows {
			width = max(width, len(r.name)+3)
		}
	}
	tw := tabwriter.NewWriter(&b, 12, 0, 3, ' ', tabwriter.AlignRight)
	for _, t := range rep.tables {
		fmt.Fprintf(tw, "\n%-*s\trunseal\tlevel 1\tlevel 2\tno filter\t\n", width, t.name)
		for _, r := range t.rows {
			fmt.Fprintf(tw, "%-*s\t", width, "   "+r.name)
			for i := range compilers + 1 {
				if i < len(r.words) {
					fmt.Fprint(tw, r.words[i])
				}
				if i < len(r.values) {
					fmt.Fprint(tw, r.unit.format(r.values[i]))
				}
				fmt.Fprint(tw, "\t")
			}
			if r.target != "" {
				verdict := "missed"
				if r.met() {
					verdict = "met"
				}
				fmt.Fprintf(tw, "   %s: %s", r.target, verdict)
			}
			fmt.Fprintln(tw)
		}
		for _, n := range t.notes {
			fmt.Fprintf(tw, "   %s\n", n)
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(b.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}
