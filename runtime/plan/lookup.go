package plan

import (
	"path"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// defaultPath is searched when process.env has no PATH, as a login would.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// lookup finds the executable and leaves the address of its path in regExe.
// It runs at create, as the container's user in its working directory, so
// that a missing program is an error of create, which engines turn into exit
// statuses 126 and 127 by the texts used here.
func (p *planner) lookup(pr *specs.Process) {
	name, field := p.program(pr)
	if strings.Contains(name, "/") {
		p.Step(field, "exec: %q", name)
		p.access(name, nil)
		p.Move(regExe, p.String(name))
		return
	}
	p.Step(field, "exec: %q: executable file not found in $PATH", name)
	found := p.NewLabel()
	for _, dir := range strings.Split(searchPath(pr.Env), ":") {
		if !path.IsAbs(dir) {
			continue // "" and "." mean the working directory: never searched
		}
		next := p.NewLabel()
		file := path.Join(dir, name)
		p.access(file, &next)
		p.Move(regExe, p.String(file))
		p.Jump(found)
		p.Place(next)
	}
	p.Fail(uint16(unix.ENOENT))
	p.Place(found)
}

// program is what is to be executed, and the field that names it.
func (p *planner) program(pr *specs.Process) (name, field string) {
	if h := p.in.Hook; h != nil {
		return h.Path, h.Field + ".path"
	}
	return pr.Args[0], "process.args[0]"
}

// access checks that a file is there, may be executed by the effective ids,
// and is no directory. On a failure it continues at next, if there is one.
func (p *planner) access(file string, next *nsenter.Label) {
	buf := p.statxBuffer()
	calls := []nsenter.Call{
		p.Sys(unix.SYS_STATX, atCwd, p.String(file), nsenter.Imm(0), nsenter.Imm(unix.STATX_TYPE|unix.STATX_MODE), buf),
		p.Deny(buf.At(statxMode), unix.S_IFMT, unix.S_IFDIR, uint16(unix.EACCES)),
		p.Sys(unix.SYS_FACCESSAT2, atCwd, p.String(file), nsenter.Imm(unix.X_OK), nsenter.Imm(unix.AT_EACCESS)),
	}
	if next != nil {
		for _, c := range calls {
			c.On(nsenter.AnyErrno, *next)
		}
	}
}

// searchPath returns the last PATH of env, which is the one that the process gets.
func searchPath(env []string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(env[i], "PATH="); ok {
			return v
		}
	}
	return defaultPath
}
