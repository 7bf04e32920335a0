package hostile

import (
	"os"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestMain executes the tests in a mount namespace of their own: on the host others mount
// and unmount, too.
func TestMain(m *testing.M) {
	if os.Getenv(suspendVar) != "" {
		suspend()
		return
	}
	box.Apart()
	box.Main(m)
}
