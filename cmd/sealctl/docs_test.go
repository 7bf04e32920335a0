package main

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestDocumentation runs the examples of the README and the tutorials, in the order of the page and in
// one directory:
//
//	```json file=web.json        the text is a file that later commands read
//	```console                   each line "$ sealctl ..." is run, and what follows is
//	                             its output, both streams; a line "..." is any lines
//	```console no-test           needs root, a cluster or another program: not run
//
// "$ sealctl ... > FILE" is understood, and so is "$ echo $?". Other commands in a
// tested block are an error of the page.
func TestDocumentation(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skipf("the pages show an x86_64 machine, this is %s", runtime.GOARCH)
	}
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Chdir(t.TempDir())
			for _, block := range regexp.MustCompile("(?ms)^```(\\w+) *([^\n]*)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
				language, info, body := block[1], block[2], block[3]
				if name, ok := strings.CutPrefix(info, "file="); ok {
					if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				if language == "console" && info == "" {
					ran += console(t, body)
				}
			}
		})
	}
	if want := 30; ran < want {
		t.Errorf("%d commands were run, expected %d or more", ran, want)
	}
}

// console runs the commands of one block and compares what they print. It returns how
// many it has run.
func console(t *testing.T, body string) (ran int) {
	t.Helper()
	status := 0
	for _, example := range strings.Split("\n"+body, "\n$ ")[1:] {
		line, want, _ := strings.Cut(example, "\n")
		for strings.HasSuffix(line, `\`) { // continued
			more, rest, _ := strings.Cut(want, "\n")
			line, want = strings.TrimSuffix(line, `\`)+strings.TrimSpace(more), rest
		}
		var got string
		command, file, redirected := strings.Cut(line, " > ")
		words := strings.Fields(command)
		switch {
		case command == "echo $?":
			got = string(rune('0'+status)) + "\n"
		case len(words) > 0 && words[0] == "sealctl":
			var stdout, stderr string
			for i := range words {
				words[i] = strings.Trim(words[i], `'"`)
			}
			status, stdout, stderr = sealctl("", words[1:]...)
			if redirected {
				if err := os.WriteFile(file, []byte(stdout), 0o600); err != nil {
					t.Fatal(err)
				}
				stdout = ""
			}
			got = stdout + stderr
			ran++
		case len(words) == 2 && words[0] == "cat":
			data, err := os.ReadFile(words[1])
			if err != nil {
				t.Fatal(err)
			}
			got = string(data)
		default:
			t.Fatalf("%q: expected a command of sealctl, or a block that is marked no-test", line)
		}
		if !matchesText(want, got) {
			t.Errorf("$ %s\n%s\nthe page has\n%s", line, got, want)
		}
	}
	return ran
}

// matchesText compares by lines, without spaces at their ends; a line "..." in want is
// any number of lines.
func matchesText(want, got string) bool {
	lines := func(s string) []string {
		var list []string
		for line := range strings.Lines(strings.TrimRight(s, "\n ")) {
			list = append(list, strings.TrimRight(line, "\n "))
		}
		return list
	}
	return matchesLines(lines(want), lines(got))
}

func matchesLines(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == "..." {
		for i := range len(got) + 1 {
			if matchesLines(want[1:], got[i:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && want[0] == got[0] && matchesLines(want[1:], got[1:])
}

func TestMatchesText(t *testing.T) {
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{"", "\n", true},
		{"a\n...\n", "a\nb\nc\n", true},
		{"a\n...\nc", "a\nb\nc\n", true},
		{"a\n...\nd", "a\nb\nc\n", false},
		{"a\n...", "b", false},
		{"a", "a\nb", false},
		{"...", "", true},
		{"a  \nb", "a\nb\n\n", true},
	} {
		if matchesText(c.want, c.got) != c.same {
			t.Errorf("%q and %q: %v", c.want, c.got, !c.same)
		}
	}
}
