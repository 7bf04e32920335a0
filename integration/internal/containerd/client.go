package containerd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Limit bounds every ctr command: ctr can hang for ever when a task's streams
// do, and a test that hangs says nothing.
const Limit = 60 * time.Second

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
	return &Client{t: t, socket: socket, namespace: namespace, log: log, limit: Limit}
}

// For is the client for another test, and with another limit of a command's time.
func (c *Client) For(t testing.TB, limit time.Duration) *Client {
	other := *c
	other.t, other.limit = t, limit
	return &other
}

// Command is a ctr command that the caller runs.
func (c *Client) Command(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "ctr", append([]string{"--address", c.socket, "--namespace", c.namespace}, args...)...)
}

// Result is what a ctr command did.
type Result struct {
	Status         int
	Stdout, Stderr string
}

// Do runs ctr with an open standard input that has nothing in it.
func (c *Client) Do(args ...string) Result {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), c.limit)
	defer cancel()
	r, w, err := os.Pipe()
	if err != nil {
		c.t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	cmd := c.Command(ctx, args...)
	cmd.Stdin = r
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// A shim that inherits the pipes must not keep Run from returning.
	cmd.WaitDelay = 5 * time.Second
	err = cmd.Run()
	if ctx.Err() != nil {
		c.t.Fatalf("ctr %q: no end within %v; stdout %q, stderr %q\n%s", args, c.limit, stdout.String(), stderr.String(), c.log())
	}
	if cmd.ProcessState == nil {
		c.t.Fatalf("ctr %q: %v", args, err)
	}
	return Result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
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
