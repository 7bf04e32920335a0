// Package ocischema holds documents against the JSON schemas of the runtime specification
// (schema/ of github.com/opencontainers/runtime-spec), and gives the documents that the
// specification tests its schemas with. Both come from the module that go.mod names, found
// in the module cache; there is no copy, and no test goes without.
//
// For tests only: it links a validator that no program needs.
package ocischema

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/xeipuuv/gojsonschema"
)

// Kinds of documents: names of directories in the corpus, and of schemas.
const (
	Config   = "config"
	State    = "state"
	Features = "features"
)

const module = "github.com/opencontainers/runtime-spec"

var dir = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	return filepath.Join(strings.TrimSpace(string(out)), "schema"), err
})

func schemaDir(t testing.TB) string {
	t.Helper()
	d, err := dir()
	if err != nil {
		t.Fatalf("go list -m %s: %v", module, err)
	}
	return d
}

// Errors are the schema's objections to a document of a kind, none if it is valid. Text that
// is no JSON is one.
func Errors(t testing.TB, kind string, document []byte) (list []string) {
	t.Helper()
	schema := gojsonschema.NewReferenceLoader("file://" + filepath.Join(schemaDir(t), kind+"-schema.json"))
	s, err := gojsonschema.NewSchema(schema)
	if err != nil {
		t.Fatalf("the schema of %s: %v", kind, err)
	}
	r, err := s.Validate(gojsonschema.NewBytesLoader(document))
	if err != nil {
		return []string{err.Error()}
	}
	for _, e := range r.Errors() {
		list = append(list, e.String())
	}
	return list
}

// Check fails the test if a document is not valid.
func Check(t testing.TB, kind string, document []byte) {
	t.Helper()
	for _, e := range Errors(t, kind, document) {
		t.Errorf("not in the schema of %s: %s\n%s", kind, e, document)
	}
}

// Corpus gives the specification's documents of a kind, good or bad ones, by the names of
// their files.
func Corpus(t testing.TB, kind string, good bool) map[string][]byte {
	t.Helper()
	sub := "bad"
	if good {
		sub = "good"
	}
	files, err := filepath.Glob(filepath.Join(schemaDir(t), "test", kind, sub, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no documents in schema/test/%s/%s (%v)", module, kind, sub, err)
	}
	corpus := make(map[string][]byte, len(files))
	for _, name := range files {
		if corpus[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return corpus
}
