// To a program of some milliseconds it makes no difference how many processors its
// cgroup allows. The Go runtime is not to heed that, nor to watch it; package entry
// keeps it from looking. And it needs no names for its mappings, one prctl(2) each
// where the kernel has them, and no mapping joins one of another name.
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0
//go:debug decoratemappings=0

// Command runseal is an OCI runtime: it runs a bundle (a directory with a
// config.json and a root filesystem) as a container whose seccomp filter is
// exactly the one that config.json asks for.
//
// This package is the command line and nothing else. A subcommand turns its
// arguments into the options of one call of package runtime and prints what
// comes back; every decision about containers is made there. The command line
// is runc's, because containerd, conmon, CRI-O, podman and Docker call it:
//
//	runseal [global flags] SUBCOMMAND [flags] ARGUMENTS
//
// There is one file for each subcommand. The other files:
//
//	app.go         global flags, the way from argv to a subcommand
//	commands.go    subcommands by name
//	argv.go        flags behind the container's id
//	option.go      the flag type: names, help line, value
//	usage.go       wrong usage, in two lines; number of arguments
//	help.go        --help
//	journal.go     errors and warnings: standard error and --log
//	containers.go  what is called in package runtime
//	stateroot.go   the default of --root
//	self.go        the binary, out of reach of containers
//	listen.go      what systemd has handed over (LISTEN_FDS)
//	pstable.go     the table of `ps`, made by the host's ps(1)
//	size.go        numbers of bytes with units
//	signal.go      signal names and numbers
//	version.go     --version
//
// A runtime is started several times for each container, so the time from
// execve to the first call of package runtime counts. Only the subcommand that
// was asked for is constructed, flags bind to the option structs directly, and
// nothing of logrus, text/template or encoding/json runs unless there is
// something to say.
package main

import (
	"os"
	"time"

	"github.com/runseal/runseal/nsenter/inherited"
)

func main() {
	inherited.Restore()
	protectSelf(os.Args[1:])
	in := &invocation{
		stdout: os.Stdout,
		log:    journal{stderr: os.Stderr, now: time.Now},
		open:   openRuntime,
	}
	os.Exit(in.run(os.Args))
}
