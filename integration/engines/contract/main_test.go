package contract

import (
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestMain(m *testing.M) { box.Main(m) }
