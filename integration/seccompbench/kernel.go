//go:build libseccomp && amd64

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/bpf"
)

// childLimit ends a child that does not end by itself.
const childLimit = 20 * time.Second

var errTooLong = errors.New("a measured process did not end in time")

// runChild runs a measured process to its end and returns its standard output.
func runChild(ctx context.Context, limit time.Duration, task string, number int, stdin []byte) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(limited, "/proc/self/exe", childArg, task, fmt.Sprint(number))
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case limited.Err() != nil:
		return nil, errTooLong
	case errors.As(err, &exit):
		return nil, fmt.Errorf("child %s %d: %w: %s", task, number, err, bytes.TrimSpace(exit.Stderr))
	}
	return out, err
}

// compileOnce compiles in a fresh process; the task is compile or grow.
func compileOnce(ctx context.Context, limit time.Duration, task string, level int, p *specs.LinuxSeccomp) (outcome, error) {
	var res outcome
	text, err := json.Marshal(p)
	if err != nil {
		return res, err
	}
	out, err := runChild(ctx, limit, task, level, text)
	if err != nil {
		return res, err
	}
	return res, json.Unmarshal(out, &res)
}

// loadOnce returns the time of seccomp(2) in a fresh process, in ns.
func loadOnce(ctx context.Context, prog []bpf.Instruction) (ns float64, err error) {
	var in bytes.Buffer
	if err := writeProgram(&in, prog); err != nil {
		return 0, err
	}
	out, err := runChild(ctx, childLimit, "load", 0, in.Bytes())
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(string(out), &ns)
	return ns, err
}

// caller is a process that makes calls on demand.
type caller struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr bytes.Buffer
}

func startCaller(ctx context.Context, n int, prog []bpf.Instruction) (*caller, error) {
	c := &caller{cmd: exec.CommandContext(ctx, "/proc/self/exe", childArg, "calls", fmt.Sprint(n))}
	c.cmd.Stderr = &c.stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if err := writeProgram(c.in, prog); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// cost returns what one call of the kind takes, in ns.
func (c *caller) cost(kind int) (ns float64, err error) {
	if _, err := c.in.Write([]byte{byte(kind)}); err != nil {
		return 0, err
	}
	line, err := c.out.ReadString('\n')
	if err != nil {
		return 0, errors.Join(err, c.close())
	}
	_, err = fmt.Sscan(line, &ns)
	return ns, err
}

func (c *caller) close() error {
	c.in.Close()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("child calls: %w: %s", err, bytes.TrimSpace(c.stderr.Bytes()))
	}
	return nil
}

// costs measures the three calls under each program, which take turns. A nil
// program is none.
func costs(ctx context.Context, o options, progs [][]bpf.Instruction) (ns [callKinds][][]float64, err error) {
	var callers []*caller
	defer func() {
		for _, c := range callers {
			if e := c.close(); err == nil {
				err = e
			}
		}
	}()
	for _, prog := range progs {
		c, err := startCaller(ctx, o.calls, prog)
		if err != nil {
			return ns, err
		}
		callers = append(callers, c)
	}
	for kind := range ns {
		ns[kind] = make([][]float64, len(progs))
		for round := range o.n + 1 {
			for i := range callers {
				k := (i + round) % len(callers)
				v, err := callers[k].cost(kind)
				if err != nil {
					return ns, err
				}
				if round > 0 { // the first one fills the caches
					ns[kind][k] = append(ns[kind][k], v)
				}
			}
		}
	}
	return ns, nil
}
