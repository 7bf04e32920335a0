// Package oracle compares what a test has seen under runseal with what the same test has
// seen under another runtime, line by line. So runc is the specification of what nobody
// has written down, and each difference is in a list with its reason.
package oracle

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A Difference is a line in which runseal may differ from the oracle.
type Difference struct {
	Scenario, Key string // regular expressions for the whole name
	Line          string // the same; "-" begins a line of the oracle's, "+" one of the other's
	Why           string
}

// Seen is what a scenario has seen: lines, by what they are about.
type Seen map[string]string

// Compare returns, for each key, the lines that differ and that no difference in the list
// excuses: "-" begins one that only the oracle has seen, "+" one that only the other has.
// Lines are compared as sets, with how often each is there.
func Compare(list []Difference, scenario string, want, have Seen) map[string][]string {
	wrong := map[string][]string{}
	keys := slices.Sorted(maps.Keys(want))
	for k := range have {
		if _, ok := want[k]; !ok {
			keys = append(keys, k)
		}
	}
	for _, k := range keys {
		only, more := lines(want[k], have[k])
		for _, line := range slices.Concat(prefixed("-", only), prefixed("+", more)) {
			if !excused(list, scenario, k, line) {
				wrong[k] = append(wrong[k], line)
			}
		}
	}
	return wrong
}

// lines returns the lines that only one of two texts has.
func lines(a, b string) (only, more []string) {
	n := map[string]int{}
	for line := range strings.Lines(a) {
		n[strings.TrimRight(line, "\n")]++
	}
	for line := range strings.Lines(b) {
		n[strings.TrimRight(line, "\n")]--
	}
	for _, line := range slices.Sorted(maps.Keys(n)) {
		for ; n[line] > 0; n[line]-- {
			only = append(only, line)
		}
		for ; n[line] < 0; n[line]++ {
			more = append(more, line)
		}
	}
	return only, more
}

func prefixed(sign string, lines []string) []string {
	list := make([]string, len(lines))
	for i, l := range lines {
		list[i] = sign + l
	}
	return list
}

func excused(list []Difference, scenario, key, line string) bool {
	for _, d := range list {
		if whole(d.Scenario, scenario) && whole(d.Key, key) && whole(d.Line, line) {
			return true
		}
	}
	return false
}

func whole(re, s string) bool { return regexp.MustCompile("^(?:" + re + ")$").MatchString(s) }
