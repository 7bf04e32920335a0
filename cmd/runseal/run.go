package main

import (
	"github.com/runseal/runseal/runtime"
	"github.com/urfave/cli/v2"
)

// runCommand is `runseal run`.
func (in *invocation) runCommand() *cli.Command {
	var o runtime.RunOptions
	return &cli.Command{
		Usage:     "create a container, start it, wait for its end and delete it",
		UsageText: "runseal run [flags] " + idArgument,
		Description: `Signals are passed on to the container's process. The exit status is that of
the process, 128 and the number of the signal that killed it, or 1 if the
container could not be run. A process that its seccomp filter kills ends with
SIGSYS, which is exit status 159.`,
		Flags: append(createFlags(&o.CreateOptions),
			&option{name: "detach", short: "d", usage: "leave once the container runs", value: (*toggle)(&o.Detach)},
			&option{name: "keep", usage: "keep the stopped container until it is deleted", value: (*toggle)(&o.Keep)},
			&option{name: "no-subreaper", usage: "do not collect processes that the container's process leaves behind", value: (*toggle)(&o.NoSubreaper)},
		),
		Action: func(c *cli.Context) (err error) {
			if err := arguments(c, 0, idArgument); err != nil {
				return err
			}
			in.log.atOnce = !o.Detach && in.log.file == nil
			in.status, err = in.containers(true).Run(c.Args().First(), o)
			return err
		},
	}
}
