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
		Description: idDescription + `

The process has the standard streams of runseal, or, with process.terminal, a
terminal of its own behind them. Signals are passed on to it. The exit status
is that of the process, 128 and the number of the signal that killed it, or 1
if the container could not be run. A process that its seccomp filter kills ends
with SIGSYS, which is exit status 159.

` + listenDescription,
		Flags: append(createFlags(&o.CreateOptions),
			&option{name: "detach", short: "d", usage: "return once the container runs, without waiting for its end", value: (*toggle)(&o.Detach)},
			&option{name: "keep", usage: "do not delete the container when it has ended", value: (*toggle)(&o.Keep)},
			&option{name: "no-subreaper", usage: "do not collect processes that the container's process leaves behind", value: (*toggle)(&o.NoSubreaper)},
		),
		Action: func(c *cli.Context) (err error) {
			if err := arguments(c, 0, idArgument); err != nil {
				return err
			}
			if o.Listen, err = listen(); err != nil {
				return err
			}
			in.log.atOnce = !o.Detach && in.log.file == nil
			in.status, err = in.containers(true).Run(c.Args().First(), o)
			return err
		},
	}
}
