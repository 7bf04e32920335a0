package main

import "github.com/urfave/cli/v2"

// delete is `runseal delete`.
func (in *invocation) delete() *cli.Command {
	var force bool
	return &cli.Command{
		Usage:     "remove a stopped container, or one that was created and not started",
		UsageText: "runseal delete [flags] " + idArgument,
		Description: `Its cgroups and its directory below --root are removed, and processes that are
left of it are killed. The bundle stays. A container that runs or is paused is
refused without --force.`,
		Flags: []cli.Flag{
			&option{name: "force", short: "f", usage: "kill it first if it runs; it is no error if there is none", value: (*toggle)(&force)},
		},
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, idArgument); err != nil {
				return err
			}
			return in.containers(true).Delete(c.Args().First(), force)
		},
	}
}
