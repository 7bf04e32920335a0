package main

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/vm/internal/wire"
)

// said is an outcome of one suite after these events.
func said(t target, events ...wire.Event) *outcome {
	o := &outcome{target: t, suites: []*suiteOutcome{{name: "s", log: io.Discard, head: io.Discard}}}
	for _, e := range events {
		e.Job = "s"
		o.take(e)
	}
	return o
}

func TestProblems(t *testing.T) {
	list := wire.Event{Kind: wire.List, Text: "TestA\nTestB"}
	a := wire.Event{Kind: wire.Output, Text: "\x16=== RUN   TestA\n\x16--- PASS: TestA (0.50s)\n"}
	b := wire.Event{Kind: wire.Output, Text: "\x16--- PASS: TestB (1.25s)\nPASS\n"}
	start, end := wire.Event{Kind: wire.Start}, wire.Event{Kind: wire.End}
	for name, c := range map[string]struct {
		events []wire.Event
		run    string
		want   []string
	}{
		"good":           {[]wire.Event{start, list, a, b, end}, "", nil},
		"cut into parts": {[]wire.Event{start, list, a, {Kind: wire.Output, Text: "out\x16--- PA"}, {Kind: wire.Output, Text: "SS: TestB (1.25s)"}, end}, "", nil},
		"selected":       {[]wire.Event{start, list, a, end}, "TestA/sub", nil},
		"missing":        {[]wire.Event{start, list, a, end}, "", []string{"s: TestB: no result"}},
		"own output that looks like one": {[]wire.Event{start, list, a, {Kind: wire.Output, Text: "--- PASS: TestB (0.00s)\n"}, end}, "",
			[]string{"s: TestB: no result"}},
		"failed": {[]wire.Event{start, list, a, {Kind: wire.Output, Text: "\x16    --- FAIL: TestB/sub (0.00s)\n\x16--- FAIL: TestB (0.00s)\n"}, {Kind: wire.End, Status: 1}}, "",
			[]string{"s: TestB/sub: failed", "s: TestB: failed", "s: exit status 1"}},
		"skipped": {[]wire.Event{start, list, a, {Kind: wire.Output, Text: "\x16--- SKIP: TestB (0.00s)\n"}, end}, "",
			[]string{"s: TestB: skipped, which skips.go does not allow here"}},
		"killed":       {[]wire.Event{start, list, a, b, {Kind: wire.End, Status: 131, Text: "stopped after 9 s"}}, "", []string{"s: stopped after 9 s"}},
		"no list":      {[]wire.Event{start, {Kind: wire.List, Text: "error: exit status 1"}, a, b, end}, "", []string{"s: did not say which tests it has exit status 1"}},
		"did not end":  {[]wire.Event{start, list, a, b}, "", []string{"s: did not end"}},
		"never begun":  {nil, "", []string{"s: did not say which tests it has", "s: did not end"}},
		"status alone": {[]wire.Event{start, list, a, b, {Kind: wire.End, Status: 2}}, "", []string{"s: exit status 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := said(target{name: "6.12"}, c.events...).problems(options{run: c.run})
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, expected %q", got, c.want)
			}
		})
	}
}

func TestProblemsOfTheMachine(t *testing.T) {
	o := said(target{name: "6.12"})
	o.err = errors.New("no qemu")
	if got := o.problems(options{}); !slices.Equal(got, []string{"no qemu", "did not run: s"}) {
		t.Errorf("%q", got)
	}
}

func TestReport(t *testing.T) {
	opt := options{out: t.TempDir()}
	good := said(target{name: "6.12"}, wire.Event{Kind: wire.Start}, wire.Event{Kind: wire.List, Text: "TestA\n"},
		wire.Event{Kind: wire.Output, Text: "\x16--- PASS: TestA (0.50s)\n"}, wire.Event{Kind: wire.End, Seconds: 2.04})
	var out bytes.Buffer
	if err := report(&out, opt, []*outcome{good}); err != nil || !strings.Contains(out.String(), "1/1 2.0 s") {
		t.Errorf("%v\n%s", err, out.String())
	}
	bad := said(target{name: "5.10"}, wire.Event{Kind: wire.Start}, wire.Event{Kind: wire.List, Text: "TestA\n"}, wire.Event{Kind: wire.End})
	if err := report(&out, opt, []*outcome{good, bad}); err == nil || !strings.Contains(out.String(), "5.10: s: TestA: no result") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestPinsAreComplete(t *testing.T) {
	all, err := pins()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range sources {
		if len(all[k.name]) == 0 {
			t.Errorf("%s: no pin in pins.json", k.name)
		}
		for _, p := range all[k.name] {
			if len(p.SHA256) != 64 || p.Version == "" || !strings.HasPrefix(p.Path, "pool/") || p.Size == 0 {
				t.Errorf("%s: %+v", k.name, p)
			}
		}
	}
	if len(all) != len(sources) {
		t.Errorf("%d entries in pins.json, expected %d", len(all), len(sources))
	}
}

func TestChosen(t *testing.T) {
	for re, want := range map[string]int{"": len(targets), "6.12": 1, "5.10": 1, "6.12.*": 6, "^6.1$": 1} {
		got, err := options{kernel: re}.chosen()
		if err != nil || len(got) != want {
			t.Errorf("-kernel %q: %d targets (%v), expected %d", re, len(got), err, want)
		}
	}
	for _, re := range []string{"4.19", "("} {
		if _, err := (options{kernel: re}).chosen(); err == nil {
			t.Errorf("-kernel %q was taken", re)
		}
	}
}
