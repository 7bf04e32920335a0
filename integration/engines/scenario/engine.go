// Package scenario is the table of what engines do with containers: one list of scenarios
// in words that no engine has for itself, run under each engine once with runseal and once
// with runc. A scenario asserts what must hold under any runtime, and writes down what it
// sees besides; a line that differs from what it has seen under runc is an error unless
// the table of differences says why it may.
//
// An engine is driven as people drive it: by its command line, or for Kubernetes' interface
// by its calls. What an engine does not have at all is listed by the engine, with the
// reason.
//
// The package is for tests only.
package scenario

import (
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/room"
)

// A Process is a program to be run in a container.
type Process struct {
	Argv  []string
	Stdin string // what it reads; "": nothing, and no end either
	User  string // UID:GID; "": the image's
	Cwd   string
	Env   []string
	TTY   bool // with a terminal
}

// Flags are those that the command lines of engines have in common; directory is their
// flag for Cwd.
func (p Process) Flags(directory string) []string {
	var args []string
	if p.TTY {
		args = append(args, "--tty")
	}
	if p.User != "" {
		args = append(args, "--user", p.User)
	}
	if p.Cwd != "" {
		args = append(args, directory, p.Cwd)
	}
	for _, v := range p.Env {
		args = append(args, "--env", v)
	}
	return args
}

// A Container is what a scenario asks for.
type Container struct {
	Process
	ID      string // unique on the machine
	Runtime string // Runseal or Runc

	ReadOnly   bool   // the root file system
	Privileged bool   // what the engine means by it
	Seccomp    string // Default, Unconfined, or the path of a profile
	Memory     int64  // limit in bytes, 0: none
	Pids       int64  // limit, 0: none
	PidOf      string // the container whose pid namespace it joins
	UserNS     bool   // with a user namespace, in which root is another user of the host
	ExtraFDs   bool   // descriptors 3 and 4 of the engine's command line come to the process
}

// The runtimes.
const (
	Runseal = "runseal"
	Runc    = "runc"
)

// Binary is the program of a runtime.
func Binary(runtime string) string {
	if runtime == Runseal {
		return box.Binary()
	}
	return runtime
}

// Values of Container.Seccomp.
const (
	Default    = "" // the engine's own profile, where it has to be asked for it too
	Unconfined = "unconfined"
)

// Limits are what an update changes; zero values are left alone.
type Limits struct {
	Memory int64 // bytes
	Pids   int64
	Quota  int64 // µs of processor time in each 100 ms
}

// Stats are what an engine says of a running container.
type Stats struct {
	Memory uint64 // bytes
	Pids   uint64 // 0 where the engine does not say
}

// A Session is somebody at a terminal: of a command line, or of a streaming call.
type Session interface {
	Type(text string)
	Resize(rows, columns int)
	Sees(text string) // waits for it
	Shown() string
	Wait() room.Result // for the end of the process, or of the connection
}

// Status of a container, in the words of the OCI runtime specification.
const (
	Running = "running"
	Paused  = "paused"
	Stopped = "stopped"
	Gone    = "" // there is no such container
)

// An Engine runs containers with both runtimes. Methods return what the engine's command
// did; those that return something else fail the test when the engine gives no answer.
type Engine interface {
	Name() string
	// Lacks are the scenarios and [Parts] that are not for this engine, each with the reason.
	Lacks() map[string]string

	// Foreground runs a container in the foreground and removes it.
	Foreground(t testing.TB, c Container) room.Result
	// Background runs it in the background.
	Background(t testing.TB, c Container) room.Result
	// Open runs it with somebody at its terminal, and removes it.
	Open(t testing.TB, c Container) Session
	// Attach goes to the terminal of a container in the background.
	Attach(t testing.TB, id string) Session
	// Remove removes one that has ended.
	Remove(t testing.TB, id string) room.Result
	// Destroy removes whatever there is of one.
	Destroy(t testing.TB, id string)

	Exec(t testing.TB, id string, p Process) room.Result
	ExecOpen(t testing.TB, id string, p Process) Session
	// ExecDetached does not wait for the process.
	ExecDetached(t testing.TB, id string, p Process) room.Result

	Signal(t testing.TB, id, signal string) room.Result
	// Stop sends SIGTERM and, seconds later, SIGKILL.
	Stop(t testing.TB, id string, seconds int) room.Result
	// Wait waits for the end of the first process and returns its exit status.
	Wait(t testing.TB, id string) int
	Pause(t testing.TB, id string) room.Result
	Resume(t testing.TB, id string) room.Result
	Update(t testing.TB, id string, l Limits) room.Result

	Status(t testing.TB, id string) string
	Pid(t testing.TB, id string) int
	// Top are the ids of the container's processes on the host.
	Top(t testing.TB, id string) []int
	Stats(t testing.TB, id string) Stats
	// OOM tells whether the engine knows that memory has run out.
	OOM(t testing.TB, id string) bool

	// Restart ends the daemon as an upgrade would and starts it again; containers go on.
	Restart(t testing.TB)
}
