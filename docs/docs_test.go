// Package docs has the tests of what the pages say about the tree.
package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNamedTestsExist: each test that a page names, for an invariant mostly, is there, and
// each safety rule of ARCHITECTURE.md names one.
func TestNamedTestsExist(t *testing.T) {
	there := make(map[string]bool)
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(text, -1) {
			there[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test\\w+)`")
	text := make(map[string]string)
	for _, name := range []string{"ARCHITECTURE.md", "internals.md", "performance.md"} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text[name] = string(page)
		found := named.FindAllSubmatch(page, -1)
		if len(found) == 0 {
			t.Errorf("%s names no test", name)
		}
		for _, m := range found {
			if !there[string(m[1])] {
				t.Errorf("%s: %s is not in the tree", name, m[1])
			}
		}
	}
	_, rules, _ := strings.Cut(text["ARCHITECTURE.md"], "## Safety rules")
	rules, _, _ = strings.Cut(rules, "\n## ")
	rule := regexp.MustCompile(`(?m)^\d\. `)
	starts := rule.FindAllStringIndex(rules, -1)
	if len(starts) < 7 {
		t.Fatalf("%d safety rules", len(starts))
	}
	for i, at := range starts {
		end := len(rules)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		if text := rules[at[0]:end]; !named.MatchString(text) {
			t.Errorf("no test guards %q", strings.SplitN(text, "\n", 2)[0])
		}
	}
}

// TestGoVersion: the README asks for the Go that go.mod asks for.
func TestGoVersion(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(mod)
	found := regexp.MustCompile(`Go (\d\S*) or newer`).FindAllSubmatch(page, -1)
	if want == nil || len(found) == 0 {
		t.Fatalf("go.mod: %q, README.md: %q", want, found)
	}
	for _, m := range found {
		if string(m[1]) != string(want[1]) {
			t.Errorf("README.md asks for Go %s, go.mod for %s", m[1], want[1])
		}
	}
}
