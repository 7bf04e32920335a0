package main

import "github.com/urfave/cli/v2"

// delete is `runseal delete`.
func (in *invocation) delete() *cli.Command {
	var force bool
	return &cli.Command{
		Usage:     "remove a stopped container, or one that was created and not started",
		UsageText: "runseal delete [flags] " + idArgument,
		Flags: []cli.Flag{
			&option{name: "force", short: "f", usage: "kill it first if it runs; do not mind if there is none", value: (*toggle)(&force)},
		},
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, idArgument); err != nil {
				return err
			}
			return in.containers(true).Delete(c.Args().First(), force)
		},
	}
}
