package main

import (
	"syscall"

	"github.com/urfave/cli/v2"
)

// kill is `runseal kill`.
func (in *invocation) kill() *cli.Command {
	var all bool
	return &cli.Command{
		Usage:     "send a signal to a container",
		UsageText: "runseal kill [flags] " + idArgument + " [SIGNAL]",
		Description: `The signal goes to the container's first process, or with --all to all of them.
SIGKILL reaches all of a container that has no pid namespace of its own in any
case, because nothing else would end them.

SIGNAL is a name with or without SIG, such as TERM, SIGKILL or RTMIN+3, or a
number from 0 to 64. Without one it is SIGTERM. Of a container that is created and
not started only SIGKILL ends the process.

It is an error if the first process has ended already, but not with --all.`,
		Flags: []cli.Flag{
			&option{name: "all", short: "a", usage: "send it to every process in the container", value: (*toggle)(&all)},
		},
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, idArgument); err != nil {
				return err
			}
			sig := syscall.SIGTERM
			if name := c.Args().Get(1); name != "" {
				var err error
				if sig, err = parseSignal(name); err != nil {
					return err
				}
			}
			return in.containers(true).Kill(c.Args().First(), sig, all)
		},
	}
}
