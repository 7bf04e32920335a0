package room

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// A Result is what a command of an engine did.
type Result struct {
	Status         int // exit status
	Stdout, Stderr string
}

// A Command is one of an engine, such as ctr or podman.
type Command struct {
	Argv  []string
	Env   []string      // added to this process's environment
	Stdin string        // what the command reads; without it standard input stays open and empty
	Limit time.Duration // 0: [Limit]
	Files []*os.File    // descriptors from 3 on
}

// Run runs a command to its end. An engine's command can hang for ever when a container's
// streams do, and a test that hangs says nothing: beyond the limit the test fails, with
// the end of the daemon's log.
func (c Command) Run(t testing.TB, log func() string) Result {
	t.Helper()
	limit := cmp.Or(c.Limit, Limit)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Argv[0], c.Argv[1:]...)
	cmd.Env, cmd.ExtraFiles = append(os.Environ(), c.Env...), c.Files
	if c.Stdin != "" {
		cmd.Stdin = strings.NewReader(c.Stdin)
	} else {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		defer w.Close()
		cmd.Stdin = r
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// A shim that inherits the pipes must not keep Run from returning.
	cmd.WaitDelay = 5 * time.Second
	box.Pass()
	err := cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("%q: no end within %v; stdout %q, stderr %q\n%s", c.Argv, limit, stdout.String(), stderr.String(), log())
	}
	if cmd.ProcessState == nil {
		t.Fatalf("%q: %v", c.Argv, err)
	}
	return Result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}
