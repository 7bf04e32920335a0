package onnode

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// compare holds what a scenario has seen under a runtime against what it has seen under
// runc. Lines are compared as sets, with how often each is there.
func compare(t *testing.T, scenario string, who subject, want, have map[string]string) {
	t.Helper()
	keys := slices.Sorted(maps.Keys(want))
	for k := range have {
		if _, ok := want[k]; !ok {
			keys = append(keys, k)
		}
	}
	for _, k := range keys {
		only, more := difference(want[k], have[k])
		var wrong []string
		for _, line := range only {
			if !excused(scenario, k, "-"+line) {
				wrong = append(wrong, "-"+line)
			}
		}
		for _, line := range more {
			if !excused(scenario, k, "+"+line) {
				wrong = append(wrong, "+"+line)
			}
		}
		if len(wrong) > 0 {
			t.Errorf("%s under %s differs from runc (-) in %s:\n\t%s", scenario, who, k, strings.Join(wrong, "\n\t"))
		}
	}
}

// difference returns the lines that only one of two texts has.
func difference(a, b string) (only, more []string) {
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

func excused(scenario, key, line string) bool {
	for _, d := range differences {
		if whole(d.scenario, scenario) && whole(d.key, key) && whole(d.line, line) {
			return true
		}
	}
	return false
}

func whole(re, s string) bool { return regexp.MustCompile("^(?:" + re + ")$").MatchString(s) }
