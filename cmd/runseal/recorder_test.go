package main

import (
	"bytes"
	"io"
	"syscall"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime"
)

// call is one call of package runtime as the command line made it.
type call struct {
	Runtime runtime.Runtime // without Warn and Inform
	Warns   bool            // whether Warn was set
	Method  string
	ID      string
	Options any
	Signal  syscall.Signal
	Flag    bool // kill's all, delete's force
}

// recorder stands in for package runtime. It keeps the calls and answers with
// what the test put there.
type recorder struct {
	calls    []call
	opened   *runtime.Runtime
	warnings []string // given to Warn by each call
	status   int
	err      error
	found    []*runtime.Container
	pids     []int
	text     string // written by Plan
}

func (r *recorder) record(c call) error {
	c.Runtime, c.Warns = *r.opened, r.opened.Warn != nil
	c.Runtime.Warn, c.Runtime.Inform = nil, nil
	r.calls = append(r.calls, c)
	if c.Warns {
		for _, w := range r.warnings {
			r.opened.Warn(w)
		}
	}
	return r.err
}

func (r *recorder) Create(id string, o runtime.CreateOptions) error {
	return r.record(call{Method: "create", ID: id, Options: o})
}
func (r *recorder) Start(id string) error { return r.record(call{Method: "start", ID: id}) }
func (r *recorder) Run(id string, o runtime.RunOptions) (int, error) {
	return r.status, r.record(call{Method: "run", ID: id, Options: o})
}
func (r *recorder) Exec(id string, o runtime.ExecOptions) (int, error) {
	return r.status, r.record(call{Method: "exec", ID: id, Options: o})
}
func (r *recorder) State(id string) (*runtime.Container, error) {
	if err := r.record(call{Method: "state", ID: id}); err != nil {
		return nil, err
	}
	return r.found[0], nil
}
func (r *recorder) List() ([]*runtime.Container, error) {
	return r.found, r.record(call{Method: "list"})
}
func (r *recorder) Pids(id string) ([]int, error) {
	return r.pids, r.record(call{Method: "ps", ID: id})
}
func (r *recorder) Events(id string, o runtime.EventsOptions, emit func([]byte) error) error {
	if err := r.record(call{Method: "events", ID: id, Options: o}); err != nil {
		return err
	}
	return emit([]byte(r.text))
}
func (r *recorder) Pause(id string) error  { return r.record(call{Method: "pause", ID: id}) }
func (r *recorder) Resume(id string) error { return r.record(call{Method: "resume", ID: id}) }
func (r *recorder) UpdateSchemata(id, cache, bandwidth string) error {
	return r.record(call{Method: "update", ID: id, Options: [2]string{cache, bandwidth}})
}
func (r *recorder) Update(id string, change *specs.LinuxResources) error {
	return r.record(call{Method: "update", ID: id, Options: change})
}
func (r *recorder) Kill(id string, sig syscall.Signal, all bool) error {
	return r.record(call{Method: "kill", ID: id, Signal: sig, Flag: all})
}
func (r *recorder) Delete(id string, force bool) error {
	return r.record(call{Method: "delete", ID: id, Flag: force})
}
func (r *recorder) Plan(w io.Writer, o runtime.CreateOptions) error {
	io.WriteString(w, r.text)
	return r.record(call{Method: "plan", Options: o})
}

// result is what a command line left behind.
type result struct {
	status         int
	stdout, stderr string
}

// noon is the time of all journals in tests.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// command runs "runseal ARGS" with r in place of package runtime.
func command(t *testing.T, r *recorder, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	in := &invocation{
		stdout: &stdout,
		log:    journal{stderr: &stderr, now: func() time.Time { return noon }},
		open: func(rt *runtime.Runtime) containers {
			r.opened = rt
			return r
		},
	}
	status := in.run(append([]string{"runseal"}, args...))
	return result{status, stdout.String(), stderr.String()}
}
