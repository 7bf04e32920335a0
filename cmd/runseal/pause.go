package main

import "github.com/urfave/cli/v2"

// pause is `runseal pause`.
func (in *invocation) pause() *cli.Command {
	return &cli.Command{
		Usage:     "stop all processes of a container until resume",
		UsageText: "runseal pause " + idArgument,
		Description: `Returns when every process stands still. If one cannot be stopped within five
seconds, because it waits in the kernel, all run on and pause fails.`,
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, idArgument); err != nil {
				return err
			}
			return in.containers(true).Pause(c.Args().First())
		},
	}
}

// resume is `runseal resume`.
func (in *invocation) resume() *cli.Command {
	return &cli.Command{
		Usage:     "let a paused container run again",
		UsageText: "runseal resume " + idArgument,
		Description: `Signals that were sent to it meanwhile arrive now. It is an error if the
container is not paused.`,
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, idArgument); err != nil {
				return err
			}
			return in.containers(true).Resume(c.Args().First())
		},
	}
}
