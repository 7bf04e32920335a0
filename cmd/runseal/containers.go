package main

import (
	"io"
	"syscall"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime"
)

// containers is what the subcommands call. *runtime.Runtime implements it; the
// tests of the command line put a recorder in its place.
type containers interface {
	Create(id string, o runtime.CreateOptions) error
	Start(id string) error
	Run(id string, o runtime.RunOptions) (status int, err error)
	Exec(id string, o runtime.ExecOptions) (status int, err error)
	State(id string) (*runtime.Container, error)
	List() ([]*runtime.Container, error)
	Pids(id string) ([]int, error)
	Events(id string, o runtime.EventsOptions, emit func(line []byte) error) error
	Pause(id string) error
	Resume(id string) error
	Update(id string, change *specs.LinuxResources) error
	UpdateSchemata(id, cache, bandwidth string) error
	Kill(id string, sig syscall.Signal, all bool) error
	Delete(id string, force bool) error
	Plan(w io.Writer, o runtime.CreateOptions) error
}

// openRuntime is invocation.open outside tests.
func openRuntime(r *runtime.Runtime) containers { return r }
