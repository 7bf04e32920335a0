package onnode

import "github.com/runseal/runseal/integration/internal/room"

// onTerminal runs ctr on a terminal of 24 lines of 80 columns, whose output is what it
// returns as Stdout.
func (c *container) onTerminal(args ...string) room.Result {
	c.t.Helper()
	return c.Terminal(args...).Wait()
}
