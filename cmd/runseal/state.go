package main

import "github.com/urfave/cli/v2"

// state is `runseal state`.
func (in *invocation) state() *cli.Command {
	return &cli.Command{
		Usage:     "print a container's state as JSON",
		UsageText: "runseal state " + idArgument,
		Description: `The document is the state of the OCI runtime specification, and the time of
creation, the root filesystem and the owner. The status is creating, created,
running, paused or stopped.`,
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, idArgument); err != nil {
				return err
			}
			ct, err := in.containers(false).State(c.Args().First())
			if err != nil {
				return err
			}
			_, err = in.stdout.Write(append(ct.AppendState(nil, true), '\n'))
			return err
		},
	}
}
