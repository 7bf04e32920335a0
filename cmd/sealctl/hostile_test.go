package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
)

// evil has what a terminal acts on: escape sequences, also as one character of C1, a
// line feed, and a change of the direction of writing.
const evil = "\x1b[31m\u009b31m\x07\r\n\u202e\x7f</script>"

// notPlain returns the first character that must not reach a terminal.
func notPlain(text string) string {
	for _, r := range text {
		if r != '\n' && !strconv.IsPrint(r) {
			return strconv.QuoteRune(r)
		}
	}
	return ""
}

func TestHostileStrings(t *testing.T) {
	t.Chdir(t.TempDir())
	name := "p" + strings.ReplaceAll(evil, "/", "_")
	quoted, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	text := `{"defaultAction":"SCMP_ACT_ERRNO","listenerPath":` + string(quoted) + `,"syscalls":[{"names":["execve",` + string(quoted) + `],"action":"SCMP_ACT_ALLOW"}]}`
	for file, content := range map[string]string{name: text, "broken" + name: "{", "plain.json": small} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verbs := []string{
		"resolve", "merge plain.json", "intersect plain.json", "convert --to oci", "convert --to docker", "lint --severity note",
		"lint -o json", "lint -o sarif", "graph", "graph -o dot", "report", "report -o json", "list", "list -o json", "diff plain.json",
		"diff -o json plain.json", "compile", "compile -o c", "compile -o go", "disasm", "graph --raw",
	}
	for _, verb := range verbs {
		for _, file := range []string{name, "broken" + name, "missing" + name} {
			args := append(strings.Fields(verb), file)
			_, stdout, stderr := sealctl("", args...)
			// Of what is not for terminals the tables of the page are.
			if c := notPlain(strings.NewReplacer("\t", "").Replace(stdout)); c != "" {
				t.Errorf("%q: standard output has %s", args, c)
			}
			if c := notPlain(stderr); c != "" {
				t.Errorf("%q: standard error has %s: %q", args, c, stderr)
			}
			for line := range strings.Lines(stderr) {
				if !strings.HasPrefix(line, "sealctl: ") {
					t.Errorf("%q: more than one line: %q", args, stderr)
				}
			}
		}
	}
	_, stdout, stderr := sealctl("", "resolve", name)
	var back struct{ ListenerPath string }
	if err := json.Unmarshal([]byte(stdout), &back); err != nil || back.ListenerPath != evil {
		t.Errorf("listenerPath became %q (%v), %s", back.ListenerPath, err, stderr)
	}
}

type fullDevice struct{}

func (fullDevice) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// What cannot be written is an error, whoever writes it.
func TestFull(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"list", "--help"}, {"version"}, {"list", "-"}, {"lint", "--rules"}, {"completion", "bash"}} {
		var errs bytes.Buffer
		status := run(append([]string{"sealctl"}, args...), strings.NewReader(small), fullDevice{}, &errs)
		if want := "sealctl: no space left on device\n"; status == 0 || errs.String() != want {
			t.Errorf("%s: status %d, %q, want %q", args, status, &errs, want)
		}
	}
}
