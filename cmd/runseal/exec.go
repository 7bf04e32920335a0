package main

import (
	"fmt"
	"io"
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/urfave/cli/v2"
)

// execFailed is the exit status where the process could not be run, as with
// runc: 1 would be taken for the process's own.
const execFailed = 255

// exec is `runseal exec`.
func (in *invocation) exec() *cli.Command {
	var (
		o       runtime.ExecOptions
		process string
	)
	return &cli.Command{
		Usage: "run another process in a container",
		UsageText: "runseal exec [flags] " + idArgument + " COMMAND [ARGUMENT...]\n" +
			"       runseal exec [flags] --process FILE " + idArgument,
		Description: `The process has the container's namespaces, cgroup, seccomp filter and, unless
flags or --process say otherwise, the settings of process in its config.json.
Flags stand before the id: what follows it belongs to COMMAND. --cap adds to
the bounding, permitted and effective sets.

The exit status is that of the process, 128 and the number of the signal that
killed it, or 255 if it could not be run.`,
		Flags: []cli.Flag{
			&option{name: "process", short: "p", arg: "FILE", usage: "JSON file with a process object as in config.json", value: (*text)(&process)},
			&option{name: "detach", short: "d", usage: "return once the process runs, without waiting for its end", value: (*toggle)(&o.Detach)},
			pidFileOption(&o.PidFile),
			pidfdSocketOption(&o.PidFDSocket),
			consoleSocketOption(&o.ConsoleSocket),
			&option{name: "tty", short: "t", usage: "give the process a terminal", value: (*toggle)(&o.Tty)},
			&option{name: "cwd", arg: "WORKDIR", usage: "working directory in the container", value: (*text)(&o.Cwd)},
			&option{name: "env", short: "e", arg: "NAME=VALUE", usage: "add an environment variable; may be repeated", value: (*variables)(&o.Env)},
			&option{name: "user", short: "u", arg: "UID[:GID]", usage: "user and group, as numbers", value: (*text)(&o.User)},
			&option{name: "additional-gids", short: "g", arg: "GID", usage: "add a group; may be repeated", value: (*numericIDs)(&o.AdditionalGids)},
			&option{name: "cap", short: "c", arg: "CAP", usage: "add a capability such as CAP_NET_RAW; may be repeated", value: (*list)(&o.Caps)},
			&option{name: "no-new-privs", usage: "execve cannot give the process more privileges", value: (*toggle)(&o.NoNewPrivs)},
			&option{name: "process-label", arg: "LABEL", usage: "SELinux label of the process", value: (*text)(&o.ProcessLabel)},
			&option{name: "apparmor", arg: "NAME", usage: "AppArmor profile of the process", value: (*text)(&o.AppArmor)},
			preserveFdsOption(&o.PreserveFds),
			&option{name: "ignore-paused", usage: "allow a paused container; the process begins when that is resumed", value: (*toggle)(&o.IgnorePaused)},
			&option{name: "cgroup", arg: "CGROUP", usage: "cgroup below the container's; on v1 [CONTROLLER[,CONTROLLER...]:]CGROUP", value: (*text)(&o.Cgroup)},
		},
		Action: func(c *cli.Context) (err error) {
			if process == "" {
				err = arguments(c, -1, idArgument, "COMMAND")
			} else {
				err = checkProcessFlags(c, &o)
			}
			if err != nil {
				return err
			}
			if process != "" {
				if o.Process, err = readProcess(process); err != nil {
					return withStatus{err, execFailed}
				}
			} else {
				o.Args = c.Args().Tail()
			}
			in.status, err = in.containers(true).Exec(c.Args().First(), o)
			if err != nil {
				return withStatus{err, execFailed}
			}
			return nil
		},
	}
}

// checkProcessFlags refuses what --process would make meaningless: the file has
// the whole process, and to leave a flag aside without a word could run it with
// more than the caller asked for. --tty is given by engines for what the file
// says too.
func checkProcessFlags(c *cli.Context, o *runtime.ExecOptions) error {
	if err := arguments(c, 0, idArgument); err != nil {
		return err
	}
	var flag string
	switch {
	case o.Cwd != "":
		flag = "--cwd"
	case o.Env != nil:
		flag = "--env"
	case o.User != "":
		flag = "--user"
	case o.AdditionalGids != nil:
		flag = "--additional-gids"
	case o.Caps != nil:
		flag = "--cap"
	case o.NoNewPrivs:
		flag = "--no-new-privs"
	case o.ProcessLabel != "":
		flag = "--process-label"
	case o.AppArmor != "":
		flag = "--apparmor"
	default:
		return nil
	}
	return wrongUsage(c, "%s cannot be combined with --process, whose file has the whole process", flag)
}

// readProcess reads the file of --process.
func readProcess(path string) (*specs.Process, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--process: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, spec.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("--process: %w", err)
	}
	p, err := spec.ParseProcess(data)
	if err != nil {
		return nil, fmt.Errorf("--process %q: %w", path, err)
	}
	return p, nil
}
