package main

import (
	"bufio"

	"github.com/runseal/runseal/runtime"
	"github.com/urfave/cli/v2"
)

// plan is `runseal plan`.
func (in *invocation) plan() *cli.Command {
	o := runtime.CreateOptions{Bundle: "."}
	return &cli.Command{
		Usage:     "show the system calls that create would make",
		UsageText: "runseal plan [flags] [BUNDLE]",
		Description: `One line for each system call between the fork and the execve of process.args:
number, name, arguments, and the field of config.json that asked for it.
Nothing is changed. BUNDLE is the directory of config.json, by default the
current one.`,
		Flags: programFlags(&o),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1); err != nil {
				return err
			}
			if c.Args().Present() {
				o.Bundle = c.Args().First()
			}
			out := bufio.NewWriter(in.stdout)
			if err := in.containers(true).Plan(out, o); err != nil {
				return err
			}
			return out.Flush()
		},
	}
}
