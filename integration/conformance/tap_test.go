package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// An outcome is what one program has said.
type outcome struct {
	// status is its exit status; 1 is what the programs end with when they cannot go on.
	status int
	// passed is the number of lines "ok" that are not "ok # SKIP".
	passed int
	// failed are the descriptions of lines "not ok", and complaints that belong to no
	// line, each with how often it came.
	failed map[string]int
	// said are the runtime's error messages, each once, in their order.
	said []string
}

var (
	tapLine = regexp.MustCompile(`^(ok|not ok) \d+(?: - | # (SKIP|TODO) ?|$)(.*)$`)
	// What differs from run to run: ids of containers, and directories of bundles.
	uuid   = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	bundle = regexp.MustCompile(`/[^"\s:]*/ocitest\d+`)
)

func anonymous(s string) string {
	return bundle.ReplaceAllString(uuid.ReplaceAllString(s, "ID"), "BUNDLE")
}

// parse reads a program's output, TAP version 13 with JSON as YAML, and its standard error.
//
// Some programs report a failure by a diagnostic alone, without a line "not ok" before it:
// its member "error" then counts as a failed line. With a line before it, it explains a
// result that is counted already. What runtimetest has found inside of the container may
// be in the member "stdout" alone, behind one line for all of it.
func parse(stdout, stderr string, status int) (*outcome, error) {
	o := &outcome{status: status, failed: map[string]int{}}
	var block *strings.Builder // of a diagnostic
	explains := false          // the last thing was a result
	for line := range strings.Lines(stdout) {
		line = strings.TrimRight(line, "\n")
		if block != nil {
			if line != "  ..." {
				block.WriteString(line)
				continue
			}
			var d struct{ Error, Stdout string }
			// A diagnostic may be a list or have members of other types.
			if json.Unmarshal([]byte(block.String()), &d) == nil {
				if d.Error != "" && !explains {
					first, _, _ := strings.Cut(d.Error, "\n")
					o.failed[anonymous(first)]++
				}
				for line := range strings.Lines(d.Stdout) {
					if m := tapLine.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil && m[1] == "not ok" && m[2] == "" {
						o.failed["inside: "+m[3]]++
					}
				}
			}
			block, explains = nil, false
			continue
		}
		switch m := tapLine.FindStringSubmatch(line); {
		case line == "  ---":
			block = new(strings.Builder)
		case line == "TAP version 13":
			explains = false
		case m == nil: // the plan, a comment, the rest of a description
		case m[2] != "": // neither passed nor failed
			explains = true
		case m[1] == "ok":
			o.passed++
			explains = true
		default:
			o.failed[anonymous(m[3])]++
			explains = true
		}
	}
	if block != nil {
		return nil, fmt.Errorf("the output ends inside a diagnostic:\n%s", stdout)
	}
	for line := range strings.Lines(stderr) {
		line = anonymous(strings.TrimSpace(line))
		switch {
		case strings.HasPrefix(line, "runseal: "):
			if !slices.Contains(o.said, line) {
				o.said = append(o.said, line)
			}
		case strings.HasPrefix(line, "panic: "):
			return nil, fmt.Errorf("the program has failed:\n%s", stderr)
		}
	}
	return o, nil
}

// failures are the failed lines in alphabetical order, one string for each.
func (o *outcome) failures() []string {
	list := make([]string, 0, len(o.failed))
	for _, line := range slices.Sorted(maps.Keys(o.failed)) {
		if n := o.failed[line]; n > 1 {
			line = fmt.Sprintf("%s (%d times)", line, n)
		}
		list = append(list, line)
	}
	return list
}

func TestParse(t *testing.T) {
	const stdout = `TAP version 13
ok 1 - first
Refer to: more of it
  ---
  {
    "error": "exit status 1"
  }
  ...
not ok 2 - second
# a comment
  ---
  {
    "error": "of the second"
  }
  ...
not ok 3 - second
ok 4 # SKIP four
ok 5
not ok 6 # TODO six
1..6
TAP version 13
  ---
  {
    "stdout": "ok 1 - a\nnot ok 2 - b\nnot ok 3 # TODO c\n",
    "error": "of no line in BUNDLE /tmp/x/ocitest123/a\nmore"
  }
  ...
  ---
  [1]
  ...
1..0
`
	const stderr = "failed to create\nrunseal: \"aabbccdd-0000-1111-2222-333344445555\": no\nrunseal: \"aabbccdd-0000-1111-2222-333344445556\": no\n"
	o, err := parse(stdout, stderr, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := &outcome{1, 2, map[string]int{"second": 2, "of no line in BUNDLE BUNDLE/a": 1, "inside: b": 1}, []string{`runseal: "ID": no`}}
	if fmt.Sprint(*o) != fmt.Sprint(*want) {
		t.Errorf("%+v, expected %+v", *o, *want)
	}
	if got := fmt.Sprintf("%q", o.failures()); got != `["inside: b" "of no line in BUNDLE BUNDLE/a" "second (2 times)"]` {
		t.Error(got)
	}
	if _, err := parse("TAP version 13\n  ---\n  {\n", "", 0); err == nil {
		t.Error("no error for output that ends inside a diagnostic")
	}
	if _, err := parse("", "panic: x\n", 2); err == nil {
		t.Error("no error for a panic")
	}
}
