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

// TestNamedTestsExist: each test that ARCHITECTURE.md names for an invariant is there, and
// each safety rule names one.
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
	page, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test\\w+)`")
	for _, m := range named.FindAllSubmatch(page, -1) {
		if !there[string(m[1])] {
			t.Errorf("%s is not in the tree", m[1])
		}
	}
	_, rules, _ := strings.Cut(string(page), "## Safety rules")
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
