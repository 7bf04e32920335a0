package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/runseal/runseal/integration/vm/internal/wire"
)

// outcome is what one machine has said.
type outcome struct {
	target  target
	release string  // uname -r
	boot    float64 // seconds from the kernel's start to the first job
	seconds float64 // wall time of the machine
	suites  []*suiteOutcome
	err     error // the machine itself failed
}

// suiteOutcome is what one test binary has said.
type suiteOutcome struct {
	name    string
	listed  []string      // top-level tests that it has
	listing string        // why it could not say
	tests   []testOutcome // in the order in which they ended, subtests included
	log     io.Writer     // all output, as it comes
	head    io.Writer     // where it begins and ends
	begun   bool
	program bool            // no tests: what counts is the status, and text
	text    strings.Builder // what a program has printed
	show    bool            // print it
	ended   bool
	status  int
	seconds float64
	note    string // of init: killed, processes left
	pending string // output after the last line break
}

// testOutcome is one line of `go test -v`.
type testOutcome struct {
	name    string // "TestX" or "TestX/sub"
	verdict string // PASS, FAIL, SKIP
	seconds float64
}

// A verdict in the output of -test.v=test2json: the mark (SYN) keeps a test's own
// output from looking like one.
var verdictLine = regexp.MustCompile(`\x16 *--- (PASS|FAIL|SKIP): (\S+) \(([0-9.]+)s\)$`)

// take adds an event to the outcome.
func (o *outcome) take(e wire.Event) {
	if e.Kind == wire.Boot {
		o.release, o.boot = e.Text, e.Seconds
		return
	}
	i := slices.IndexFunc(o.suites, func(s *suiteOutcome) bool { return s.name == e.Job })
	if i < 0 {
		return
	}
	s := o.suites[i]
	switch e.Kind {
	case wire.Start:
		s.begun = true
		fmt.Fprintf(s.head, "=== %s\n", s.name)
	case wire.List:
		if text, bad := strings.CutPrefix(e.Text, "error: "); bad {
			s.listing = text
			return
		}
		s.listed = strings.Fields(e.Text)
	case wire.Output:
		if s.program {
			s.text.WriteString(e.Text)
		}
		s.write(e.Text)
	case wire.End:
		s.write("\n")
		s.ended, s.status, s.seconds, s.note = true, e.Status, e.Seconds, e.Text
		fmt.Fprintf(s.head, "=== %s: status %d after %.1f s %s\n\n", s.name, s.status, s.seconds, s.note)
	}
}

func (s *suiteOutcome) write(text string) {
	s.pending += text
	for {
		line, rest, more := strings.Cut(s.pending, "\n")
		if !more {
			return
		}
		s.pending = rest
		if !strings.HasPrefix(line, "\x16=== NAME") {
			fmt.Fprintln(s.log, strings.ReplaceAll(line, "\x16", ""))
		}
		if m := verdictLine.FindStringSubmatch(strings.TrimRight(line, "\r")); m != nil {
			seconds, _ := strconv.ParseFloat(m[3], 64)
			s.tests = append(s.tests, testOutcome{m[2], m[1], seconds})
		}
	}
}

// problems lists what keeps a suite from being good: failures, tests that did not
// report, and skips that the table of allowed ones does not have.
func (s *suiteOutcome) problems(t target, run string) (list []string) {
	seen := make(map[string]bool)
	for _, r := range s.tests {
		seen[r.name] = true
		switch {
		case r.verdict == "FAIL":
			list = append(list, r.name+": failed")
		case r.verdict == "SKIP" && !maySkip(t, s.name, r.name):
			list = append(list, r.name+": skipped, which skips.go does not allow here")
		}
	}
	if len(s.listed) == 0 && !s.program {
		list = append(list, strings.TrimSpace("did not say which tests it has "+s.listing))
	}
	top, _, _ := strings.Cut(run, "/")
	want := regexp.MustCompile(top)
	for _, name := range s.listed {
		if want.MatchString(name) && !seen[name] {
			list = append(list, name+": no result")
		}
	}
	switch {
	case !s.ended:
		list = append(list, "did not end")
	case s.status != 0 && s.note == "":
		list = append(list, fmt.Sprintf("exit status %d", s.status))
	case s.note != "":
		list = append(list, s.note)
	}
	return list
}

// counts returns how many top-level tests passed and how many there were.
func (s *suiteOutcome) counts() (passed, all int) {
	for _, r := range s.tests {
		if strings.Contains(r.name, "/") {
			continue
		}
		all++
		if r.verdict != "FAIL" {
			passed++
		}
	}
	return passed, all
}
