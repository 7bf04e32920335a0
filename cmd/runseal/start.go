package main

import "github.com/urfave/cli/v2"

// start is `runseal start`.
func (in *invocation) start() *cli.Command {
	return &cli.Command{
		Usage:     "start the process of a created container",
		UsageText: "runseal start " + idArgument,
		Description: `Returns as soon as the process was told to go on. If its execve then fails,
the process says so on its own standard error and ends with status 126 or 127.
With hooks startContainer and poststart in config.json it runs these before and
after the execve; if one fails, the container is stopped and deleted.`,
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, idArgument); err != nil {
				return err
			}
			return in.containers(true).Start(c.Args().First())
		},
	}
}
