package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestAsksNameTests: each alternative of what runs on every kernel, and of what runs in a
// machine at all, is a test's name, or a part of one, in that suite.
func TestAsksNameTests(t *testing.T) {
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, s := range suites {
		if s.asks == "" && s.fits == "" {
			continue
		}
		files, err := filepath.Glob(filepath.Join("../..", s.pkg, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %d files", s.pkg, err, len(files))
		}
		var names []string
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range function.FindAllSubmatch(text, -1) {
				names = append(names, string(m[1]))
			}
		}
		for _, part := range slices.Concat(strings.Split(s.asks, "|"), strings.Split(s.fits, "|")) {
			if !slices.ContainsFunc(names, regexp.MustCompile(part).MatchString) {
				t.Errorf("%s: no test matches %q", s.pkg, part)
			}
		}
	}
}

// TestRuns: what a machine leaves out runs on another, or with -all.
func TestRuns(t *testing.T) {
	for _, s := range suites {
		somewhere := s.spare
		for _, m := range targets {
			listed := slices.ContainsFunc(m.suites(), func(o suite) bool { return o.pkg == s.pkg })
			if listed && !(options{all: true}).runs(s, m) {
				t.Errorf("%s does not run on %s with -all", s.pkg, m.name)
			}
			somewhere = somewhere || listed && (options{}).runs(s, m)
		}
		if !somewhere {
			t.Errorf("%s runs nowhere", s.pkg)
		}
	}
}
