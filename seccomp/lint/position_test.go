package lint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestOffsets(t *testing.T) {
	const text = `{"a": 1, "b" : [ true, {"c":"x"} , [ ] ], "é\"": { "0": null } , "d": 1e999, "1":[[5]]}`
	at := func(value string) int { return strings.Index(text, value) }
	for path, want := range map[string]int{
		"":       0,
		"a":      at("1,"),
		"b":      at("["),
		"b 0":    at("true"),
		"b 1":    at(`{"c"`),
		"b 1 c":  at(`"x"`),
		"b 2":    at("[ ]"),
		"b 2 0":  at("[ ]"), // not there: what it would be in
		"b 9 c":  at("["),
		"é\"":    at(`{ "0"`),
		"é\" 0":  at("null"),
		"d":      at("1e999"),
		"1 0 0":  at("5]]"),
		"a b c":  at("1,"),
		"nobody": 0,
	} {
		if got := Offsets([]byte(text), [][]string{strings.Fields(path)}); got[0] != want {
			t.Errorf("%q: %d, want %d", path, got[0], want)
		}
	}
	// What stands before an error is found.
	if got := Offsets([]byte(`{"a":[1,2,}`), [][]string{{"a", "1"}, {"a", "2"}, {"b"}}); !slices.Equal(got, []int{8, 5, 0}) {
		t.Errorf("broken text: %v", got)
	}
	for _, text := range []string{"", " ", "]", "}", "nul", `{"a"`, `{1:2}`, `[[[`, "7"} {
		Offsets([]byte(text), [][]string{{"a"}, {"0", "0"}})
	}
	if got := Offsets([]byte(strings.Repeat("[", 100_000)), [][]string{{"0", "0"}}); got[0] != 2 {
		t.Errorf("deep: %d", got[0])
	}
	// No further than the parser: 5 MB of brackets took seconds and 600 MB.
	if n := testing.AllocsPerRun(1, func() { Offsets(bytes.Repeat([]byte("["), 5<<20), [][]string{{"0"}}) }); n > 1000 {
		t.Errorf("deep: %v allocations", n)
	}
}

// FuzzOffsets holds that a value is where it is said to be.
func FuzzOffsets(f *testing.F) {
	f.Add(`{"a":[{"b":"c"},2]}`, "a", "0", "b")
	f.Add(" [\n[] , {} ] ", "1", "x", "")
	f.Fuzz(func(t *testing.T, text, x, y, z string) {
		path := []string{x, y, z}
		got := Offsets([]byte(text), [][]string{path})[0]
		if got < -1 || got > len(text) {
			t.Fatalf("%d of %d", got, len(text))
		}
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			return
		}
		if got < 0 {
			t.Fatalf("%q: nothing found", text)
		}
		var value any
		if err := json.NewDecoder(strings.NewReader(text[got:])).Decode(&value); err != nil {
			t.Fatalf("%q at %d: %v", text, got, err)
		}
	})
}

func TestLocate(t *testing.T) {
	const profile = "{\n \"defaultAction\": \"SCMP_ACT_ERRNO\",\n\t\"syscalls\": [\n  {\"names\": [\"é\", \"read\"], \"action\": \"SCMP_ACT_ALLOW\"},\n  {\"names\": [\"write\"],\n   \"action\": \"SCMP_ACT_ALLOW\"}\n ]\n}\n"
	for _, c := range []struct {
		name   string
		source Source
		path   string
		want   Position
	}{
		{"default", Source{Text: []byte(profile)}, "linux.seccomp.defaultAction", Position{2, 19}},
		{"name behind a character of two bytes", Source{Text: []byte(profile)}, "linux.seccomp.syscalls[0].names[1]", Position{4, 19}},
		{"entry", Source{Text: []byte(profile)}, "linux.seccomp.syscalls[1]", Position{5, 3}},
		{"absent", Source{Text: []byte(profile)}, "linux.seccomp.flags", Position{1, 1}},
		{"absent in an entry", Source{Text: []byte(profile)}, "linux.seccomp.syscalls[1].errnoRet", Position{5, 3}},
		{"config.json", Source{Text: []byte("{\"linux\":\n{\"seccomp\": " + profile + "}}"), Config: true}, "linux.seccomp.syscalls[1].action", Position{7, 14}},
		{"entries of Docker's format", Source{Text: []byte(profile), Entries: []int{1}}, "linux.seccomp.syscalls[0].names[0]", Position{5, 14}},
		{"architectures of Docker's format", Source{Text: []byte(`{"archMap": []}`), Entries: []int{}}, "linux.seccomp.architectures[1]", Position{1, 13}},
		{"other member", Source{Text: []byte(`{"process":{"x y":[1]}}`), Config: true}, `process["x y"][0]`, Position{1, 20}},
	} {
		got := c.source.Locate([]Finding{{Rule: filterSize, Path: c.path, Related: []string{c.path}}})
		if got[c.path] != c.want {
			t.Errorf("%s: %s at %v, want %v", c.name, c.path, got[c.path], c.want)
		}
	}
}

// A syntax error is where the parser says it is.
func TestLocateSyntax(t *testing.T) {
	source := Source{Text: []byte("{\n \"é\": [1,,\n")}
	f := Finding{Rule: invalidProfile, Path: root, Message: "line 2, column 11: unexpected ','"}
	if got := source.Locate([]Finding{f})[root]; got != (Position{2, 10}) {
		t.Errorf("%v, want 2:10", got)
	}
	for _, line := range []string{"line 99, column 1: x", "line 1, column 0: x", "line -1, column 1: x", "line 3, column 77: x"} {
		f.Message = line
		source.Locate([]Finding{f})
	}
}

func TestSplit(t *testing.T) {
	for path, want := range map[string][]string{
		"":                          nil,
		"linux.seccomp.syscalls[3]": {"linux", "seccomp", "syscalls", "3"},
		`a["x y"][0].b`:             {"a", "x y", "0", "b"},
		`a["\"]"].b`:                {"a", `"]`, "b"},
		`["]"]`:                     {"]"},
		`a["long"...].b`:            {"a", `["long"...].b`},
		`a["`:                       {"a", `["`},
		"a[3":                       {"a", "3"},
	} {
		if got := split(path); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// Thousands of findings in one line of megabytes are found in one pass.
func TestLocateOneLine(t *testing.T) {
	const entries = 20_000
	var b strings.Builder
	b.WriteString(`{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[`)
	want := map[string]Position{}
	var findings []Finding
	for i := range entries {
		path := entryPath(i)
		want[path] = Position{1, 1 + b.Len() - i} // each é is two bytes
		fmt.Fprintf(&b, `{"names":["é%05d"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":%d,"op":"SCMP_CMP_EQ"}]},`, i, 100_000+i)
		findings = append(findings, Finding{Rule: filterSize, Path: path})
	}
	text := strings.TrimSuffix(b.String(), ",") + "]}"
	start := time.Now()
	got := (&Source{Text: []byte(text)}).Locate(findings)
	if took := time.Since(start); took > 5*time.Second { // below 0.1 s, and minutes if each began at the line's start
		t.Errorf("%s for %d findings", took, entries)
	}
	for path, p := range want {
		if got[path] != p {
			t.Fatalf("%s at %v, want %v", path, got[path], p)
		}
	}
}
