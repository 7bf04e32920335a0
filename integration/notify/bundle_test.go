//go:build linux && amd64

package notify

import (
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/tinyelf"
)

// profile allows everything but the named calls, which are the agent's.
func profile(path string, names ...string) *specs.LinuxSeccomp {
	p := box.Seccomp(specs.ActAllow, box.Rule(specs.ActNotify, names...))
	p.ListenerPath = path
	return p
}

// container is a box whose program makes the calls of build, under a profile that
// hands the named calls to the agent at path.
func container(t *testing.T, path string, build func(*tinyelf.Prog), names ...string) *box.Box {
	t.Helper()
	b := box.NewEmpty(t, "/prog")
	b.Spec.Linux.Seccomp = profile(path, names...)
	program(t, b, "prog", build)
	return b
}

func program(t *testing.T, b *box.Box, name string, build func(*tinyelf.Prog)) {
	t.Helper()
	p := tinyelf.New()
	build(p)
	if err := p.WriteFile(b.Path(name)); err != nil {
		t.Fatal(err)
	}
}

// ways run the program /prog of a box as the first process of a container, or as a
// further one, to its end.
var ways = []struct {
	name      string
	processes int // that get the filter
	run       func(t *testing.T, b *box.Box) box.Result
}{
	{"run", 1, func(t *testing.T, b *box.Box) box.Result { return b.Run() }},
	{"create and start", 1, func(t *testing.T, b *box.Box) box.Result {
		p := b.Create()
		pid := b.State().Pid
		b.Must("start", b.ID)
		status := b.WaitPid(pid)
		return box.Result{Status: status, Stdout: p.Output()}
	}},
	{"exec", 2, func(t *testing.T, b *box.Box) box.Result {
		program(t, b, "wait", wait)
		b.Spec.Process.Args = []string{"/wait"}
		pid := b.Up()
		r := b.Do("exec", b.ID, "/prog")
		b.Must("kill", b.ID, "KILL")
		b.WaitPid(pid)
		return r
	}},
}

// wait is a program that waits for a signal.
func wait(p *tinyelf.Prog) {
	p.Syscall(unix.SYS_PAUSE)
	p.Exit(0)
}
