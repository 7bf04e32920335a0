package containerd

import (
	"fmt"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/room"
)

// A Client runs ctr commands for a test against one daemon and namespace.
type Client struct {
	t                 testing.TB
	socket, namespace string
	log               func() string // the end of the daemon's log
	limit             time.Duration
}

// NewClient is a client of a daemon that runs already, as a node has one. log returns
// the end of what the daemon has logged.
func NewClient(t testing.TB, socket, namespace string, log func() string) *Client {
	return &Client{t: t, socket: socket, namespace: namespace, log: log, limit: room.Limit}
}

// For is the client for another test, and with another limit of a command's time.
func (c *Client) For(t testing.TB, limit time.Duration) *Client {
	other := *c
	other.t, other.limit = t, limit
	return &other
}

// Argv is the command line of a ctr command.
func (c *Client) Argv(args ...string) []string {
	return append([]string{"ctr", "--address", c.socket, "--namespace", c.namespace}, args...)
}

// Do runs ctr with an open standard input that has nothing in it.
func (c *Client) Do(args ...string) room.Result {
	c.t.Helper()
	return room.Command{Argv: c.Argv(args...), Limit: c.limit}.Run(c.t, c.log)
}

// DoWith is Do with something to read, and its end.
func (c *Client) DoWith(stdin string, args ...string) room.Result {
	c.t.Helper()
	return room.Command{Argv: c.Argv(args...), Limit: c.limit, Stdin: stdin}.Run(c.t, c.log)
}

// Terminal is Do on a terminal.
func (c *Client) Terminal(args ...string) *room.Terminal {
	c.t.Helper()
	return room.Command{Argv: c.Argv(args...), Limit: c.limit}.Terminal(c.t, c.log)
}

// Try is Do for a command whose failure the caller looks at.
func (c *Client) Try(args ...string) (string, error) {
	c.t.Helper()
	r := c.Do(args...)
	if r.Status != 0 {
		return r.Stdout, fmt.Errorf("ctr %q: exit status %d, stderr %q", args, r.Status, r.Stderr)
	}
	return r.Stdout, nil
}

// Ctr is Do for a command that has to succeed; it returns its standard output.
func (c *Client) Ctr(args ...string) string {
	c.t.Helper()
	out, err := c.Try(args...)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}
