package cli

import (
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestMain(m *testing.M) { box.Main(m) }

// sleeper is a box whose process does nothing.
func sleeper(t *testing.T) *box.Box {
	t.Helper()
	return box.New(t, "/bin/sleep", "1000")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
