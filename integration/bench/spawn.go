package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// A runtime that hangs is killed after this time, and the benchmark fails.
const commandTimeout = 30 * time.Second

// spawner starts programs with as little around them as possible: no goroutines,
// no pipes, standard input and output from and to /dev/null, standard error into
// one file that is read only after a failure.
type spawner struct {
	null, stderr *os.File
	env          []string
}

func newSpawner(stderr string) (*spawner, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(stderr, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, errors.Join(err, null.Close())
	}
	return &spawner{null: null, stderr: f, env: os.Environ()}, nil
}

func (s *spawner) close() error { return errors.Join(s.null.Close(), s.stderr.Close()) }

// run starts argv[0], waits for it and returns the wall-clock time of both. A
// status other than 0 is an error with what the program wrote to standard error.
func (s *spawner) run(argv ...string) (time.Duration, error) {
	return s.spawn(nil, argv)
}

// peak runs argv through the program launch, and returns the peak memory of
// argv[0] in KiB.
func (s *spawner) peak(launch string, argv ...string) (kib int64, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	_, err = s.spawn(w, append([]string{launch}, argv...))
	if err = errors.Join(err, w.Close()); err != nil {
		return 0, err
	}
	// The result is a few bytes written at once, which the pipe holds after its
	// writer's end; waiting for the end of file would trust that nobody else has
	// the pipe.
	data := make([]byte, 64)
	if err := r.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		return 0, err
	}
	n, err := r.Read(data)
	if err != nil {
		return 0, fmt.Errorf("result of %s: %w", launch, err)
	}
	var status int
	if _, err := fmt.Sscanf(string(data[:n]), "%d %d", &status, &kib); err != nil {
		return 0, fmt.Errorf("result %q of %s: %w", data[:n], launch, err)
	}
	if status != 0 {
		return 0, s.failure(argv, fmt.Sprintf("exit status %d", status))
	}
	return kib, nil
}

func (s *spawner) spawn(fd3 *os.File, argv []string) (time.Duration, error) {
	if err := s.stderr.Truncate(0); err != nil {
		return 0, err
	}
	attr := &os.ProcAttr{
		Env:   s.env,
		Files: []*os.File{s.null, s.null, s.stderr},
		// Ctrl-C in a terminal is for the benchmark, which lets the command that
		// is running come to its end.
		Sys: &syscall.SysProcAttr{Setpgid: true},
	}
	if fd3 != nil {
		attr.Files = append(attr.Files, fd3)
	}
	start := time.Now()
	p, err := os.StartProcess(argv[0], argv, attr)
	if err != nil {
		return 0, err
	}
	timer := time.AfterFunc(commandTimeout, func() { p.Kill() })
	state, err := p.Wait()
	took := time.Since(start)
	onTime := timer.Stop()
	switch {
	case err != nil:
		return 0, fmt.Errorf("wait for %s: %w", argv[0], err)
	case !onTime:
		return 0, s.failure(argv, fmt.Sprintf("killed after %v", commandTimeout))
	case !state.Success():
		return 0, s.failure(argv, state.String())
	}
	return took, nil
}

func (s *spawner) failure(argv []string, what string) error {
	text := make([]byte, 4096)
	n, err := s.stderr.ReadAt(text, 0)
	if err != nil && err != io.EOF {
		return fmt.Errorf("%s: %s (its standard error: %w)", strings.Join(argv, " "), what, err)
	}
	return fmt.Errorf("%s: %s: %s", strings.Join(argv, " "), what, strings.TrimSpace(string(text[:n])))
}
