package lint

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif" // for its schema
	"github.com/xeipuuv/gojsonschema"
)

// sarifSchema returns the JSON schema of SARIF 2.1.0 (errata 01, OASIS). The module
// keeps it in a constant that it does not export, so that its source is read.
func sarifSchema(t *testing.T) string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && len(l.Value) > len(text) {
			text = l.Value
		}
		return true
	})
	if text, err = strconv.Unquote(text); err != nil || len(text) < 100_000 {
		t.Fatalf("a schema of %d bytes: %v", len(text), err)
	}
	return text
}

// sarifOf writes reports, holds the text against the schema, and decodes it.
func sarifOf(t *testing.T, reports ...Report) map[string]any {
	t.Helper()
	var b bytes.Buffer
	if err := WriteSARIF(&b, "1.2.3", reports); err != nil {
		t.Fatal(err)
	}
	result, err := gojsonschema.Validate(gojsonschema.NewStringLoader(sarifSchema(t)), gojsonschema.NewStringLoader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range result.Errors() {
		t.Errorf("not in the schema: %s", e)
	}
	var log map[string]any
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	return log
}

// get follows member names and positions.
func get(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(map[string]any)[p]
		case int:
			list, _ := v.([]any)
			if p >= len(list) {
				t.Fatalf("%v: %d elements", path, len(list))
			}
			v = list[p]
		}
	}
	return v
}

func TestSARIF(t *testing.T) {
	text := allow(x86, rule("open", "ERRNO"), rule("socket", "ERRNO", "0 EQ 40"))
	findings := Check(parse(t, text), onX86)
	source := Source{Text: []byte(text)}
	log := sarifOf(t, Report{File: "/etc/a b/profile.json", Findings: findings, Positions: source.Locate(findings)},
		Report{Findings: []Finding{Invalid(errors.New("line 1, column 1: broken"))}}, Report{File: "./clean.json"})
	if log["version"] != "2.1.0" || !strings.HasSuffix(log["$schema"].(string), "/sarif-schema-2.1.0.json") {
		t.Errorf("%v, %v", log["version"], log["$schema"])
	}
	if n := len(get(t, log, "runs", 0, "tool", "driver", "rules").([]any)); n != len(Rules()) {
		t.Errorf("%d rules", n)
	}
	results := get(t, log, "runs", 0, "results").([]any)
	if len(results) != len(findings)+1 {
		t.Fatalf("%d results of %d findings", len(results), len(findings)+1)
	}
	for i, r := range results {
		id := get(t, r, "ruleId")
		rule := get(t, log, "runs", 0, "tool", "driver", "rules", int(get(t, r, "ruleIndex").(float64)))
		if get(t, rule, "id") != id || get(t, rule, "defaultConfiguration", "level") != get(t, r, "level") {
			t.Errorf("%s is %v", id, rule)
		}
		if i == len(findings) { // of no file
			if get(t, r, "locations", 0, "physicalLocation") != nil || get(t, r, "locations", 0, "logicalLocations", 0, "fullyQualifiedName") != root {
				t.Errorf("%v", get(t, r, "locations"))
			}
			continue
		}
		f := findings[i]
		if id != f.Rule.ID || get(t, r, "message", "text") != f.Path+": "+f.Message || get(t, r, "locations", 0, "logicalLocations", 0, "fullyQualifiedName") != f.Path {
			t.Errorf("%v is not %s", r, &f)
		}
		if get(t, r, "locations", 0, "physicalLocation", "artifactLocation", "uri") != "file:///etc/a%20b/profile.json" {
			t.Errorf("%v", get(t, r, "locations"))
		}
		if f.Rule == siblingCall && get(t, r, "relatedLocations", 0, "physicalLocation", "region", "startColumn") != 18.0 {
			t.Errorf("%v", get(t, r, "relatedLocations"))
		}
	}
	if u := fileURI("./dir/../p#1.json"); u != "p%231.json" {
		t.Errorf("a relative path is %s", u)
	}
}

// No findings are an empty list, not an absent one: that means the tool did not run.
func TestSARIFEmpty(t *testing.T) {
	if results := get(t, sarifOf(t), "runs", 0, "results"); results == nil {
		t.Error("no results member")
	}
}
