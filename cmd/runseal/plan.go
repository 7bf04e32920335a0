package main

import (
	"bufio"

	"github.com/runseal/runseal/runtime"
	"github.com/urfave/cli/v2"
)

// plan is `runseal plan`.
func (in *invocation) plan() *cli.Command {
	var (
		o      runtime.CreateOptions
		bundle string
	)
	return &cli.Command{
		Usage:     "show the system calls that create would make",
		UsageText: "runseal plan [flags] [BUNDLE]",
		Description: `One line for each system call between the fork and the execve of process.args:
number, name, arguments, and the field of config.json that asked for it.
Nothing is changed. BUNDLE is the directory of config.json, by default the
current one.`,
		Flags: append([]cli.Flag{
			&option{name: "bundle", short: "b", arg: "DIR", usage: "the same as BUNDLE", value: (*text)(&bundle)},
		}, programFlags(&o)...),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1); err != nil {
				return err
			}
			switch {
			case c.Args().Present() && bundle != "":
				return wrongUsage(c, "--bundle and BUNDLE are the same, expected one of them")
			case c.Args().Present():
				bundle = c.Args().First()
			case bundle == "":
				bundle = "."
			}
			o.Bundle = bundle
			out := bufio.NewWriter(in.stdout)
			if err := in.containers(true).Plan(out, o); err != nil {
				return err
			}
			return out.Flush()
		},
	}
}
