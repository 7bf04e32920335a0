package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/bundle"
)

// No step needs more than a fraction of a second.
const stepTimeout = 20 * time.Second

// stage is what the steps share: the runtime, one bundle and the profile that
// `runseal spec` wrote.
type stage struct {
	w       io.Writer
	runtime string
	state   string // --root
	id      string
	bundle  *bundle.Bundle
	docker  *specs.LinuxSeccomp
}

func newStage(w io.Writer) (_ *stage, err error) {
	s := &stage{w: w, id: fmt.Sprintf("demo-%d", os.Getpid())}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.runtime, err = bundle.Runtime(); err != nil {
		return nil, err
	}
	if s.state, err = os.MkdirTemp("", "runseal-demo-"); err != nil {
		return nil, err
	}
	fmt.Fprintln(w, "== A busybox root file system, and a config.json with Docker's default profile")
	if s.bundle, err = bundle.Empty(); err != nil {
		return nil, err
	}
	if err = s.bundle.AddProgram("/bin/call", "./integration/demo/call"); err != nil {
		return nil, err
	}
	fmt.Fprintf(w, "   $ runseal spec --bundle %s\n", s.bundle.Dir)
	if out, err := exec.Command(s.runtime, "spec", "--bundle", s.bundle.Dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("runseal spec: %w: %s", err, bytes.TrimSpace(out))
	}
	if err = s.bundle.Read(); err != nil {
		return nil, err
	}
	if s.bundle.Spec.Linux == nil || s.bundle.Spec.Linux.Seccomp == nil {
		return nil, errors.New("the config.json of `runseal spec` has no linux.seccomp")
	}
	s.docker = s.bundle.Spec.Linux.Seccomp
	names := 0
	for _, c := range s.docker.Syscalls {
		names += len(c.Names)
	}
	fmt.Fprintf(w, "   linux.seccomp: %s unless a rule says otherwise, %d rules with %d names\n",
		s.docker.DefaultAction, len(s.docker.Syscalls), names)
	return s, nil
}

// play runs the container of a step, shows it and checks it.
func (s *stage) play(ctx context.Context, st step) error {
	name, profile := st.profile(s.docker)
	if err := s.bundle.Set(bundle.Args(st.args...), bundle.Seccomp(profile)); err != nil {
		return err
	}
	fmt.Fprintf(s.w, "   linux.seccomp: %s\n", name)
	fmt.Fprintf(s.w, "   process.args:  %s\n", strings.Join(st.args, " "))
	if st.note != "" {
		fmt.Fprintf(s.w, "                  (%s)\n", st.note)
	}
	fmt.Fprintf(s.w, "   $ runseal run --bundle %s %s\n", s.bundle.Dir, s.id)

	r, err := s.run(ctx)
	if err != nil {
		return err
	}
	for line := range strings.Lines(r.stdout + r.stderr) {
		fmt.Fprintf(s.w, "   | %s\n", strings.TrimSuffix(line, "\n"))
	}
	fmt.Fprintf(s.w, "   exit status %d\n", r.status)
	return st.check(r)
}

// run executes `runseal run` on the bundle. An exit status other than 0 is no
// error here: the steps say which one they expect.
func (s *stage) run(ctx context.Context) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, s.runtime, "--root", s.state, "run", "--bundle", s.bundle.Dir, s.id)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// Asked to end, runseal hands the signal to the container and clears up; what
	// it does not is left to close.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 2 * time.Second
	err := cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return result{}, fmt.Errorf("runseal run: %w", cause)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return result{}, fmt.Errorf("runseal run: %w", err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}, nil
}

// close removes the container, if an interruption left one, the state and the
// bundle. It works on a stage that was only partly made.
func (s *stage) close() error {
	var errs []error
	if s.state != "" {
		if _, err := os.Stat(filepath.Join(s.state, s.id)); err == nil {
			out, err := exec.Command(s.runtime, "--root", s.state, "delete", "--force", s.id).CombinedOutput()
			if err != nil {
				errs = append(errs, fmt.Errorf("runseal delete: %w: %s", err, bytes.TrimSpace(out)))
			}
		}
		errs = append(errs, os.RemoveAll(s.state))
	}
	if s.bundle != nil {
		errs = append(errs, s.bundle.Remove())
	}
	return errors.Join(errs...)
}
