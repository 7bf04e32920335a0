package ocischema

import "testing"

// TestCorpus: the schemas, as this package applies them, say about the specification's own
// documents what it says.
func TestCorpus(t *testing.T) {
	for _, kind := range []string{Config, State, Features} {
		for name, text := range Corpus(t, kind, true) {
			for _, e := range Errors(t, kind, text) {
				t.Errorf("%s/good/%s: %s", kind, name, e)
			}
		}
		for name, text := range Corpus(t, kind, false) {
			if Errors(t, kind, text) == nil {
				t.Errorf("%s/bad/%s: no error", kind, name)
			}
		}
	}
}
