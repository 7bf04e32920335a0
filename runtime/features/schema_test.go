package features

import (
	"bytes"
	"testing"

	"github.com/runseal/runseal/runtime/spec/ocischema"
)

// TestSchema: the document is what the specification's schema takes.
func TestSchema(t *testing.T) {
	for _, commit := range []string{"", "abc"} {
		var out bytes.Buffer
		if err := Write(&out, "1.2.3", commit); err != nil {
			t.Fatal(err)
		}
		ocischema.Check(t, ocischema.Features, out.Bytes())
	}
}
