//go:build libseccomp && amd64

package main

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/runseal/runseal/seccomp/bpf"
)

func TestParseFlags(t *testing.T) {
	o, err := parseFlags([]string{"-n", "3", "-target"})
	if err != nil || o.n != 3 || !o.target || o.calls != 20000 {
		t.Errorf("got %+v, %v", o, err)
	}
	if o, err = parseFlags([]string{"-check"}); err != nil || o.n != 1 || o.calls != 100 {
		t.Errorf("-check: got %+v, %v", o, err)
	}
	for _, args := range [][]string{{"-n", "0"}, {"extra"}, {"-check", "-target"}} {
		if _, err := parseFlags(args); err == nil || !strings.Contains(err.Error(), args[len(args)-1]) {
			t.Errorf("%q: error is %v, want one that names the value", args, err)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{7}, 7}, {[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(c.values); got != c.want {
			t.Errorf("median(%v) = %g, want %g", c.values, got, c.want)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("the median of nothing is a number")
	}
}

// A limit counts as met, unless the target says below.
func TestTargets(t *testing.T) {
	rep := &report{kernel: "7.0", n: 5}
	tab := &table{name: "profile", notes: []string{"level 2: too long"}}
	rep.tables = append(rep.tables, tab)
	tab.add("instructions", count, []float64{265}, []float64{1000}, nil).atMost(265)
	tab.add("compile", duration, []float64{151e3}, []float64{20e6}, []float64{2e9}).atMost(150e3)
	r := tab.add("equal", duration, []float64{5e8})
	r.limit, r.below, r.target = 5e8, true, "< 0.5 s"
	late := &row{name: "late", unit: duration}
	late.cell("", 1e3)
	late.cell("> ", 20e9)
	tab.rows = append(tab.rows, late)

	var missed []string
	for _, r := range rep.missed() {
		missed = append(missed, r.name)
	}
	if got := strings.Join(missed, " "); got != "compile equal" {
		t.Errorf("missed: %s, want compile and equal", got)
	}
	var b bytes.Buffer
	if err := rep.write(&b); err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(b.String(), "\n\n")
	want := strings.Join([]string{
		`   profile             runseal     level 1     level 2   no filter`,
		`      instructions         265        1000                           <= 265: met`,
		`      compile           151 us    20.00 ms      2.00 s               <= 150 us: missed`,
		`      equal          500.00 ms                                       < 0.5 s: missed`,
		`      late                1 us   > 20.00 s`,
		`   level 2: too long`,
	}, "\n")
	if got := strings.TrimRight(text, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A program reaches a child as it is.
func TestProgramOnTheWay(t *testing.T) {
	for _, prog := range [][]bpf.Instruction{{}, {{Op: 0x20, K: 4}, {Op: 0x15, Jt: 1, Jf: 2, K: 0xc000003e}, {Op: 6, K: 0x7fff0000}}} {
		var b bytes.Buffer
		if err := writeProgram(&b, prog); err != nil {
			t.Fatal(err)
		}
		got, err := readProgram(&b)
		if err != nil || len(got) != len(prog) || !bytes.Equal(bpf.Bytes(got), bpf.Bytes(prog)) {
			t.Errorf("%v arrived as %v, %v", prog, got, err)
		}
	}
}

// The three calls are what their names say under every program of every profile.
func TestCalls(t *testing.T) {
	profiles, err := threeProfiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		for level := range compilers {
			prog, err := compile(level, p.LinuxSeccomp)
			if err != nil {
				t.Fatal(err)
			}
			if err := checkCalls(prog); err != nil {
				t.Errorf("%s, %s: %v", p.Name, subjectName(level), err)
			}
		}
	}
	if err := checkCalls([]bpf.Instruction{{Op: 6, K: 0x7fff0000}}); err == nil {
		t.Error("a program that allows everything passes")
	}
}
